"""The database file: who may open it, and the secret and the socket that live beside it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from bot.errors import AlreadyServed, ConfigError, Flaw

UNCHECKED = "not checked"
LONGEST_SOCKET_PATH = 100  # bytes; the system allows 108 at the most (unix(7))


class FileLock:
    """Held by the one process that serves a database; the system frees it when that one dies.

    While it is held it says by whom. What it says afterwards is what a start finds: nothing after
    a clean stop, else that nobody has looked at the file since it may have been damaged.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._descriptor: int | None = None
        self.unclean = False  # whoever held it before did not stop by itself

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
        self.unclean = os.fstat(descriptor).st_size > 0
        self._descriptor = descriptor
        self._say(f"pid {os.getpid()}")

    def free(self, *, sound: bool = True) -> None:
        """A clean stop; `sound` unless the file is damaged, or was not looked at to the end."""
        if self._descriptor is not None:
            self._say("" if sound else UNCHECKED)
            os.close(self._descriptor)
            self._descriptor = None

    def _say(self, words: str) -> None:
        """On the disk before anything else is: it has to be there after a power cut."""
        if self._descriptor is None:
            return
        with suppress(OSError):  # a full disk is told by the database itself
            os.truncate(self._descriptor, 0)
            os.pwrite(self._descriptor, words.encode(), 0)
            os.fsync(self._descriptor)


def beside(database: Path) -> frozenset[Path]:
    """Files that belong to a database and lie beside it."""
    ends = ("-wal", "-shm", "-journal", ".lock", ".key", ".sock")
    return frozenset(database.with_name(database.name + end) for end in ends)


def sync_folder(folder: Path) -> None:
    """New names in it are on the disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def key_file(database: Path) -> Path:
    """Where the secret key is that was made for a database."""
    return database.with_name(database.name + ".key")


def secret_beside(database: Path) -> bytes:
    """The key for cookies and digests: made once, in a file that only this user may read."""
    path = key_file(database)
    if flaw := secret_flaw(database):
        raise ConfigError([flaw])
    try:
        return path.read_bytes().strip()
    except FileNotFoundError:
        return _made_secret(path)


def secret_flaw(database: Path) -> Flaw | None:
    """What is wrong with the key that lies beside the database; None where none does yet."""
    path = key_file(database)
    try:
        found = path.read_bytes().strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        return cannot_write(path.parent, error)
    if len(found) < 32:
        return Flaw(str(path), "holds no secret key", advice="restore it, or remove the file")
    return None


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
