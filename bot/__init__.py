"""Nightdesk: a front desk for chat that keeps answering when the models do not."""

__version__ = "0.1.0"
