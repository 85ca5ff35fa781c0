"""One suite for every engine: a new one joins by being named in `ENGINES`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.intake.ports import Begun, Opened, Pauses
from bot.ledger.answers import Channels
from bot.ledger.engine import Engine
from bot.ledger.ledger import Ledger
from bot.ledger.migrate import migrate
from bot.ledger.opening import Opening
from bot.ledger.sqlite import SqliteEngine, writing_engine
from bot.model import ConversationKey
from tests.builders import BOOK, CHAT, NOON, OWNER
from tests.postgres import databases

OPENING = Opening(Pauses(True, 0.6, 4.0), lease_seconds=30, turn_seconds=8, history_messages=20)
STAFF = ConversationKey("telegram_staff", "shop", "-1")
CHANNELS = Channels(frozenset({"web", "api", "desk"}), {"wire": 40})


def sqlite(folder: Path) -> Engine:
    file = folder / "desk.db"
    engine = writing_engine(file)
    migrate(engine)
    engine.dispose()
    return SqliteEngine(file)


async def on_file(request: pytest.FixtureRequest, folder: Path) -> Engine:
    return sqlite(folder)


async def on_server(request: pytest.FixtureRequest, folder: Path) -> Engine:
    from bot.ledger.postgres import PostgresEngine

    dsn = await databases.fresh(request.getfixturevalue("postgres_server"))
    return PostgresEngine(dsn)


ENGINES: dict[str, Callable[[pytest.FixtureRequest, Path], Awaitable[Engine]]] = {
    "sqlite": on_file,
    "postgres": on_server,
}


@pytest.fixture(params=ENGINES)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Engine]:
    engine = await ENGINES[request.param](request, tmp_path)
    yield engine
    await engine.close()


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    return Ledger(engine, OPENING, CHANNELS)


@pytest.fixture
def rows(engine: Engine) -> Callable[..., Any]:
    """Look at the tables themselves."""

    async def select(sql: str, **values: object) -> list[dict[str, Any]]:
        def query(connection: Any) -> list[dict[str, Any]]:
            return [
                {name: as_stored(value) for name, value in row.items()}
                for row in connection.execute(text(sql), values).mappings()
            ]

        return await engine.read(query)

    return select


def as_stored(value: object) -> object:
    """PostgreSQL's driver has read JSON already; SQLite's shows the text that is there."""
    return json.dumps(value) if isinstance(value, (dict, list)) else value


@pytest.fixture
def begin(ledger: Ledger) -> Callable[..., Any]:
    async def begun(
        at: float = NOON + 4, chat: ConversationKey = CHAT, owner: str = OWNER
    ) -> Begun:
        return await ledger.begin(chat, owner, at, BOOK, 7)

    return begun


@pytest.fixture
def open_turn(begin: Callable[..., Any]) -> Callable[..., Any]:
    async def opened(*args: Any, **kwargs: Any) -> Opened:
        found = await begin(*args, **kwargs)
        assert isinstance(found, Opened), found
        return found

    return opened
