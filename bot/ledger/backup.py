"""A copy of the database that is whole in itself, made while a desk runs or not.

SQLite's own backup (https://sqlite.org/backup.html), from a connection that cannot write and in
one read transaction: what was acknowledged before it began is in it, and a desk that goes on
writing does not make it begin anew.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bot.errors import BotError, LedgerError
from bot.ledger.failures import is_damage, sqlite_name
from bot.ledger.file import beside, sync_folder

PAGES = 2_000  # copied at a time: 8 MiB, between which Ctrl+C is heard
BUSY_MS = 12_000

Progress = Callable[[int, int], None]  # pages left, pages in all


class BadPlace(BotError):
    """A backup cannot be put there; the message says why."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy that was made."""

    file: Path
    size: int  # bytes
    seconds: float


def back_up(
    database: Path, copy: Path, *, force: bool, progress: Progress = lambda left, pages: None
) -> Backup:
    """Copy, check the copy, then give it its name: a file of that name is always a whole one.

    Raises BadPlace before anything is touched, LedgerError when the copy cannot be made.
    """
    begun = time.monotonic()
    if not database.is_file():
        raise LedgerError(f"no database yet at {database}: there is nothing to back up")
    copy = _place(database, copy, force=force)
    with _unfinished(copy) as unfinished:
        try:
            _copy(database, unfinished, progress)
            _check(unfinished)
            _sync(unfinished)
        except sqlite3.Error as error:
            raise LedgerError(f"no backup was made: {_why(error, database, copy)}") from error
        os.replace(unfinished, copy)
        sync_folder(copy.parent)
    return Backup(copy, copy.stat().st_size, time.monotonic() - begun)


def _place(database: Path, copy: Path, *, force: bool) -> Path:
    """Where it goes, links followed. Raises BadPlace."""
    try:
        copy, database = copy.resolve(), database.resolve()
        if copy == database or (copy.exists() and copy.samefile(database)):
            raise BadPlace(f"{copy} is the database itself: name another file")
        if copy in beside(database):
            raise BadPlace(f"{copy} belongs to the database itself: name another file")
        if copy.is_dir():
            raise BadPlace(f"{copy} is a folder: name a file in it")
        if not copy.parent.is_dir():
            raise BadPlace(f"there is no folder {copy.parent}: make it first")
        if copy.exists() and not force:
            raise BadPlace(f"{copy} exists already: name another file, or add --force")
    except (OSError, RuntimeError) as error:  # the latter of links that go in circles
        raise BadPlace(f"{copy} cannot be used: {_reason(error)}") from error
    return copy


@contextmanager
def _unfinished(copy: Path) -> Iterator[Path]:
    """A file of this user alone beside the one that it becomes; removed unless it has become it."""
    file = copy.with_name(f".{copy.name[:200]}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        yield file
    except OSError as error:
        folder = copy.parent
        message = f"no backup was made: {folder} cannot be written: {_reason(error)}"
        raise LedgerError(message) from error
    finally:
        for name in (file, *(file.with_name(file.name + end) for end in ("-journal", "-wal"))):
            with suppress(OSError):
                name.unlink(missing_ok=True)


def _copy(database: Path, target: Path, progress: Progress) -> None:
    with closing(_reading(database)) as source, closing(sqlite3.connect(target)) as made:
        made.execute("PRAGMA synchronous=OFF")  # synced once, at the end
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on, one state
        source.backup(made, pages=PAGES, progress=lambda _, left, pages: progress(left, pages))
        made.execute("PRAGMA journal_mode=DELETE")  # one file, which can be read anywhere


def _check(copy: Path) -> None:
    """Raises LedgerError. The copy is checked, not the original: it has the same pages."""
    with closing(_reading(copy)) as connection:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if found != ("ok",):
        raise LedgerError(_DAMAGED)


_DAMAGED = "no backup was made: the database is damaged; restore an older backup"


def _reading(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(database.absolute()))}?mode=ro", uri=True, isolation_level=None
    )
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    return connection


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(error: OSError | RuntimeError) -> str:
    return str(getattr(error, "strerror", None) or error)


def _why(error: sqlite3.Error, database: Path, copy: Path) -> str:
    if is_damage(error):
        return f"{database} is damaged or no SQLite database"
    name = sqlite_name(error)
    if name == "SQLITE_FULL" or name.startswith("SQLITE_IOERR"):
        return f"the disk of {copy.parent} is full or failing ({name})"
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM")):
        return f"{database} cannot be read by this user ({name})"
    return name
