"""Facts from a SQLite database of the business, which is read and never written.

Three bolts hold that: the file is opened with `mode=ro`, `query_only` is on, and an authorizer
lets nothing but reading be prepared. Python's own sqlite3 has these three and can interrupt a
query, so no other library stands in between.
"""

from __future__ import annotations

import asyncio
import difflib
import sqlite3
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from bot.errors import ConfigError, FactsUnavailable, Flaw
from bot.facts.query import PARAMETERS, bare, explained, wrong_parameters
from bot.facts.sender import Customer
from bot.facts.values import column_of, told
from bot.model_settings import FactSource

log = structlog.get_logger()

THREADS = 3  # queries of one source at the same time
CHECK_SECONDS = 5.0  # for trying the query at the start
LOCKED_SECONDS = 0.05  # between two looks at a database that somebody is writing to
STEPS = 1000  # of SQLite's machine between two looks at the time: well under a millisecond
LONGEST_CELL = 1_000_000  # bytes
_READS = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})

File = tuple[int, int]  # device and inode: another one when the database was replaced


@dataclass(slots=True, eq=False)
class _Stop:
    """When a query has to end, in the terms of `time.monotonic`."""

    until: float
    now: bool = False  # whoever asked is gone

    def due(self) -> bool:
        return self.now or time.monotonic() >= self.until


class _Held(threading.local):
    """The connection of one thread."""

    connection: sqlite3.Connection | None = None
    file: File = (0, 0)


@dataclass(slots=True, eq=False)
class SqlSource:
    """One query that gives one row for a customer."""

    entry: FactSource
    path: Path
    _pool: ThreadPoolExecutor = field(init=False)
    _held: _Held = field(init=False, default_factory=_Held)
    _open: set[sqlite3.Connection] = field(init=False, default_factory=set)
    _running: set[_Stop] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix=f"facts-{self.entry.name}")

    @classmethod
    def opened(cls, entry: FactSource, folder: Path) -> SqlSource:
        """Try the query. Raises ConfigError with every flaw."""
        found = flaws_of(entry, folder)
        if found:
            raise ConfigError(found)
        return cls(entry, folder / entry.path)

    async def read(self, customer: Customer, seconds: float) -> Mapping[str, str]:
        """See `Source`. A second row makes it ambiguous: then nothing is known."""
        stop = _Stop(time.monotonic() + seconds)
        loop = asyncio.get_running_loop()
        self._running.add(stop)
        try:
            row = await loop.run_in_executor(self._pool, self._row, customer, stop)
        except RuntimeError:
            raise FactsUnavailable("closed") from None  # the pool takes nothing any more
        finally:
            stop.now = True
            self._running.discard(stop)
        values, wrong = told(self.entry.facts, row)
        for name in wrong:
            log.warning("fact_unusable", source=self.entry.name, fact=name)
        return values

    async def close(self) -> None:
        """End the queries that run, and close the database."""
        for stop in tuple(self._running):
            stop.now = True
        # Not cancelled: those that wait for a thread find that they are too late, and say so.
        await asyncio.to_thread(self._pool.shutdown, wait=True)
        for connection in self._open:
            connection.close()
        self._open.clear()

    def _row(self, customer: Customer, stop: _Stop) -> Mapping[str, object]:
        """The row of a customer by column; empty where there is none. Runs in a thread."""
        if stop.due():
            raise FactsUnavailable("timeout")
        try:
            connection = self._connection()
            connection.set_progress_handler(stop.due, STEPS)
            rows = _asked(connection, self.entry.query, customer, stop)
        except (sqlite3.Error, OSError, UnicodeEncodeError) as error:
            self._let_go()
            raise FactsUnavailable("timeout" if stop.due() else _kind(error)) from None
        if len(rows) > 1:
            raise FactsUnavailable("ambiguous")
        columns = {column_of(name, fact) for name, fact in self.entry.facts.items()}
        return {name: value for row in rows for name, value in _named(row, columns).items()}

    def _connection(self) -> sqlite3.Connection:
        found = self.path.stat()
        file = (found.st_dev, found.st_ino)
        held = self._held
        if held.connection is None or held.file != file:
            self._let_go()
            held.connection = _opened(self.path)
            held.file = file
            self._open.add(held.connection)
        return held.connection

    def _let_go(self) -> None:
        connection, self._held.connection = self._held.connection, None
        if connection is not None:
            self._open.discard(connection)
            connection.close()


