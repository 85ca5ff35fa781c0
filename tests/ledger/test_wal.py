"""The -wal file: bounded under readers that never leave it alone, and small once they have."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing

import pytest
from sqlalchemy import text

from bot.ledger import wal
from tests.ledger.conftest import sqlite

BOUND = 128 * 1024
ADD = text("INSERT INTO counters (day, name, n) VALUES ('d', :name, 1)")


@pytest.fixture
def engine_of(tmp_path, monkeypatch):
    monkeypatch.setattr(wal, "WAL_BYTES", BOUND)
    monkeypatch.setattr(wal, "TRY_SECONDS", 0.02)
    monkeypatch.setattr(wal, "PATIENT_TRY_SECONDS", 0.1)
    return lambda: sqlite(tmp_path)


def size(folder) -> int:
    return (folder / "desk.db-wal").stat().st_size


async def write(engine, first: int, rows: int) -> None:
    for n in range(first, first + rows, 10):
        named = [{"name": f"{n + m} {'x' * 3000}"} for m in range(10)]
        await engine.write(lambda connection, named=named: connection.execute(ADD, named))


async def small_again(folder) -> bool:
    for _ in range(500):
        if size(folder) <= BOUND:
            return True
        await asyncio.sleep(0.02)
    return False


async def test_it_is_cut_off_when_a_long_reader_leaves_even_if_nothing_more_is_written(
    engine_of, tmp_path
):
    engine = engine_of()
    with closing(sqlite3.connect(tmp_path / "desk.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        before = reader.execute("SELECT count(*) FROM counters").fetchone()
        await write(engine, 0, 100)
        assert size(tmp_path) > 2 * BOUND
        assert reader.execute("SELECT count(*) FROM counters").fetchone() == before
        reader.execute("COMMIT")
    assert await small_again(tmp_path)
    await engine.close()


async def test_readers_that_never_leave_it_together_do_not_make_it_grow(engine_of, tmp_path):
    """Two readers take turns so that one of them always has a state of its own open."""
    engine = engine_of()
    over = threading.Event()
    both = threading.Barrier(2)

    def read(first: bool) -> None:
        connection = sqlite3.connect(tmp_path / "desk.db", isolation_level=None)
        with closing(connection):
            try:
                if not first:
                    both.wait(10)
                while not over.is_set():
                    connection.execute("BEGIN")
                    connection.execute("SELECT count(*) FROM counters").fetchone()
                    both.wait(10)  # the other one begins before this one ends
                    connection.execute("COMMIT")
                    both.wait(10)
            except threading.BrokenBarrierError:
                return

    readers = [threading.Thread(target=read, args=(n == 0,)) for n in range(2)]
    for reader in readers:
        reader.start()
    largest = 0
    for n in range(0, 9000, 50):
        await write(engine, n, 50)
        largest = max(largest, size(tmp_path))
        await asyncio.sleep(0.01)
    over.set()
    both.abort()
    await asyncio.gather(*(asyncio.to_thread(reader.join) for reader in readers))
    assert largest < 7_000_000  # without a bound some 14 MB
    await engine.close()


async def test_the_patience_of_the_writer_is_given_back(engine_of, tmp_path):
    engine = engine_of()
    with closing(sqlite3.connect(tmp_path / "desk.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM counters").fetchone()
        await write(engine, 0, 250)  # beyond four times the bound: readers are waited for
        patience = await engine.write(
            lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
        )
    assert patience == 12_000
    await engine.close()


async def test_a_small_file_is_left_to_sqlite(engine_of, tmp_path, monkeypatch):
    cuts = []
    monkeypatch.setattr(wal.BoundedWal, "_cut", lambda self, *args: bool(cuts.append(args)))
    engine = engine_of()
    await write(engine, 0, 5)
    assert cuts == []
    await engine.close()
