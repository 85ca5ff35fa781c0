"""The database file has one process, and its secret one reader."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bot.errors import AlreadyServed, ConfigError
from bot.ledger.file import FileLock, secret_beside


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
