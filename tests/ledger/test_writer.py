"""The writer: groups share a commit, a failing unit fails alone, nothing is acknowledged early."""

from __future__ import annotations

import asyncio
import sqlite3
import threading

import pytest
from sqlalchemy import text

from bot.errors import LedgerError
from bot.ledger import sqlite


def add(name: str):
    statement = text("INSERT INTO counters (day, name, n) VALUES ('d', :name, 1)")
    return lambda connection: connection.execute(statement, {"name": name}).rowcount


async def names(engine) -> set[str]:
    rows = await engine.read(
        lambda connection: connection.execute(text("SELECT name FROM counters")).scalars().all()
    )
    return set(rows)


async def test_a_unit_that_raises_rolls_back_alone(engine):
    def bad(connection):
        add("bad")(connection)
        raise ValueError("no")

    results = await asyncio.gather(
        engine.write(add("a")), engine.write(bad), engine.write(add("b")), return_exceptions=True
    )
    assert results[0] == results[2] == 1
    assert isinstance(results[1], ValueError)
    assert await names(engine) == {"a", "b"}


async def test_a_database_error_reaches_the_caller_as_a_ledger_error_without_values(engine):
    await engine.write(add("secret text of a customer"))
    with pytest.raises(LedgerError) as caught:
        await engine.write(add("secret text of a customer"))
    assert "secret" not in f"{caught.value} {caught.value.__cause__}"
    with pytest.raises(LedgerError):
        await engine.read(lambda connection: connection.execute(text("SELECT * FROM nowhere")))


async def test_readers_cannot_write(engine):
    with pytest.raises(LedgerError):
        await engine.read(add("x"))


async def test_many_units_share_one_commit(tmp_path, monkeypatch):
    from tests.ledger.conftest import sqlite as make

    groups = []
    commit = sqlite._commit_group

    def counted(connection, group):
        groups.append(len(group))
        commit(connection, group)

    monkeypatch.setattr(sqlite, "_commit_group", counted)
    engine = make(tmp_path)
    hold = threading.Event()
    blocked = asyncio.ensure_future(engine.write(lambda connection: hold.wait(5)))
    await asyncio.sleep(0.05)
    rest = [asyncio.ensure_future(engine.write(add(f"n{n}"))) for n in range(300)]
    await asyncio.sleep(0.05)
    hold.set()
    await asyncio.gather(blocked, *rest)
    await engine.close()
    assert groups == [1, 256, 44]


async def test_a_caller_that_gave_up_before_its_turn_leaves_nothing(tmp_path):
    from tests.ledger.conftest import sqlite as make

    engine = make(tmp_path)
    hold = threading.Event()
    blocked = asyncio.ensure_future(engine.write(lambda connection: hold.wait(5)))
    await asyncio.sleep(0.05)
    given_up = asyncio.ensure_future(engine.write(add("gone")))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.sleep(0)
    hold.set()
    await blocked
    assert await names(engine) == set()
    await engine.close()


async def test_closing_finishes_what_is_queued_and_refuses_the_rest(tmp_path):
    from tests.ledger.conftest import sqlite as make

    engine = make(tmp_path)
    queued = [asyncio.ensure_future(engine.write(add(f"n{n}"))) for n in range(20)]
    await asyncio.sleep(0)
    await engine.close()
    await engine.close()
    assert await asyncio.gather(*queued) == [1] * 20
    with pytest.raises(LedgerError):
        await engine.write(add("late"))


async def test_a_lock_held_elsewhere_fails_the_unit_and_not_the_writer(tmp_path, monkeypatch):
    from tests.ledger.conftest import sqlite as make

    monkeypatch.setattr(sqlite, "BUSY_MS", 100)
    engine = make(tmp_path)
    other = sqlite3.connect(tmp_path / "desk.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError):
        await engine.write(add("while locked"))
    assert engine.refuses
    other.execute("ROLLBACK")
    other.close()
    await engine.write(add("after"))
    assert not engine.refuses
    assert await names(engine) == {"after"}
    await engine.close()


async def test_what_was_acknowledged_is_durable(tmp_path):
    """WAL with synchronous=FULL on the connection that writes, and no other writer."""
    from tests.ledger.conftest import sqlite as make

    engine = make(tmp_path)

    def pragmas(connection):
        return {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete")
        }

    assert await engine.write(pragmas) == {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
    }
    await engine.close()


async def test_a_clean_stop_leaves_everything_in_the_one_file(tmp_path):
    from tests.ledger.conftest import sqlite as make

    engine = make(tmp_path)
    await engine.write(add("kept"))
    await names(engine)
    await engine.close()
    assert not (tmp_path / "desk.db-wal").exists()
    copy = sqlite3.connect(tmp_path / "desk.db")
    assert copy.execute("SELECT name FROM counters").fetchall() == [("kept",)]
    copy.close()


async def test_a_file_may_be_called_anything(tmp_path):
    from bot.ledger.migrate import migrate

    file = tmp_path / "a%20b?x=1#y.db"
    writing = sqlite.writing_engine(file)
    migrate(writing)
    writing.dispose()
    engine = sqlite.SqliteEngine(file)
    await engine.write(add("here"))
    assert await names(engine) == {"here"}
    await engine.close()
    assert [each.name for each in tmp_path.iterdir()] == [file.name]
