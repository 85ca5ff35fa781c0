"""PostgreSQL: units of work side by side, each in a transaction of its own.

The engine for several machines. PostgreSQL commits concurrent transactions in groups by itself;
what units must not do at the same time they keep apart by what they hold (`locking.py`). The
driver and SQLAlchemy's asynchronous part are loaded with this module only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import asyncpg
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.errors import LedgerError
from bot.ledger.failures import postgres_name
from bot.ledger.lines import Lines
from bot.ledger.locking import hold_name
from bot.ledger.migrate import migrate_in

T = TypeVar("T")
log = structlog.get_logger()

CONNECTIONS = 10  # of a process; PostgreSQL allows 100 in all unless it is told otherwise
CONNECT_SECONDS = 5.0
LOCK_SECONDS = 12.0  # how long anything may hold what a unit needs before the unit fails
STATEMENT_SECONDS = 13.0
# A process that is stopped in the middle of a transaction holds up others no longer than this.
IDLE_IN_TRANSACTION_SECONDS = 8.0
# Stopped between the parts of a statement, its session counts as active and the limits above do not
# reach it: this one does, from PostgreSQL 17 on.
TRANSACTION_SECONDS = 16.0
_LIMIT_TRANSACTIONS = """
    SELECT set_config(name, $1, false) FROM pg_settings WHERE name = 'transaction_timeout'"""
ATTEMPTS = 5  # at a unit that got in another's way, or whose connection was stale
# https://www.postgresql.org/docs/current/errcodes-appendix.html
SERIALIZATION_FAILURE, DEADLOCK = "40001", "40P01"


class PostgresEngine:
    """An engine over `postgresql://...`, as libpq writes it: `?sslmode=` and the like count."""

    def __init__(self, dsn: str) -> None:
        """Connects with the first unit or query."""
        self._engine = engine_of(dsn)
        self._reading = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._lines = Lines()
        self._under_way: set[asyncio.Task[Any]] = set()
        self._closed = False
        self.refuses = False

    async def write(self, unit: Callable[[Connection], T], line: str = "") -> T:
        return await self._run(self._in_turn(line, unit) if line else self._written(unit))

    async def read(self, query: Callable[[Connection], T]) -> T:
        return await self._run(self._read(query))

    async def close(self) -> None:
        """Finish what is under way, then close every connection."""
        self._closed = True
        if self._under_way:
            await asyncio.wait(self._under_way)
        await self._engine.dispose()

    async def _run(self, work: Coroutine[Any, Any, T]) -> T:
        """A caller that gives up leaves the unit to its end: half of one is none."""
        if self._closed:
            work.close()
            raise LedgerError("the ledger is closed")
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked has heard of it, or has left

    async def _in_turn(self, line: str, unit: Callable[[Connection], T]) -> T:
        """Of one line, one unit has a connection; the others wait as long as for a lock."""
        try:
            async with self._lines.turn(line, LOCK_SECONDS):
                return await self._written(unit)
        except TimeoutError as error:
            raise _cannot("write", error) from error

    async def _written(self, unit: Callable[[Connection], T]) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            committing = False
            try:
                async with self._engine.connect() as connection:
                    transaction = await connection.begin()
                    result = await connection.run_sync(unit)
                    committing = True
                    await transaction.commit()
                    self.refuses = False
                    return result
            except (SQLAlchemyError, OSError, TimeoutError, asyncpg.PostgresError) as error:
                # Broken off while it was committed, nobody knows: the caller looks again.
                if committing or attempt == ATTEMPTS or not _passes(error):
                    self.refuses = not isinstance(error, IntegrityError)
                    raise _cannot("write", error) from error
                log.info("unit_again", attempt=attempt, error=postgres_name(error))
            await asyncio.sleep(0.005 * 2**attempt)
        raise AssertionError

    async def _read(self, query: Callable[[Connection], T]) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._reading.connect() as connection:
                    return await connection.run_sync(query)
            except (SQLAlchemyError, OSError, TimeoutError, asyncpg.PostgresError) as error:
                if attempt == ATTEMPTS or not _passes(error):
                    raise _cannot("read", error) from error
        raise AssertionError


def engine_of(dsn: str) -> AsyncEngine:
    """Connections that give up in time, whatever the server or the network does."""

    async def connect() -> asyncpg.Connection[Any]:
        connection = await asyncpg.connect(
            dsn,
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS + 1.0,
            server_settings={
                "application_name": "nightdesk",
                "timezone": "UTC",
                "lock_timeout": _milliseconds(LOCK_SECONDS),
                "statement_timeout": _milliseconds(STATEMENT_SECONDS),
                "idle_in_transaction_session_timeout": _milliseconds(IDLE_IN_TRANSACTION_SECONDS),
            },
        )
        await connection.execute(_LIMIT_TRANSACTIONS, _milliseconds(TRANSACTION_SECONDS))
        return connection

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=LOCK_SECONDS,
        hide_parameters=True,  # an error names the statement, never what a customer wrote
    )


async def migrate_database(dsn: str) -> tuple[str | None, str]:
    """Run what is missing in one transaction; returns the revisions before and after.

    Processes that start at the same time do it one after the other. Raises ConfigError when a
    newer program has changed the database, LedgerError when it cannot be reached or used.
    """
    engine = engine_of(dsn)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(_migrate_alone)
    except (SQLAlchemyError, OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise LedgerError(
            f"the database of DATABASE_URL cannot be used ({postgres_name(error)}): "
            "look at its address, user and password, and whether the server runs"
        ) from error
    finally:
        await engine.dispose()


def _migrate_alone(connection: Connection) -> tuple[str | None, str]:
    # Building an index on a large table takes longer than any unit of work may.
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    connection.exec_driver_sql(
        "SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout'"
    )
    hold_name(connection, "migration")
    return migrate_in(connection)


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1_000))


def _passes(error: BaseException) -> bool:
    """Whether the same once more may succeed, and certainly nothing was written."""
    if isinstance(error, NoConnection):
        return False  # it has waited long enough
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state in (SERIALIZATION_FAILURE, DEADLOCK)


def _cannot(what: str, error: BaseException) -> LedgerError:
    log.error("ledger_failed", doing=what, error=postgres_name(error))
    return LedgerError(f"cannot {what}: {postgres_name(error)}")
