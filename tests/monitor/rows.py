"""Rows of the record, with only what a test cares about spelled out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, insert

from bot.ledger.migrate import migrate
from bot.ledger.sqlite import writing_engine
from bot.ledger.tables import cases, conversations, counters, heartbeats, messages, turns
from tests.builders import NOON

CHAT = "web//ana"


class Rows:
    """A database being filled by hand."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, table: Any, **values: Any) -> int:
        return self._connection.execute(insert(table).values(**values)).inserted_primary_key[0]

    def turn(self, at: float = NOON, **values: Any) -> int:
        """A settled turn of one message: a rule's answer after a second, unless told otherwise."""
        usual = {
            "conversation": CHAT,
            "state": "settled",
            "attempts": 1,
            "opened_at": at,
            "settled_at": at + 0.3,
            "accepted_at": at - 0.6,
            "responded_at": at + 0.4,
            "verdict": "answered",
            "reason": "rule",
            "messages": 1,
            "answered_by": "rule",
        }
        return self.add(turns, **(usual | values))

    def message(self, at: float = NOON, **values: Any) -> int:
        """What a customer wrote, and was answered."""
        usual = {
            "conversation": CHAT,
            "direction": "in",
            "state": "done",
            "author": "customer",
            "text": "canary words of a customer",
            "at": at,
        }
        return self.add(messages, **(usual | values))

    def answer(self, at: float = NOON, **values: Any) -> int:
        usual = {"direction": "out", "state": "sent", "author": "rule", "answers": []}
        return self.message(at, **(usual | values))

    def case(self, at: float = NOON, **values: Any) -> int:
        usual = {
            "conversation": CHAT,
            "status": "waiting",
            "reason": "asked",
            "details": {},
            "opened_at": at,
        }
        return self.add(cases, **(usual | values))

    def chat(self, key: str = CHAT, **values: Any) -> None:
        self.add(conversations, key=key, last_in_at=NOON, **values)

    def counted(self, name: str, n: int, day: str) -> None:
        self.add(counters, day=day, name=name, n=n)

    def beats(self, minutes: Iterable[int]) -> None:
        rows = [{"minute": minute} for minute in minutes]
        self._connection.execute(insert(heartbeats), rows)


@cache
def _empty() -> bytes:
    """A database that has just been migrated: Alembic takes its time, so it runs once."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        engine = writing_engine(file)
        migrate(engine)
        engine.dispose()
        return file.read_bytes()


def filled(file: Path, fill: Callable[[Rows], object]) -> Path:
    """A database with what `fill(rows)` puts into it."""
    file.write_bytes(_empty())
    engine = writing_engine(file)
    with engine.begin() as connection:
        fill(Rows(connection))
    engine.dispose()
    return file


def attempt(model: str = "openai", result: str = "answered", **values: Any) -> dict[str, Any]:
    """One entry of a trail's attempts."""
    usual = {
        "model": model,
        "result": result,
        "seconds": 1.0,
        "called": True,
        "read": 100,
        "cached": 40,
        "written": 20,
        "cost": 2_000_000,
    }
    return usual | values
