"""Alembic's folder: one file a step, the same for every database."""
