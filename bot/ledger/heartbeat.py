"""A row for each minute in which the desk was open: what uptime is counted from."""

from __future__ import annotations

from sqlalchemy import Connection, delete

from bot.ledger.tables import heartbeats
from bot.ledger.upsert import upsert

KEPT_MINUTES = 400 * 1_440  # a year and a month of reports


def beat(connection: Connection, at: float) -> None:
    """The desk is open in the minute of `at` (Unix time). Saying it twice changes nothing."""
    connection.execute(upsert(heartbeats).values(minute=_minute(at)).on_conflict_do_nothing())


def purge(connection: Connection, now: float) -> None:
    """Forget minutes that no report asks for any more."""
    old = heartbeats.c.minute < _minute(now) - KEPT_MINUTES
    connection.execute(delete(heartbeats).where(old))


def _minute(at: float) -> int:
    return int(at // 60)
