"""What PostgreSQL alone can do to a unit of work: deadlocks, stale connections, locks, restarts."""

from __future__ import annotations

import asyncio
import time

import asyncpg
import pytest
from sqlalchemy import insert, select, text

from bot.errors import ConfigError, LedgerError
from bot.ledger import postgres
from bot.ledger.locking import hold, hold_name
from bot.ledger.migrate import newest_revision
from bot.ledger.postgres import PostgresEngine, migrate_database
from bot.ledger.server import flaws_of, look, notes_of, standing_of_fleet
from bot.ledger.tables import conversations, counters, quarantine
from bot.ledger.upsert import upsert
from tests.postgres.databases import fresh


@pytest.fixture
async def dsn(postgres_server):
    return await fresh(postgres_server)


@pytest.fixture
async def engine(dsn):
    engine = PostgresEngine(dsn)
    yield engine
    await engine.close()


def add(name):
    def unit(connection):
        connection.execute(
            upsert(counters)
            .values(day="d", name=name, n=1)
            .on_conflict_do_update(
                index_elements=[counters.c.day, counters.c.name], set_={"n": counters.c.n + 1}
            )
        )

    return unit


def count(name):
    return lambda connection: connection.execute(
        select(counters.c.n).where(counters.c.name == name)
    ).scalar()


async def test_units_that_wait_for_each_other_both_succeed(engine):
    """PostgreSQL ends one of two; it runs again from its beginning."""
    for name in ("a", "b"):
        await engine.write(add(name))
    runs = []

    def both(first, second):
        def unit(connection):
            runs.append(first)
            add(first)(connection)
            connection.execute(text("SELECT pg_sleep(0.3)"))
            add(second)(connection)

        return unit

    await asyncio.gather(engine.write(both("a", "b")), engine.write(both("b", "a")))
    assert len(runs) == 3
    assert [await engine.read(count(name)) for name in "ab"] == [3, 3]


async def test_connections_that_the_server_has_ended_are_made_anew(engine, dsn):
    await asyncio.gather(*(engine.write(add("x")) for _ in range(20)))
    killer = await asyncpg.connect(dsn)
    await killer.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await killer.close()
    await asyncio.gather(*(engine.write(add("x")) for _ in range(20)))
    assert await engine.read(count("x")) == 40


async def test_a_unit_that_raises_leaves_nothing_and_is_not_repeated(engine):
    runs = []

    def fails(connection):
        runs.append(1)
        add("x")(connection)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await engine.write(fails)
    assert (len(runs), await engine.read(count("x"))) == (1, None)


async def test_a_caller_that_gives_up_leaves_the_unit_to_its_end(engine, dsn):
    def slow(connection):
        add("x")(connection)
        connection.execute(text("SELECT pg_sleep(0.3)"))

    writing = asyncio.create_task(engine.write(slow))
    await asyncio.sleep(0.1)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await engine.close()  # waits for it
    again = PostgresEngine(dsn)
    assert await again.read(count("x")) == 1
    await again.close()