def flaws_of(entry: FactSource, folder: Path) -> list[Flaw]:
    """Everything that is wrong with the database or the query of an entry."""
    path = folder / entry.path
    if not path.is_file():
        advice = "check the path; it is relative to config.yaml"
        return [Flaw(f"facts.{entry.name}.path", "there is no such database", entry.path, advice)]
    where = f"facts.{entry.name}.query"
    flaws = [Flaw(where, *each) for each in wrong_parameters(entry.query)]
    if flaws:
        return flaws
    try:
        connection = _opened(path)
    except (sqlite3.Error, OSError) as error:
        return [Flaw(entry.path, f"cannot be opened: {error}", advice="check path and rights")]
    stop = _Stop(time.monotonic() + CHECK_SECONDS)
    connection.set_progress_handler(stop.due, STEPS)
    try:
        _waited(connection, stop)
        _tried(connection, f"EXPLAIN {entry.query}")
        whole = f"SELECT * FROM (\n{bare(entry.query)}\n) LIMIT 0"  # noqa: S608  # the admin's own
        columns = _tried(connection, whole)
    except (sqlite3.Error, sqlite3.Warning) as error:
        return [Flaw(where, *explained(str(error)))]
    finally:
        connection.close()
    return [Flaw(where, *each) for each in _wrong_columns(entry, columns)]


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path.resolve().as_uri() + "?mode=ro",
        uri=True,
        timeout=LOCKED_SECONDS,  # short, since no interrupt ends the wait for a lock
        isolation_level=None,
        check_same_thread=False,  # closed by another thread than the one that asks
        cached_statements=4,
    )
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    connection.execute("PRAGMA query_only = 1")
    connection.execute("PRAGMA trusted_schema = 0")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_CELL)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.set_authorizer(_only_reading)
    return connection


def _only_reading(
    action: int, first: str | None, second: str | None, database: str | None, view: str | None
) -> int:
    loads = action == sqlite3.SQLITE_FUNCTION and (second or "").lower() == "load_extension"
    return sqlite3.SQLITE_OK if action in _READS and not loads else sqlite3.SQLITE_DENY


def _asked(
    connection: sqlite3.Connection, query: str, customer: Customer, stop: _Stop
) -> list[sqlite3.Row]:
    """At most two rows. While somebody is writing, it is asked again until the time is over."""
    values = {
        "sender": customer.sender,
        "identity": customer.identity,
        "channel": customer.channel,
    }
    while True:
        cursor = connection.cursor()
        cursor.row_factory = sqlite3.Row
        try:
            return cursor.execute(query, values).fetchmany(2)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _BUSY or stop.due():
                raise
            time.sleep(LOCKED_SECONDS / 10)  # SQLite does not always wait by itself
        finally:
            cursor.close()  # an open one would hold a lock


def _named(row: sqlite3.Row, columns: set[str]) -> dict[str, object]:
    """Columns are called alike whatever their case, as in SQL."""
    by_name = {name.casefold(): row[number] for number, name in enumerate(row.keys())}
    return {column: by_name.get(column.casefold()) for column in columns}


def _kind(error: Exception) -> str:
    if isinstance(error, sqlite3.Error):
        return str(getattr(error, "sqlite_errorname", "") or "sqlite_error").lower()
    return "gone" if isinstance(error, OSError) else "unreadable_sender"


def _waited(connection: sqlite3.Connection, stop: _Stop) -> None:
    """Wait while somebody has locked the database: no reason not to start."""
    while True:
        try:
            connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").close()
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _BUSY or stop.due():
                raise
        else:
            return


def _tried(connection: sqlite3.Connection, query: str) -> list[str]:
    cursor = connection.execute(query, dict.fromkeys(PARAMETERS))
    columns = [column[0] for column in cursor.description or ()]
    cursor.close()
    return columns


def _wrong_columns(entry: FactSource, columns: list[str]) -> list[tuple[str, str, str]]:
    known = [name.casefold() for name in columns]
    flaws = []
    for name, fact in entry.facts.items():
        column = column_of(name, fact)
        again = f"{column.casefold()}:1"  # how SQLite tells the second of a name from the first
        if column.casefold() in known and again not in known:
            continue
        if again in known:
            message = f"the query gives two columns '{column}'"
            flaws.append((message, "", "name one of them differently, with AS"))
            continue
        near = difflib.get_close_matches(column, columns, n=1, cutoff=0.5)
        advice = f"did you mean '{near[0]}'?" if near else f"it gives {', '.join(columns)}"
        flaws.append((f"the query gives no column '{column}'", "", advice))
    return flaws
