"""Conditions of rows that many statements share, spelled so that each finds its index."""

from __future__ import annotations

from sqlalchemy import BigInteger, ColumnElement, cast, func, literal_column

from bot.ledger.tables import cases, messages


def total(column: ColumnElement[int]) -> ColumnElement[int]:
    """The sum of whole numbers, 0 of none: PostgreSQL would make a decimal number of it."""
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


# SQLite uses a partial index only where its condition is written out: a bound value would make it
# plan the statement anew each time, or leave the index aside.
CASE_IS_OPEN = cases.c.status != literal_column("'resolved'")
IS_PENDING = messages.c.state == literal_column("'pending'")
IS_SENDING = messages.c.state == literal_column("'sending'")  # beside IS_LEAVING, whose index it is
IS_LEAVING = messages.c.state.in_([literal_column("'pending'"), literal_column("'sending'")])
IS_DEAD = messages.c.state == literal_column("'dead'")
IS_UNDELIVERED = messages.c.state.in_([literal_column("'failed'"), literal_column("'unknown'")])
IS_ADRIFT = (messages.c.state == literal_column("'unknown'")) & (
    messages.c.failure == literal_column("'looking'")
)
ROW_IS_OPEN = messages.c.state.in_([literal_column("'waiting'"), literal_column("'in_turn'")])