async def test_what_is_locked_for_too_long_is_an_error_and_not_a_wait(dsn, monkeypatch):
    monkeypatch.setattr(postgres, "LOCK_SECONDS", 0.3)
    engine = PostgresEngine(dsn)
    await engine.write(add("x"))
    other = await asyncpg.connect(dsn)
    async with other.transaction():
        await other.execute("LOCK TABLE counters IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(LedgerError, match="55P03 LockNotAvailable"):
            await engine.write(add("x"))
        assert engine.refuses
    await engine.write(add("x"))
    assert not engine.refuses
    assert await engine.read(count("x")) == 2
    await other.close()
    await engine.close()


async def test_a_process_that_is_stopped_in_a_transaction_holds_nobody_up_for_ever(
    dsn, monkeypatch
):
    monkeypatch.setattr(postgres, "IDLE_IN_TRANSACTION_SECONDS", 0.4)
    engine = PostgresEngine(dsn)
    await engine.write(add("x"))

    runs = []

    def stopped(connection):
        runs.append(1)
        add("x")(connection)
        if len(runs) == 1:
            time.sleep(1.0)  # the whole loop stands still, as in a process that is stopped
        add("x")(connection)

    await engine.write(stopped)  # its connection was taken away: it runs again on a new one
    assert (len(runs), await engine.read(count("x"))) == (2, 3)
    await engine.close()


async def test_a_query_sees_one_state_and_cannot_write(engine):
    with pytest.raises(LedgerError, match="25006"):
        await engine.read(add("x"))

    def twice(connection):
        before = count("x")(connection)
        connection.execute(text("SELECT pg_sleep(0.3)"))
        return before, count("x")(connection)

    await engine.write(add("x"))
    reading = asyncio.create_task(engine.read(twice))
    await asyncio.sleep(0.1)
    await engine.write(add("x"))
    assert await reading == (1, 1)


async def test_what_is_held_is_held_until_the_end_of_the_unit(engine):
    await engine.write(
        lambda c: c.execute(upsert(conversations).values(key="web//a", last_in_at=0))
    )
    order = []

    def holds(name, seconds, what):
        def unit(connection):
            what(connection)
            order.append(f"{name} has it")
            connection.execute(text("SELECT pg_sleep(:s)"), {"s": seconds})
            order.append(f"{name} is done")

        return unit

    for what in (lambda c: hold(c, "web//a"), lambda c: hold_name(c, "ana")):
        order.clear()
        first = asyncio.create_task(engine.write(holds("first", 0.3, what)))
        await asyncio.sleep(0.1)
        await engine.write(holds("second", 0, what))
        await first
        assert order == ["first has it", "first is done", "second has it", "second is done"]


async def test_units_of_one_line_run_in_their_order_and_leave_others_the_connections(engine):
    order = []

    def slow(connection):
        connection.execute(text("SELECT pg_sleep(0.05)"))
        order.append("slow")

    def quick(connection):
        order.append("quick")

    in_line = [engine.write(slow, line="ana") for _ in range(postgres.CONNECTIONS + 5)]
    waiting = asyncio.gather(*in_line, engine.write(quick, line="ana"))
    await asyncio.sleep(0.02)
    await asyncio.gather(engine.write(quick, line="bia"), engine.write(quick))
    assert order.count("slow") <= 1
    await waiting
    assert order[-1] == "quick"


async def test_a_line_is_waited_for_no_longer_than_a_lock_and_then_goes_on(engine, monkeypatch):
    monkeypatch.setattr(postgres, "LOCK_SECONDS", 0.2)
    first = asyncio.create_task(
        engine.write(lambda c: c.execute(text("SELECT pg_sleep(0.6)")) and None, line="ana")
    )
    await asyncio.sleep(0.05)
    with pytest.raises(LedgerError):
        await engine.write(add("x"), line="ana")
    await first
    await engine.write(add("x"), line="ana")
    assert await engine.read(count("x")) == 1


async def test_processes_that_start_together_migrate_one_after_the_other(postgres_server):
    dsn = await postgres_server.new_database()
    found = await asyncio.gather(*(migrate_database(dsn) for _ in range(3)))
    newest = newest_revision()
    assert sorted(found, key=str) == sorted(
        [(None, newest), (newest, newest), (newest, newest)], key=str
    )


async def test_the_tables_are_those_of_this_version(dsn, engine):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from bot.ledger.tables import metadata

    def differences(connection):
        return compare_metadata(MigrationContext.configure(connection), metadata)

    assert await engine.read(differences) == []


async def test_a_newer_database_is_refused(dsn, engine):
    await engine.write(
        lambda connection: connection.execute(text("UPDATE alembic_version SET version_num='9999'"))
    )
    with pytest.raises(ConfigError, match="9999"):
        await migrate_database(dsn)
    assert "9999" in (await flaws_of(dsn))[0].message
    with pytest.raises(ConfigError, match="9999"):
        await look(dsn, count("x"))


async def test_an_empty_database_is_told_from_a_broken_address(postgres_server):
    dsn = await postgres_server.new_database()
    assert await flaws_of(dsn) == []
    assert "empty" in (await notes_of(dsn))[0]
    with pytest.raises(LedgerError, match="nightdesk migrate"):
        await look(dsn, count("x"))
    [flaw] = await flaws_of("postgresql://who:geheim@127.0.0.1:9/none")
    assert "geheim" not in str(flaw)


async def test_how_a_fleet_stands_counts_dead_letters_too(engine, dsn):
    lost = {"channel": "telegram", "account": "7", "reason": "not_json", "body": b"{", "size": 1}
    await engine.write(lambda c: c.execute(insert(quarantine).values(at=0.0, **lost)) and None)
    found = await standing_of_fleet(dsn, 60.0)
    assert found["dead_letters"] == {"turns": 0, "sends": 0, "unreadable": 1}
