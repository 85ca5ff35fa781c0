"""Configurations and templates with one mistake each, and what an admin is to read of it."""
