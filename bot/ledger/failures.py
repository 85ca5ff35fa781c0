"""What a database says when it cannot, in words that say what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from bot.errors import BotError, ConfigError, Flaw, LedgerError

_CANNOT_BE_USED = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM})
_DAMAGED = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})


def sqlite_name(error: BaseException) -> str:
    """What SQLite calls an error, such as SQLITE_FULL: never a value that somebody wrote."""
    cause = getattr(error, "orig", None) or error
    return getattr(cause, "sqlite_errorname", type(cause).__name__)


def postgres_name(error: BaseException) -> str:
    """PostgreSQL's code of an error and its name, such as 53100 DiskFull: never a value.

    https://www.postgresql.org/docs/current/errcodes-appendix.html
    """
    cause = getattr(error, "orig", None) or error
    cause = cause.__cause__ or cause  # under SQLAlchemy's own name for it
    code = getattr(cause, "sqlstate", None)
    name = type(cause).__name__.removesuffix("Error")
    return f"{code} {name}" if code else name


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file itself is broken."""
    return _code(error) in _DAMAGED


def _code(error: BaseException) -> int:
    """Without SQLite's finer distinction."""
    return int(getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)) & 0xFF


def cannot_open(database: Path, error: DBAPIError | sqlite3.Error) -> BotError:
    """Why the database cannot be served, in words that say what to do."""
    code = _code(error)
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
