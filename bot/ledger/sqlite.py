"""SQLite: one thread owns the only writing connection and commits units of work in groups.

WAL with `synchronous=FULL`, so that what was acknowledged survives a power cut. A deferred BEGIN
that reads and then writes fails at once whatever `busy_timeout` says, hence BEGIN IMMEDIATE; and
two connections that write or checkpoint may corrupt the WAL before 3.51.3
(https://sqlite.org/wal.html#walresetbug), hence one.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import quote

import structlog
from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.engine import Engine as SyncEngine
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from bot.errors import LedgerError
from bot.ledger import wal
from bot.ledger.failures import cannot_open, sqlite_name
from bot.ledger.wal import BoundedWal

T = TypeVar("T")
log = structlog.get_logger()

SQLITE_VERSION = sqlite3.sqlite_version  # before 3.51.3 one writing connection is vital, see above
GROUP = 256  # units in one commit at the most
BUSY_MS = 12_000  # how long another process may hold the write lock before units fail
READERS = 4


@dataclass(slots=True)
class _Job:
    unit: Callable[[Connection], Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    result: Any = None
    error: BaseException | None = None


class SqliteEngine:
    """The default engine: a file, a writer thread and a few read-only connections."""

    def __init__(self, file: Path) -> None:
        """Raises ConfigError or LedgerError when the file cannot be opened."""
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._sync = _engine(file)
        try:
            self._writer = self._sync.connect()  # here, where somebody hears that it fails
        except DBAPIError as error:
            raise cannot_open(file, error) from error
        self._wal = BoundedWal(file, BUSY_MS)
        self._reading = reading_engine(file)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="ledger-reader")
        self._closed = False
        self.refuses = False
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    async def write(self, unit: Callable[[Connection], T], line: str = "") -> T:
        if self._closed:
            raise LedgerError("the ledger is closed")
        loop = asyncio.get_running_loop()
        job = _Job(unit, loop.create_future(), loop)
        self._jobs.put(job)
        return cast(T, await job.future)

    async def read(self, query: Callable[[Connection], T]) -> T:
        if self._closed:
            raise LedgerError("the ledger is closed")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, query)

    def _read(self, query: Callable[[Connection], T]) -> T:
        try:
            with self._reading.connect() as connection:
                return query(connection)
        except SQLAlchemyError as error:  # a refusal, or no free connection for too long
            raise LedgerError(f"cannot read: {sqlite_name(error)}") from error

    async def close(self) -> None:
        """Finish what is queued, then close every connection."""
        if self._closed:
            return
        self._closed = True
        # Readers first: SQLite moves its -wal file into the database when the last one leaves.
        await asyncio.to_thread(self._readers.shutdown)
        self._reading.dispose()
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        self._sync.dispose()

    def _run(self) -> None:
        connection = self._writer
        try:
            while (job := self._next_job()) is not None:
                group = [job]
                last = False
                while len(group) < GROUP and not last:
                    try:
                        following = self._jobs.get_nowait()
                    except queue.Empty:
                        break
                    if following is None:
                        last = True
                    else:
                        group.append(following)
                _commit_group(connection, group)
                self.refuses = any(map(_is_refusal, group))
                _resolve(group)
                self._wal.tend(_raw(connection))
                if last:
                    return
        finally:
            with suppress(DBAPIError):
                connection.close()

    def _next_job(self) -> _Job | None:
        """What came next; the -wal file is seen to meanwhile, if it is too large."""
        while True:
            try:
                return self._jobs.get(timeout=self._wal.wait())
            except queue.Empty:
                self._wal.tend(_raw(self._writer))


def writing_engine(file: Path) -> SyncEngine:
    """A synchronous engine whose one connection may write, for the migrations."""
    engine = _engine(file)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _engine(file: Path) -> SyncEngine:
    """The writer begins its transactions itself: an engine with listeners asks them each time."""
    engine = create_engine(
        URL.create("sqlite", database=str(file.absolute())),  # a name may hold "?" or "%"
        connect_args={"check_same_thread": False},
        pool_size=1,
        max_overflow=0,
        hide_parameters=True,  # an error names the statement, never what a customer wrote
    )
    event.listen(engine, "connect", _prepare)
    return engine


def reading_engine(file: Path) -> SyncEngine:
    """A synchronous engine whose connections cannot write."""
    engine = create_engine(
        URL.create(
            "sqlite",
            database=f"file:{quote(str(file.absolute()))}",
            query={"mode": "ro", "uri": "true"},
        ),
        connect_args={"check_same_thread": False},
        pool_size=READERS,
        max_overflow=0,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _only_read)
    return engine


def _prepare(dbapi: sqlite3.Connection, _record: object) -> None:
    dbapi.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",  # what /forget deletes is overwritten in the file
        "temp_store=MEMORY",
        f"journal_size_limit={wal.WAL_BYTES}",
    ):
        dbapi.execute(f"PRAGMA {pragma}")


def _only_read(dbapi: Any, _record: object) -> None:
    cursor = dbapi.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    cursor.execute("PRAGMA query_only=ON")
    cursor.close()


def _begin_immediate(connection: Connection) -> sqlite3.Connection:
    """The connection under SQLAlchemy's, in a transaction that may write."""
    raw = _raw(connection)
    raw.execute("BEGIN IMMEDIATE")
    return raw


def _raw(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.dbapi_connection)


def _commit_group(connection: Connection, group: list[_Job]) -> None:
    """Run every unit in its own savepoint; a unit that raises rolls back alone."""
    try:
        with connection.begin():
            raw = _begin_immediate(connection)
            for job in group:
                if job.future.cancelled():
                    continue
                raw.execute("SAVEPOINT unit")
                try:
                    job.result = job.unit(connection)
                except Exception as error:  # noqa: BLE001  # handed to whoever asked, by _resolve
                    job.error = error
                    raw.execute("ROLLBACK TO unit")
                raw.execute("RELEASE unit")
    except Exception as error:  # noqa: BLE001  # the thread must outlive a full disk or a lock
        log.error("ledger_commit_failed", error=sqlite_name(error), units=len(group))
        failure = LedgerError(f"cannot write: {sqlite_name(error)}")
        failure.__cause__ = error
        for job in group:
            job.error = failure


def _is_refusal(job: _Job) -> bool:
    """Whether the database could not, rather than would not because of what is in it."""
    return isinstance(job.error, LedgerError | OperationalError)


def _resolve(group: list[_Job]) -> None:
    """Tell the callers, one wake-up for each event loop."""
    for loop in {job.loop for job in group}:
        mine = [job for job in group if job.loop is loop]
        with suppress(RuntimeError):  # that loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_set_results, mine)


def _set_results(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is None:
            job.future.set_result(job.result)
        elif isinstance(job.error, DBAPIError):
            failure = LedgerError(f"cannot write: {sqlite_name(job.error)}")
            failure.__cause__ = job.error
            job.future.set_exception(failure)
        else:
            job.future.set_exception(job.error)
