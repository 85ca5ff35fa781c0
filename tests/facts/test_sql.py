"""A business's database is read, never written; a slow query ends; a wrong one stops the start."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import FactsUnavailable
from bot.facts import sql
from bot.facts.sender import Customer
from bot.facts.sql import SqlSource, flaws_of
from bot.model_settings import FactSource

ANA = Customer("telegram", "telegram:1", "1")
GOOD = "SELECT name FROM people WHERE id = :sender"
ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    " SELECT max(i) AS name FROM n WHERE i > :sender"
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "my shop?#%.db"  # a name that would end the path of a careless URI
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE people (id INTEGER, name TEXT, note BLOB);"
            "INSERT INTO people VALUES (1, 'Ana', x'00ff'), (2, 'Bia', NULL), (2, 'Bea', NULL);"
            "CREATE VIEW seen AS SELECT id, name FROM people;"
        )
    return path


def entry(shop: Path, query: str = GOOD, **facts: object) -> FactSource:
    return FactSource(
        name="shop", kind="sql", path=shop.name, query=query, facts=facts or {"name": {}}
    )


async def read(shop: Path, query: str = GOOD, customer: Customer = ANA, seconds: float = 5.0):
    source = SqlSource(entry(shop, query), shop)
    try:
        return await source.read(customer, seconds)
    finally:
        await source.close()


@pytest.mark.parametrize(
    ("query", "message", "advice"),
    [
        ("SELECT nam FROM people WHERE id = :sender", "no such column: nam", "shell"),
        ("SELECT name FROM persons WHERE id = :sender", "no such table: persons", "shell"),
        ("SELEC name FROM people WHERE id = :sender", "syntax error", "shell"),
        ("SELECT name AS nome FROM people WHERE id = :sender", "no column 'name'", "'nome'"),
        ("SELECT a.name, b.name FROM people a, people b WHERE a.id = :sender", "two columns", "AS"),
        ("SELECT name FROM people WHERE id = :sendr", "':sendr' does not exist", "':sender'"),
        ("SELECT name FROM people WHERE id = ?", "'?' does not exist", ":sender"),
        ("SELECT name FROM people WHERE id = $customer", "does not exist", "known are"),
        ("SELECT name FROM people", "asks for nobody", ":sender"),
        ("SELECT name FROM people WHERE 'x' = ':sender' -- :sender", "for nobody", ":identity"),
        ("SELECT name FROM people WHERE :channel = 'web'", "asks for nobody", ":sender"),
        ("SELECT 1 WHERE 1 = :sender; SELECT 2", "more than one statement", "single SELECT"),
        ("DELETE FROM people WHERE id = :sender", "more than read", "single SELECT"),
        ("UPDATE people SET name = :sender RETURNING name", "more than read", "single SELECT"),
        ("INSERT INTO people VALUES (:sender, 1, 2)", "more than read", "single SELECT"),
        ("ATTACH :sender AS other", "more than read", "single SELECT"),
        ("PRAGMA table_info(:sender)", "cannot be run", ""),
        ("SELECT name FROM pragma_table_list WHERE name = :sender", "more than read", "single"),
        ("SELECT load_extension(:sender) AS name", "more than read", "single SELECT"),
        ("QUERY PLAN SELECT name FROM people WHERE id = :sender", "cannot be run", ""),
        ("", "asks for nobody", ""),
    ],
)  # fmt: skip
def test_a_query_that_would_never_work_is_a_flaw_in_plain_words(shop, query, message, advice):
    wrong = FactSource.model_construct(**{**dict(entry(shop)), "query": query})
    (flaw,) = flaws_of(wrong, shop.parent)
    assert flaw.where == "facts.shop.query"
    assert message in flaw.message
    assert advice in flaw.advice


@pytest.mark.parametrize(
    "query",
    [
        f"{GOOD};",
        f"{GOOD} -- the shop's; own",
        f"{GOOD}; /* done; */",
        "SELECT NAME FROM seen WHERE id = :sender",
        "WITH p AS (SELECT * FROM people) SELECT upper(name) AS name FROM p WHERE id = @sender",
        "SELECT name FROM people WHERE 'telegram:' || id = :identity AND :channel = 'telegram'",
        "SELECT name FROM people WHERE id = :sender AND note IS NOT ':nobody' ORDER BY id LIMIT 1",
    ],
)
async def test_any_reading_will_do(shop, query):
    assert flaws_of(entry(shop, query), shop.parent) == []
    found = await read(shop, query)
    assert found["name"].lower() == "ana"


async def test_a_column_is_the_same_whatever_its_case(shop):
    source = SqlSource(entry(shop, GOOD, nickname={"column": "NAME"}), shop)
    assert flaws_of(source.entry, shop.parent) == []
    assert await source.read(ANA, 5.0) == {"nickname": "Ana"}
    await source.close()


async def test_whatever_passes_the_check_the_database_cannot_be_written(shop):
    """The three bolts, each by itself: file, pragma, authorizer."""
    before = hashlib.sha256(shop.read_bytes()).digest()
    for wild in ("DELETE FROM people", "PRAGMA query_only = 0", "ATTACH ':memory:' AS x",
                 "CREATE TEMP TABLE t (x)", "BEGIN", "VACUUM"):  # fmt: skip
        with pytest.raises(FactsUnavailable):
            await read(shop, wild)
    with closing(sql._opened(shop)) as connection:
        connection.set_authorizer(None)
        assert connection.execute("PRAGMA query_only").fetchone() == (1,)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute("DELETE FROM people")
        connection.execute("PRAGMA query_only = 0")
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute("DELETE FROM people")
        assert connection.execute("PRAGMA trusted_schema").fetchone() == (0,)
    assert hashlib.sha256(shop.read_bytes()).digest() == before
    assert [path.name for path in shop.parent.iterdir()] == [shop.name]


async def test_a_second_row_makes_it_ambiguous_and_no_row_is_nothing(shop):
    with pytest.raises(FactsUnavailable) as caught:
        await read(shop, customer=Customer("telegram", "telegram:2", "2"))
    assert caught.value.kind == "ambiguous"
    assert await read(shop, customer=Customer("telegram", "telegram:3", "3")) == {}


async def test_an_endless_query_ends_at_its_deadline_and_its_thread_is_free_again(shop):
    source = SqlSource(entry(shop, ENDLESS), shop)
    for _ in range(2):
        begun = time.monotonic()
        with pytest.raises(FactsUnavailable) as caught:
            await asyncio.gather(*(source.read(ANA, 0.1) for _ in range(8)))
        assert caught.value.kind == "timeout"
        assert time.monotonic() - begun < 10
    await source.close()
    assert not any(t.name.startswith("facts-shop") for t in threading.enumerate())


async def test_an_endless_query_ends_when_whoever_asked_is_gone(shop):
    source = SqlSource(entry(shop, ENDLESS), shop)
    asking = asyncio.create_task(source.read(ANA, 30.0))
    await asyncio.sleep(0.1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    begun = time.monotonic()
    await source.close()  # waits for the thread
    assert time.monotonic() - begun < 10


async def test_closing_ends_what_runs_and_what_waits_without_cancelling_anybody(shop):
    source = SqlSource(entry(shop, ENDLESS), shop)
    asking = [asyncio.create_task(source.read(ANA, 30.0)) for _ in range(3 * sql.THREADS)]
    await asyncio.sleep(0.1)
    await source.close()
    found = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(each) for each in found] == [FactsUnavailable] * len(asking)
    with pytest.raises(FactsUnavailable) as caught:
        await source.read(ANA, 1.0)
    assert caught.value.kind == "closed"


async def test_somebody_writing_is_waited_for_but_not_beyond_the_deadline(shop):
    writer = sqlite3.connect(shop, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN EXCLUSIVE")
    begun = time.monotonic()
    with pytest.raises(FactsUnavailable) as caught:
        await read(shop, seconds=0.3)
    assert caught.value.kind == "timeout"
    assert 0.25 < time.monotonic() - begun < 10
    asyncio.get_running_loop().call_later(0.1, writer.rollback)
    assert await read(shop) == {"name": "Ana"}
    writer.close()


async def test_reading_never_holds_up_the_business(shop):
    source = SqlSource(entry(shop), shop)
    await source.read(ANA, 1.0)
    with closing(sqlite3.connect(shop, timeout=0, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("UPDATE people SET name = 'Ann' WHERE id = 1")
        writer.execute("COMMIT")
    assert await source.read(ANA, 1.0) == {"name": "Ann"}
    await source.close()


async def test_a_database_that_goes_and_comes_back_is_missed_only_meanwhile(shop):
    source = SqlSource(entry(shop), shop)
    aside = shop.with_suffix(".aside")
    shop.rename(aside)
    with pytest.raises(FactsUnavailable) as caught:
        await source.read(ANA, 1.0)
    assert caught.value.kind == "gone"
    aside.rename(shop)
    assert await source.read(ANA, 1.0) == {"name": "Ana"}
    shop.unlink()
    with closing(sqlite3.connect(shop)) as connection:
        connection.execute("CREATE TABLE people (id)")
    with pytest.raises(FactsUnavailable) as caught:
        await source.read(ANA, 1.0)
    assert caught.value.kind == "sqlite_error"
    await source.close()


async def test_what_is_no_value_of_its_kind_is_not_known_and_the_rest_is(shop):
    query = "SELECT name, note, 'R$ 5' AS due, 0.1 + 0.2 AS sum FROM people WHERE id = :sender"
    facts = {"name": {}, "note": {}, "due": {"kind": "amount"}, "sum": {"kind": "amount"}}
    source = SqlSource(entry(shop, query, **facts), shop)
    assert await source.read(ANA, 1.0) == {"name": "Ana", "sum": "0.3"}
    await source.close()


def test_a_database_that_is_being_written_at_the_start_is_waited_for(shop):
    writer = sqlite3.connect(shop, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN EXCLUSIVE")
    ending = threading.Timer(0.3, lambda: writer.execute("COMMIT"))
    ending.start()
    assert flaws_of(entry(shop), shop.parent) == []
    ending.join()
    writer.close()


def test_one_that_stays_locked_is_said_to_be(shop, monkeypatch):
    monkeypatch.setattr("bot.facts.sql.CHECK_SECONDS", 0.2)
    with closing(sqlite3.connect(shop, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        (flaw,) = flaws_of(entry(shop), shop.parent)
    assert "somebody is writing" in flaw.message
