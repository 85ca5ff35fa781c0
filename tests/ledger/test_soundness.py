"""After an unclean stop the file is looked at: damage keeps the desk closed, or is shown later."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest
from structlog.testing import capture_logs

from bot.errors import AlreadyServed, LedgerError
from bot.ledger import soundness
from bot.ledger.file import FileLock
from bot.ledger.soundness import State, served
from tests.ledger.conftest import sqlite


@pytest.fixture
async def database(tmp_path):
    """A desk's database after a clean stop, with an index to be damaged."""
    engine = sqlite(tmp_path)
    await engine.close()
    file = tmp_path / "desk.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for n in range(2_000):
            connection.execute("INSERT INTO counters VALUES ('d', ?, 1)", (f"{n:04}" * 5,))
    return file


def killed(file) -> None:
    """Whoever has served it was killed."""
    code = (
        "import os, sys; from pathlib import Path; from bot.ledger.file import FileLock;"
        "FileLock(Path(sys.argv[1])).take(); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(file)], check=False).returncode == -9


def damage(file) -> None:
    """Overwrite what a row of an index page says, as a failing disk does."""
    content = bytearray(file.read_bytes())
    at = content.rindex(b"10001000100010001000")
    content[at : at + 4] = b"9999"
    file.write_bytes(content)


async def state_after(file) -> State:
    async with served(file) as found:
        return found.state


def hold_up(monkeypatch) -> threading.Event:
    """A check that takes longer than customers wait for it."""
    go_on = threading.Event()
    look = soundness.Soundness._look

    def slow(self, *args) -> None:
        go_on.wait(20)
        look(self, *args)

    monkeypatch.setattr(soundness.Soundness, "_look", slow)
    monkeypatch.setattr(soundness, "FIRST_SECONDS", 0.05)
    return go_on


def until(found, state: State) -> bool:
    end = time.monotonic() + 20
    while found.state is not state and time.monotonic() < end:
        time.sleep(0.01)
    return found.state is state


async def test_after_a_clean_stop_nothing_is_looked_at(database):
    async with served(database):
        pass
    with capture_logs() as logs:
        assert await state_after(database) is State.SOUND
    assert logs == []


async def test_after_a_kill_a_sound_file_is_checked_once(database):
    killed(database)
    with capture_logs() as logs:
        assert await state_after(database) is State.SOUND
        assert await state_after(database) is State.SOUND
    assert [each["event"] for each in logs] == ["database_checked"]


async def test_damage_keeps_the_desk_closed_until_another_file_is_in_its_place(database):
    whole = database.read_bytes()
    killed(database)
    damage(database)
    for _ in range(2):  # the refusal is no clean stop of a sound file
        with pytest.raises(LedgerError, match="restore a backup"):
            await state_after(database)
    database.write_bytes(whole)
    assert await state_after(database) is State.SOUND


async def test_a_file_that_is_no_database_is_refused(database):
    killed(database)
    database.write_bytes(b"nothing that SQLite ever wrote" * 1000)
    with pytest.raises(LedgerError, match="damaged"):
        await state_after(database)


async def test_a_long_check_goes_on_while_the_desk_serves(database, monkeypatch):
    killed(database)
    go_on = hold_up(monkeypatch)
    async with served(database) as found:
        assert found.state is State.CHECKING
        engine = sqlite(database.parent)  # migrated and opened meanwhile
        await engine.write(
            lambda connection: connection.exec_driver_sql(
                "INSERT INTO counters VALUES ('e', 'written meanwhile', 1)"
            )
        )
        go_on.set()
        assert until(found, State.SOUND)
        await engine.close()


async def test_damage_that_is_found_later_is_an_error_in_the_log_and_stays_known(
    database, monkeypatch
):
    killed(database)
    damage(database)
    go_on = hold_up(monkeypatch)
    with capture_logs() as logs:
        async with served(database) as found:
            assert found.state is State.CHECKING
            go_on.set()
            assert until(found, State.DAMAGED)
    assert ("database_damaged", "error") in [(e["event"], e["log_level"]) for e in logs]
    monkeypatch.undo()
    with pytest.raises(LedgerError):
        await state_after(database)


async def test_a_stop_does_not_wait_for_the_check_and_the_next_start_looks_again(
    tmp_path, monkeypatch
):
    file = tmp_path / "desk.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            "CREATE TABLE t (a, b, c); CREATE INDEX i ON t (a, b); CREATE INDEX j ON t (c);"
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 400000)"
            "INSERT INTO t SELECT x, hex(randomblob(20)), x * 7 FROM n;"
        )
    killed(file)
    monkeypatch.setattr(soundness, "FIRST_SECONDS", 0.0)
    async with served(file) as found:
        assert found.state is State.CHECKING
    assert found.state is State.UNKNOWN
    monkeypatch.undo()
    with capture_logs() as logs:
        assert await state_after(file) is State.SOUND
    assert [each["event"] for each in logs] == ["database_checked"]


async def test_a_restored_copy_in_another_mode_keeps_no_writer_out(database, monkeypatch):
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    killed(database)
    read = threading.Event()
    look = soundness.Soundness._look

    def in_a_read(self, opened) -> None:
        opened.execute("BEGIN")
        opened.execute("SELECT count(*) FROM counters").fetchone()
        read.wait(20)
        look(self, opened)

    monkeypatch.setattr(soundness.Soundness, "_look", in_a_read)
    monkeypatch.setattr(soundness, "FIRST_SECONDS", 0.3)
    async with served(database):
        engine = sqlite(database.parent)
        read.set()
        await engine.close()


async def test_the_second_process_looks_at_nothing(database):
    lock = FileLock(database)
    lock.take()
    with capture_logs() as logs, pytest.raises(AlreadyServed, match=str(os.getpid())):
        await state_after(database)
    assert logs == []
    lock.free()
