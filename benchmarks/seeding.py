"""A ledger with a past: many conversations and many messages, written past the desk."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from program import PROJECT
from sqlalchemy import Connection, insert

sys.path.append(str(PROJECT))
from bot.ledger.migrate import migrate
from bot.ledger.postgres import engine_of, migrate_database
from bot.ledger.sqlite import writing_engine
from bot.ledger.tables import conversations, deliveries, messages, turns

AT_ONCE = 5_000
TEXT = "qual o horário de vocês? preciso passar aí hoje antes das seis"


def seed(url: str, chats: int, rows: int) -> float:
    """Fill an empty ledger; the seconds that it took. Half of the rows are questions."""
    begun = time.monotonic()
    if url.startswith("sqlite:///"):
        engine = writing_engine(Path(url.removeprefix("sqlite:///")))
        migrate(engine)
        for values in _past(chats, rows):
            with engine.begin() as connection:
                _add(connection, values)
        engine.dispose()
    else:
        asyncio.run(_seed_server(url, chats, rows))
    return time.monotonic() - begun


async def _seed_server(dsn: str, chats: int, rows: int) -> None:
    await migrate_database(dsn)
    engine = engine_of(dsn)
    for values in _past(chats, rows):
        async with engine.begin() as connection:
            await connection.run_sync(_add, values)
    async with engine.connect() as connection:
        await connection.exec_driver_sql("ANALYZE")
        await connection.commit()
    await engine.dispose()


def _add(connection: Connection, values: dict[str, list[dict[str, object]]]) -> None:
    for table in (conversations, deliveries, turns, messages):
        if rows := values.get(table.name):
            connection.execute(insert(table), rows)


def _past(chats: int, rows: int) -> Iterator[dict[str, list[dict[str, object]]]]:
    now = time.time()
    for start in range(0, chats, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, chats))
        yield {"conversations": [{"key": _chat(n), "last_in_at": now - 90} for n in numbers]}
    for start in range(0, rows // 2, AT_ONCE // 2):
        values: dict[str, list[dict[str, object]]] = {"deliveries": [], "turns": [], "messages": []}
        for n in range(start, min(start + AT_ONCE // 2, rows // 2)):
            _talk(values, n, _chat(n % chats), now - 7_200 + n / rows * 3_600)
        yield values


def _chat(n: int) -> str:
    """The customers that are measured are among them."""
    return f"api/bench/customer-{n}"


def _talk(values: dict[str, list[dict[str, object]]], n: int, chat: str, at: float) -> None:
    """A question, its turn and its answer."""
    asked, answered = 2 * n + 1, 2 * n + 2
    values["deliveries"].append(
        {
            "channel": "api",
            "account": "bench",
            "key": f"{chat}/old{n}",
            "digest": "0" * 64,
            "at": at,
        }
    )
    values["turns"].append(
        {
            "conversation": chat,
            "state": "settled",
            "attempts": 1,
            "opened_at": at,
            "settled_at": at,
            "verdict": "answered",
            "reason": "rule",
            "messages": 1,
            "answered_by": "rule",
        }
    )
    usual = {"conversation": chat, "text": TEXT, "at": at, "turn_id": n + 1}
    incoming = {"direction": "in", "state": "done", "author": "customer", "identity": chat}
    outgoing = {"direction": "out", "state": "sent", "author": "rule", "identity": ""}
    values["messages"].append(
        {**usual, **incoming, "external_id": f"old{n}", "verdict": "answered",
         "answered_by": answered, "answers": None}
    )  # fmt: skip
    values["messages"].append(
        {**usual, **outgoing, "external_id": "", "verdict": "", "answered_by": None,
         "answers": [asked]}
    )  # fmt: skip
