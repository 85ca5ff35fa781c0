"""The database file has one process, and its secret one reader."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.errors import AlreadyServed, ConfigError, LedgerError
from bot.ledger.failures import cannot_open
from bot.ledger.file import FileLock, secret_beside
from bot.ledger.migrate import migrate
from bot.ledger.sqlite import SqliteEngine, writing_engine


def test_a_second_process_is_refused_and_told_who_holds_it(tmp_path):
    lock = FileLock(tmp_path / "x.db")
    lock.take()
    with pytest.raises(AlreadyServed, match=rf"pid {os.getpid()}"):
        FileLock(tmp_path / "x.db").take()
    lock.free()
    FileLock(tmp_path / "x.db").take()


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    code = (
        "import os, sys; from pathlib import Path; from bot.ledger.file import FileLock;"
        "FileLock(Path(sys.argv[1])).take(); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path / "x.db")], check=False)
    assert killed.returncode == -9
    FileLock(tmp_path / "x.db").take()


def test_the_secret_is_made_once_and_private(tmp_path):
    first = secret_beside(tmp_path / "x.db")
    assert len(first) == 64
    assert secret_beside(tmp_path / "x.db") == first
    assert (tmp_path / "x.db.key").stat().st_mode & 0o777 == 0o600


def test_an_empty_secret_is_refused_not_replaced(tmp_path):
    (tmp_path / "x.db.key").write_text("short\n")
    with pytest.raises(ConfigError, match="no secret key"):
        secret_beside(tmp_path / "x.db")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        FileLock(tmp_path / "file" / "x.db").take()
    with pytest.raises(ConfigError, match="cannot be written"):
        secret_beside(tmp_path / "file" / "nowhere" / "x.db")


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "x.db").write_text("Dear diary, " * 100)
    with pytest.raises(LedgerError, match=r"x\.db is damaged or no SQLite database"):
        migrate(writing_engine(tmp_path / "x.db"))


def test_a_database_that_is_a_folder_is_a_matter_of_configuration(tmp_path):
    (tmp_path / "x.db").mkdir()
    with pytest.raises(ConfigError, match=r"x\.db cannot be opened for writing"):
        migrate(writing_engine(tmp_path / "x.db"))


async def test_an_engine_without_a_file_fails_at_once_instead_of_waiting(tmp_path):
    with pytest.raises(ConfigError, match="cannot be opened for writing"):
        SqliteEngine(tmp_path / "nowhere" / "x.db")


def test_any_other_trouble_keeps_the_name_that_sqlite_gives_it():
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode, full.sqlite_errorname = sqlite3.SQLITE_FULL, "SQLITE_FULL"
    found = cannot_open(Path("x.db"), OperationalError("INSERT", {}, full))
    assert isinstance(found, LedgerError)
    assert "SQLITE_FULL; is the disk full?" in str(found)
