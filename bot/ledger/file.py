"""The database file: who may open it, and the secret and the socket that live beside it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import tempfile
from pathlib import Path

from bot.errors import AlreadyServed, ConfigError, Flaw

LONGEST_SOCKET_PATH = 100  # bytes; the system allows 108 at the most (unix(7))


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
            raise ConfigError([cannot_write(self._path.parent, error)]) from error
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
    path = _key_file(database)
    if flaw := secret_flaw(database):
        raise ConfigError([flaw])
    try:
        return path.read_bytes().strip()
    except FileNotFoundError:
        return _made_secret(path)


def secret_flaw(database: Path) -> Flaw | None:
    """What is wrong with the key that lies beside the database; None where none does yet."""
    path = _key_file(database)
    try:
        found = path.read_bytes().strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        return cannot_write(path.parent, error)
    if len(found) < 32:
        return Flaw(str(path), "holds no secret key", advice="restore it, or remove the file")
    return None


def _key_file(database: Path) -> Path:
    return database.with_name(database.name + ".key")


def _made_secret(path: Path) -> bytes:
    made = secrets.token_hex(32).encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigError([cannot_write(path.parent, error)]) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(made)
        file.flush()
        os.fsync(descriptor)
    return made


def socket_path(database: Path) -> Path:
    """`<database file>.sock`; under a hash in the temporary directory when that is too long."""
    path = database.absolute().with_name(database.name + ".sock")
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(database.absolute())).hexdigest()[:32]
    return Path(tempfile.gettempdir()) / f"nightdesk-{name}.sock"


def private_file(database: Path) -> None:
    """Make the database readable by this user alone before anything is in it.

    SQLite gives its -wal and -shm files the mode of the database (https://sqlite.org/wal.html).
    """
    try:
        os.close(os.open(database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        flaw = Flaw(
            "DATABASE_URL",
            f"{database} cannot be opened for writing: {error.strerror}",
            advice="name a file that this user may write",
        )
        raise ConfigError([flaw]) from error


def cannot_write(folder: Path, error: OSError) -> Flaw:
    """The folder of a database cannot be used."""
    return Flaw(
        "DATABASE_URL",
        f"the folder {folder} cannot be written: {error.strerror}",
        advice="choose a folder that this user may write to",
    )
