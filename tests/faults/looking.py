"""Looking into either database from outside, and holding it up: the same words for both."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import asyncpg

Database = Path | str  # a SQLite file, or the address of a PostgreSQL database


class Look(Protocol):
    """A connection, as far as a judge needs one. Rows are read by name or by place."""

    def all(self, sql: str) -> Sequence[Any]: ...


class _Sqlite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self, sql: str) -> Sequence[Any]:
        return self._connection.execute(sql).fetchall()

    # As tests of SQLite alone ask.

    def execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        return self._connection.execute(sql, values)


class _Postgres:
    """Speaks in a thread of its own: the test's loop is busy asking."""

    def __init__(self, dsn: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = ThreadPoolExecutor(1)
        self._connection = self._wait_for(asyncpg.connect(dsn, timeout=20, command_timeout=20))

    def all(self, sql: str) -> Sequence[Any]:
        return list(self._wait_for(self._connection.fetch(sql)))

    def do(self, sql: str) -> None:
        self._wait_for(self._connection.execute(sql))

    def close(self) -> None:
        try:
            if hasattr(self, "_connection"):
                self._wait_for(self._connection.close(timeout=5))
        finally:
            self._thread.submit(self._loop.close).result()
            self._thread.shutdown()

    def _wait_for(self, work: Any) -> Any:
        return self._thread.submit(self._loop.run_until_complete, work).result()


@contextmanager
def looking_at_server(dsn: str) -> Iterator[_Postgres]:
    look = _Postgres(dsn)
    try:
        yield look
    finally:
        look.close()


@contextmanager
def looking_at_file(file: Path) -> Iterator[_Sqlite]:
    """A connection that can only read: it can neither hold up nor repair anything."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)) as connection:
        connection.row_factory = sqlite3.Row
        yield _Sqlite(connection)


@contextmanager
def seeing(database: Database) -> Iterator[Look]:
    """Look at what has been committed."""
    how: Any = looking_at_file if isinstance(database, Path) else looking_at_server
    with how(database) as look:
        yield look


@contextmanager
def holding(database: Database, patience: float = 10) -> Iterator[Look]:
    """Somebody's open transaction that lets nobody write; what it sees is what is committed.

    On PostgreSQL nobody may even read messages meanwhile.
    """
    if isinstance(database, Path):
        with closing(
            sqlite3.connect(database, isolation_level=None, timeout=patience)
        ) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("BEGIN IMMEDIATE")
            yield _Sqlite(connection)
            connection.execute("ROLLBACK")
        return
    with looking_at_server(database) as look:
        look.do("BEGIN")
        look.do("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        yield look
        look.do("ROLLBACK")
