"""A -wal file that stays small, whoever is reading.

SQLite starts its -wal file anew only in a moment in which nobody reads from it, and looks for one
only when a transaction has ended. Under readers that never leave it together, or behind a backup
that takes minutes, the file grows, and stays large once they have gone. So the writer looks for
that moment itself (https://sqlite.org/wal.html#avoiding_excessively_large_wal_files).
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from pathlib import Path

WAL_BYTES = 16 * 2**20  # what the file may keep; SQLite copies it out every 4 MiB by itself
FAR_TOO_LARGE = 4  # times as much: from here on writers wait for readers, briefly
TRY_SECONDS = 0.25  # between two tries: each syncs the database once more
PATIENT_TRY_SECONDS = 2.0
PATIENCE_MS = 100  # our own readers take a few milliseconds each


class BoundedWal:
    """Looks after the -wal file of one database; used by the one thread that writes."""

    def __init__(self, database: Path, busy_ms: int) -> None:
        self._file = database.with_name(database.name + "-wal")
        self._busy_ms = busy_ms  # the connection's own patience, given back after each try
        self._next_try: float | None = None  # None: nothing is to be done

    def tend(self, connection: sqlite3.Connection) -> None:
        """After each commit, and whenever `wait` is over: cut the file off if it is too large.

        Nobody is waited for while it is not far too large: readers go on, and so do writers.
        """
        size = self._size()
        if size <= WAL_BYTES:
            self._next_try = None
            return
        now = time.monotonic()
        if self._next_try is not None and now < self._next_try:
            return
        patient = size > FAR_TOO_LARGE * WAL_BYTES
        self._next_try = now + (PATIENT_TRY_SECONDS if patient else TRY_SECONDS)
        if self._cut(connection, PATIENCE_MS if patient else 0):
            self._next_try = None

    def wait(self) -> float | None:
        """Seconds until the next try, for a writer with nothing else to do; None: none is due."""
        if self._next_try is None:
            return None
        return max(self._next_try - time.monotonic(), 0.001)

    def _cut(self, connection: sqlite3.Connection, patience_ms: int) -> bool:
        # A busy file answers with a row; what is raised besides is told by the next commit.
        with suppress(sqlite3.Error):
            try:
                connection.execute(f"PRAGMA busy_timeout={patience_ms}")
                busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                connection.execute(f"PRAGMA busy_timeout={self._busy_ms}")
            return not busy
        return False

    def _size(self) -> int:
        try:
            return self._file.stat().st_size
        except OSError:
            return 0
