"""Look at a PostgreSQL database from outside: read-only, nothing is migrated or made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import ConfigError, Flaw, LedgerError
from bot.ledger.desk_reading import standing
from bot.ledger.failures import postgres_name
from bot.ledger.leases import database_time, present
from bot.ledger.migrate import check_revision, current_revision, newest_revision
from bot.ledger.postgres import CONNECTIONS, engine_of

T = TypeVar("T")
_DOES = {"doors": "taking messages in", "worker": "answering", "retiring": "leaving"}


async def look(dsn: str, query: Callable[[Connection], T]) -> T:
    """What a query finds in one state of everything, however long it takes.

    Raises LedgerError when the database cannot be reached or is of an older version, ConfigError
    when a newer program has changed it.
    """
    return await _asked(dsn, lambda connection: _of_this_version(connection, query))


async def processes(dsn: str) -> dict[str, int]:
    """How many processes of each kind work on it now."""
    return await look(dsn, lambda connection: present(connection, database_time(connection)))


async def standing_of_fleet(dsn: str, seconds: float) -> dict[str, Any]:
    """How things stand, with failures of the last `seconds`: numbers and stable words."""

    def query(connection: Connection) -> dict[str, Any]:
        now = database_time(connection)
        found = standing(connection, now - seconds)
        return {
            "processes": present(connection, now),
            "backlog": dict(found.backlog),
            "cases": dict(found.cases),
            "failures_24h": dict(found.failures),
            "quarantined_24h": found.quarantined,
            "dead_letters": dict(found.dead_letters),
        }

    return await look(dsn, query)


async def flaws_of(dsn: str) -> list[Flaw]:
    """What would keep a desk from opening this database."""
    try:
        await _asked(dsn, lambda connection: check_revision(current_revision(connection)))
    except ConfigError as error:
        return list(error.flaws)
    except LedgerError as error:
        advice = "look at its address, user and password, and whether the server runs"
        return [Flaw("DATABASE_URL", str(error), advice=advice)]
    return []


async def notes_of(dsn: str) -> list[str]:
    """What an operator may want to know of it. Raises LedgerError, ConfigError."""
    return await _asked(dsn, _notes)


def _notes(connection: Connection) -> list[str]:
    notes = []
    current, newest = current_revision(connection), newest_revision()
    if current is None:
        notes.append("The database is empty: `nightdesk migrate` or the first start fills it.")
    elif current != newest:
        notes.append("The database is of an older version: `nightdesk migrate` updates it.")
    else:
        found = present(connection, database_time(connection))
        if said := ", ".join(f"{n} {_DOES.get(kind, kind)}" for kind, n in found.items()):
            notes.append(f"Processes on the database: {said}.")
    most = int(connection.exec_driver_sql("SHOW max_connections").scalar_one())
    notes.append(
        f"The database takes {most} connections; each process of Nightdesk uses up to "
        f"{CONNECTIONS + 1}."
    )
    return notes


def _of_this_version(connection: Connection, query: Callable[[Connection], T]) -> T:
    current, newest = current_revision(connection), newest_revision()
    if current != newest:
        check_revision(current)
        raise LedgerError(
            "the database is empty or of an older version: `nightdesk migrate` brings it up to date"
        )
    return query(connection)


async def _asked(dsn: str, query: Callable[[Connection], T]) -> T:
    engine = engine_of(dsn).execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    )
    try:
        async with engine.connect() as connection:
            await connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            return await connection.run_sync(query)
    except (SQLAlchemyError, OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise LedgerError(f"the database cannot be read: {postgres_name(error)}") from error
    finally:
        await engine.dispose()
