"""Whether a database file is sound: looked at once, after whoever had it did not stop cleanly.

SQLite survives a kill and a power cut by itself; disks, file systems and other programs may not
have kept their part (https://sqlite.org/howtocorrupt.html). Damage that is found before the desk
opens keeps it closed: every day that it served on would be lost with the next backup restored.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

import structlog

from bot.errors import LedgerError
from bot.ledger.failures import is_damage, sqlite_name
from bot.ledger.file import FileLock, private_file

log = structlog.get_logger()

FIRST_SECONDS = 2.0  # that customers wait for the check of a large file; then it goes on aside
STOP_STEP = 0.05
BUSY_MS = 12_000
_WAL_MODE = b"\x02\x02"  # bytes 18 and 19 of the file (https://sqlite.org/fileformat.html)


class State(StrEnum):
    """What is known of the file."""

    SOUND = "sound"  # after a clean stop nothing is looked at
    CHECKING = "checking"
    DAMAGED = "damaged"
    UNKNOWN = "not_checked"  # the check was broken off
    REFUSES = "takes nothing"  # for now: the disk is full, somebody else has the lock


class Soundness:
    """One look at the whole file, in a thread and over a connection that cannot write."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection | None = None
        self._stopped = False
        self.state = State.SOUND

    def check(self, seconds: float) -> None:
        """Begin to look, and wait for the end for so long. Raises LedgerError on damage."""
        self.state = State.CHECKING
        try:
            self._connection = _opened(self._database)
        except (sqlite3.Error, OSError) as error:
            self._failed(error)
        else:
            self._thread = threading.Thread(
                target=self._look, args=(self._connection,), name="ledger-check", daemon=True
            )
            self._thread.start()
            self._thread.join(seconds)
        if self.state is State.DAMAGED:
            raise LedgerError(
                f"{self._database} is damaged; restore a backup, as docs/operations.md tells"
            )
        if self.state is State.CHECKING:
            log.warning("database_check_goes_on", after_seconds=seconds)

    def stop(self) -> None:
        """Break off what is still being looked at: the next start begins anew."""
        self._stopped = True
        while self._thread is not None and self._thread.is_alive():
            if self._connection is not None:
                with suppress(sqlite3.ProgrammingError):  # it has just ended by itself
                    self._connection.interrupt()
            self._thread.join(STOP_STEP)  # it may not have begun when it was interrupted

    def _look(self, opened: sqlite3.Connection) -> None:
        try:
            with closing(opened) as connection:
                found = connection.execute("PRAGMA integrity_check(100)").fetchall()
        except sqlite3.Error as error:
            self._failed(error)
            return
        # What it says names tables and rows; the number is enough to act on.
        wrong = 0 if found == [("ok",)] else len(found)
        self.state = State.DAMAGED if wrong else State.SOUND
        if wrong:
            log.error("database_damaged", findings=wrong)
        else:
            log.info("database_checked")

    def _failed(self, error: sqlite3.Error | OSError) -> None:
        self.state = State.DAMAGED if is_damage(error) else State.UNKNOWN
        if self.state is State.DAMAGED:
            log.error("database_damaged", error=sqlite_name(error))
        elif not self._stopped:
            log.warning("database_not_checked", error=sqlite_name(error))


@asynccontextmanager
async def served(database: Path) -> AsyncIterator[Soundness]:
    """Have the file for this process alone, private, and looked at after an unclean stop.

    Raises AlreadyServed, ConfigError where it cannot be used, LedgerError where it is damaged.
    """
    lock, soundness = FileLock(database), Soundness(database)
    lock.take()
    try:
        private_file(database)
        if lock.unclean:
            await asyncio.to_thread(soundness.check, FIRST_SECONDS)
        yield soundness
    finally:
        await asyncio.to_thread(soundness.stop)
        lock.free(sound=soundness.state is State.SOUND)


def _opened(database: Path) -> sqlite3.Connection:
    """Raises sqlite3.Error, OSError."""
    _in_wal_mode(database)
    connection = sqlite3.connect(
        f"file:{quote(str(database.absolute()))}?mode=ro", uri=True, check_same_thread=False
    )
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    return connection


def _in_wal_mode(database: Path) -> None:
    """A restored copy may be in another mode, in which a reader would keep the writer out."""
    with database.open("rb") as file:
        header = file.read(20)
    if len(header) == 20 and header[18:20] != _WAL_MODE:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
