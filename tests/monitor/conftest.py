"""A ledger for this room's tests, the same as the ledger's own."""

from tests.ledger.conftest import engine, rows

__all__ = ["engine", "rows"]
