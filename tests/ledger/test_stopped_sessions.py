"""A process that is stopped in the middle of a transaction holds up others for a while only."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError

from bot.ledger import postgres
from tests.postgres import databases
from tests.postgres.server import Server


async def test_a_session_stopped_between_the_parts_of_a_statement_ends(
    monkeypatch: pytest.MonkeyPatch, postgres_server: Server
) -> None:
    """A statement is parsed and not run: PostgreSQL calls that active, not idle."""
    monkeypatch.setattr(postgres, "TRANSACTION_SECONDS", 1.0)
    dsn = await databases.fresh(postgres_server)
    stopped, other = postgres.engine_of(dsn), postgres.engine_of(dsn)
    first = await stopped.connect()
    monkeypatch.undo()
    async with other.connect() as second:
        await first.exec_driver_sql("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        connection = (await first.get_raw_connection()).driver_connection
        assert connection is not None
        await connection.prepare("SELECT 1")  # parsed, and nothing follows
        rows = await second.exec_driver_sql("SELECT count(*) FROM messages")
        assert rows.scalar() == 0
    with pytest.raises(DBAPIError, match="closed"):
        await first.rollback()
    await first.invalidate()
    await stopped.dispose()
    await other.dispose()


async def test_a_migration_may_take_as_long_as_it_takes(
    monkeypatch: pytest.MonkeyPatch, postgres_server: Server
) -> None:
    monkeypatch.setattr(postgres, "TRANSACTION_SECONDS", 0.3)

    def slowly(connection: object) -> tuple[str | None, str]:
        connection.exec_driver_sql("SELECT pg_sleep(0.6)")  # type: ignore[attr-defined]
        return None, "here"

    monkeypatch.setattr(postgres, "migrate_in", slowly)
    dsn = await databases.fresh(postgres_server)
    assert await postgres.migrate_database(dsn) == (None, "here")
