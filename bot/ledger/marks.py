"""How far something outside has been read. Whoever moves a mark has stored what lies before it."""

from __future__ import annotations

from sqlalchemy import Connection, select

from bot.ledger.tables import marks
from bot.ledger.upsert import upsert


def mark(connection: Connection, name: str) -> float | None:
    """Unix time up to which it has been read; None for what never was."""
    return connection.execute(select(marks.c.at).where(marks.c.name == name)).scalar()


def set_mark(connection: Connection, name: str, at: float) -> None:
    """Move it: back as well, for a clock may have been set back."""
    connection.execute(
        upsert(marks)
        .values(name=name, at=at)
        .on_conflict_do_update(index_elements=[marks.c.name], set_={"at": at})
    )
