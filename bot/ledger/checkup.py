"""What can be told of a database before a desk opens it. Nothing is made, changed or locked."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from bot.errors import ConfigError, Flaw, LedgerError
from bot.ledger.failures import cannot_open
from bot.ledger.file import cannot_write, secret_flaw, socket_path
from bot.ledger.migrate import check_revision, current_revision, newest_revision
from bot.ledger.sqlite import reading_engine

LITTLE_ROOM = 200 * 2**20  # bytes left on the disk
SAFE_SQLITE = (3, 51, 3)  # see bot/ledger/sqlite.py


def flaws_of(file: Path, *, needs_key: bool) -> list[Flaw]:
    """What would keep a desk from opening this database.

    `needs_key`: no NIGHTDESK_SECRET_KEY is set, so the key beside the file is used.
    """
    if unusable := _folder_flaw(file):
        return [unusable]
    found = list(_file_flaws(file))
    if needs_key and (flaw := secret_flaw(file)):
        found.append(flaw)
    return found


def warnings_of(file: Path) -> list[Flaw]:
    """What may go wrong with it soon."""
    try:
        room = shutil.disk_usage(_there(file.absolute().parent)).free
    except OSError:
        return []
    if room >= LITTLE_ROOM:
        return []
    message = f"the disk of {file} has {room // 2**20} MiB left: once it is full, no message"
    return [Flaw("DATABASE_URL", f"{message} can be stored", advice="make room, or move the file")]


def notes_of(file: Path) -> list[str]:
    """What an operator may want to know of it."""
    notes = []
    if is_served(file):
        notes.append(f"A desk is open on {file}: it goes on with what it read at its start.")
    if not file.exists():
        notes.append(f"{file} does not exist yet: the desk makes it at its first start.")
    elif _revision(file) not in (None, newest_revision()):
        notes.append(f"{file} is of an older version: the next start brings it up to date.")
    if sqlite3.sqlite_version_info < SAFE_SQLITE:
        notes.append(
            f"SQLite is {sqlite3.sqlite_version}. Before 3.51.3 two programs that write to one "
            "database can damage it: let no other program write to the desk's."
        )
    return notes


def is_served(file: Path) -> bool:
    """Whether a desk answers at the local socket of this database."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(1.0)
        try:
            asking.connect(str(socket_path(file)))
        except OSError:
            return False
    return True


def _there(folder: Path) -> Path:
    """The folder, or the nearest one around it that exists: the desk makes what is missing."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _folder_flaw(file: Path) -> Flaw | None:
    folder = _there(file.absolute().parent)
    if not folder.is_dir():
        return cannot_write(folder, NotADirectoryError(20, "Not a directory"))
    if not os.access(folder, os.W_OK | os.X_OK):
        return cannot_write(folder, PermissionError(13, "Permission denied"))
    return None


def _file_flaws(file: Path) -> Iterator[Flaw]:
    if not file.exists():
        return
    if file.is_dir() or not os.access(file, os.R_OK | os.W_OK):
        yield Flaw(
            "DATABASE_URL",
            f"{file} cannot be opened for writing",
            advice="name a file that this user may write",
        )
        return
    try:
        check_revision(_revision(file))
    except ConfigError as error:
        yield from error.flaws
    except LedgerError as error:
        yield Flaw("DATABASE_URL", str(error), advice="restore a backup, or name another file")


def _revision(file: Path) -> str | None:
    """Raises ConfigError or LedgerError when the file cannot be read."""
    engine = reading_engine(file)
    try:
        with engine.connect() as connection:
            return current_revision(connection)
    except DBAPIError as error:
        raise cannot_open(file, error) from error
    finally:
        engine.dispose()
