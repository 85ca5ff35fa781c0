"""The database file: who may open it, and the secret that lives beside it."""

from __future__ import annotations

import fcntl
import os
import secrets
import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from bot.errors import AlreadyServed, BotError, ConfigError, Flaw, LedgerError

_CANNOT_BE_USED = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM})
_DAMAGED = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})


class FileLock:
    """Held by the one process that serves a database; the system frees it when that one dies."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._descriptor: int | None = None

    def take(self) -> None:
        """Raises AlreadyServed when another process has it, ConfigError when it cannot be made."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigError([_unusable(self._path.parent, error)]) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip()
            os.close(descriptor)
            raise AlreadyServed(
                f"another process{f' ({holder})' if holder else ''} serves this database; "
                "stop it first, or set DATABASE_URL to another file"
            ) from None
        os.truncate(descriptor, 0)
        os.write(descriptor, f"pid {os.getpid()}".encode())
        self._descriptor = descriptor

    def free(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def secret_beside(database: Path) -> bytes:
    """The key for cookies and digests: made once, in a file that only this user may read."""
    path = database.with_name(database.name + ".key")
    try:
        found = path.read_bytes().strip()
    except FileNotFoundError:
        return _made_secret(path)
    except OSError as error:
        raise ConfigError([_unusable(path.parent, error)]) from error
    if len(found) < 32:
        flaw = Flaw(str(path), "holds no secret key", advice="restore it, or remove the file")
        raise ConfigError([flaw])
    return found


def _made_secret(path: Path) -> bytes:
    made = secrets.token_hex(32).encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigError([_unusable(path.parent, error)]) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(made)
        file.flush()
        os.fsync(descriptor)
    return made


def sqlite_name(error: BaseException) -> str:
    """What SQLite calls an error, such as SQLITE_FULL: never a value that somebody wrote."""
    cause = getattr(error, "orig", None) or error
    return getattr(cause, "sqlite_errorname", type(cause).__name__)


def cannot_open(database: Path, error: DBAPIError) -> BotError:
    """Why the database cannot be served, in words that say what to do."""
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF  # without SQLite's finer distinction
    if code in _CANNOT_BE_USED:
        return ConfigError(
            [
                Flaw(
                    "DATABASE_URL",
                    f"{database} cannot be opened for writing",
                    advice="name a file that this user may write to",
                )
            ]
        )
    if code in _DAMAGED:
        return LedgerError(
            f"{database} is damaged or no SQLite database; restore a backup, "
            "or set DATABASE_URL to another file"
        )
    return LedgerError(f"{database} cannot be opened: {sqlite_name(error)}; is the disk full?")


def _unusable(folder: Path, error: OSError) -> Flaw:
    return Flaw(
        "DATABASE_URL",
        f"the folder {folder} cannot be written: {error.strerror}",
        advice="choose a folder that this user may write to",
    )
