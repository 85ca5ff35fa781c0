"""What every source of facts promises, proved once for files and for databases."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Clock
from bot.errors import ConfigError
from bot.facts.sources import FactSources, check_sources
from bot.model import Action, ConversationKey, Fact, KnownFacts, Missing
from bot.model_settings import FactEntry, FactSource
from tests.handlers.conftest import MONDAY_10, act, make_turn

FACTS = {
    "balance": FactEntry(kind="amount", currency="BRL", labels={"pt": ("saldo",)}),
    "order_no": FactEntry(kind="identifier", column="last_order"),
    "since": FactEntry(kind="date"),
    "tier": FactEntry(),
}
COLUMNS = ("telegram_id", "balance", "last_order", "since", "tier")
PEOPLE = [
    ("123", 47.15, "00481", "2026-03-01", "gold"),
    ("124", 12, "00482", None, "  "),
    ("99'; --", 5, "1", "2026-01-01", "odd"),
    ("telegram:123", 0.3, "7", "2026-02-02", "an identity that is no sender"),
    *((str(1000 + n), n, f"A-{n}", "2026-01-01", f"tier {n}") for n in range(50)),
]
CLOCK = Clock(now=lambda: MONDAY_10)


@dataclass(frozen=True)
class Kind:
    """How this kind of source is written by the business, and what config.yaml says of it."""

    file: str
    write: Callable[[Path, list[tuple[Any, ...]]], None]
    entry: dict[str, Any]


def write_csv(path: Path, people: list[tuple[Any, ...]]) -> None:
    def cell(value: object) -> str:
        return "" if value is None else '"' + str(value).replace('"', '""') + '"'

    lines = [";".join(COLUMNS), *(";".join(map(cell, person)) for person in people)]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())


def write_yaml(path: Path, people: list[tuple[Any, ...]]) -> None:
    path.write_text(json.dumps([dict(zip(COLUMNS, person, strict=True)) for person in people]))


def write_keyed(path: Path, people: list[tuple[Any, ...]]) -> None:
    path.write_text(json.dumps({p[0]: dict(zip(COLUMNS[1:], p[1:], strict=True)) for p in people}))


def write_database(path: Path, people: list[tuple[Any, ...]]) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with sqlite3.connect(fresh) as connection:
        connection.execute(
            "CREATE TABLE people"
            " (telegram_id TEXT, balance REAL, last_order TEXT, since TEXT, tier TEXT)"
        )
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?)", people)
    connection.close()
    fresh.replace(path)


def of_file(name: str) -> dict[str, Any]:
    return {"kind": "file", "path": name, "key": "telegram_id"}


QUERY = "SELECT balance, last_order, since, tier FROM people WHERE telegram_id = :sender"
KINDS = {
    "csv": Kind("people.csv", write_csv, of_file("people.csv")),
    "yaml": Kind("people.yaml", write_yaml, of_file("people.yaml")),
    "yaml by key": Kind("keyed.yml", write_keyed, of_file("keyed.yml")),
    "sql": Kind("shop.db", write_database, {"kind": "sql", "path": "shop.db", "query": QUERY}),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Kind:
    found = KINDS[request.param]
    found.write(tmp_path / found.file, PEOPLE)
    return found


@pytest.fixture
def entry(kind: Kind) -> FactSource:
    return FactSource(name="shop", facts=FACTS, channels=("telegram",), **kind.entry)


@pytest.fixture
async def sources(entry: FactSource, tmp_path: Path):
    opened = FactSources.opened([entry], tmp_path, CLOCK)
    yield opened
    await opened.close()


def turn_of(sender: str, **changes: Any):
    chat = ConversationKey("telegram", "7", sender)
    return make_turn("oi", conversation=chat, identity=f"telegram:{sender}", **changes)


async def test_what_is_known_is_told_with_kind_currency_source_and_age(sources):
    facts = sources.for_turn(turn_of("123"))
    assert await facts.get("balance") == Fact(
        "balance", "amount", "47.15", MONDAY_10, "shop", "BRL"
    )
    assert await facts.get("order_no") == Fact("order_no", "identifier", "00481", MONDAY_10, "shop")
    assert await facts.get("since") == Fact("since", "date", "2026-03-01", MONDAY_10, "shop")
    assert await facts.get("tier") == Fact("tier", "text", "gold", MONDAY_10, "shop")
    assert set(facts.known) == set(FACTS)


async def test_what_nobody_declared_is_missing(sources):
    assert await sources.for_turn(turn_of("123")).get("last_order") == Missing("last_order")


async def test_empty_blank_and_null_are_missing(sources):
    facts = sources.for_turn(turn_of("124"))
    assert await facts.get("since") == Missing("since")
    assert await facts.get("tier") == Missing("tier")
    assert set(facts.known) == {"balance", "order_no"}
    assert facts.known["balance"].value == "12"


@pytest.mark.parametrize(
    "sender",
    ["", "9999999", "123 OR 1=1", "' OR ''='", "123'--", "12%", "1_3", "%", "*", ":sender", "\x00",
     "123\n", "\ud800", "telegram_id", "balance", "١٢٣", "123" * 500],
)  # fmt: skip
async def test_nobody_gets_facts_of_anybody_else(sources, sender):
    """Whatever a platform or a program calls a person, it is compared and never executed."""
    facts = sources.for_turn(turn_of(sender))
    for name in FACTS:
        found = await facts.get(name)
        # "123\n" may count as 123, if a source trims what it compares.
        assert found == Missing(name) or sender.strip() == "123"


async def test_a_sender_full_of_signs_finds_its_own_row(sources):
    facts = sources.for_turn(turn_of("99'; --"))
    assert (await facts.get("tier")).value == "odd"


async def test_fifty_at_once_get_each_their_own(sources):
    async def one(number: int) -> None:
        facts = sources.for_turn(turn_of(str(1000 + number)))
        found = await asyncio.gather(*(facts.get(name) for name in FACTS))
        assert [fact.value for fact in found] == [
            str(number),
            f"A-{number}",
            "2026-01-01",
            f"tier {number}",
        ]

    await asyncio.gather(*(one(number) for number in range(50)))


async def test_in_a_group_and_for_staff_nothing_is_looked_up(sources):
    told = KnownFacts({"x": Fact("x", "text", "1", 0.0, "customer")})
    facts = sources.for_turn(turn_of("123", public=True, facts=told))
    assert await facts.get("balance") == Missing("balance")
    assert await facts.get("x") == Missing("x")
    assert set(facts.declared) == set(FACTS)
    staff = replace(turn_of("123"), act=act(Action.REPLY, "oi"), messages=())
    assert await sources.for_turn(staff).get("balance") == Missing("balance")


async def test_a_new_version_counts_from_the_next_turn_on(entry, kind, tmp_path):
    now = MONDAY_10
    sources = FactSources.opened([entry], tmp_path, Clock(now=lambda: now))
    assert (await sources.for_turn(turn_of("123")).get("tier")).value == "gold"
    kind.write(tmp_path / kind.file, [("123", 1000000, "1", "2026-05-05", "platinum")])
    now += 1.0
    facts = sources.for_turn(turn_of("123"))
    assert (await facts.get("tier")).value == "platinum"
    assert (await facts.get("balance")).value == "1000000"
    assert await sources.for_turn(turn_of("124")).get("tier") == Missing("tier")
    await sources.close()


async def test_a_turn_that_is_over_reads_nothing(sources):
    facts = sources.for_turn(turn_of("123", deadline=MONDAY_10))
    assert await facts.get("balance") == Missing("balance")


async def test_closing_ends_everything_and_later_reads_do_not_raise(sources):
    facts = sources.for_turn(turn_of("123"))
    await sources.close()
    found = await facts.get("tier")
    assert found == Missing("tier") or found.value == "gold"  # a file is held in memory


async def test_values_and_senders_are_never_logged(entry, tmp_path, kind, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    sources = FactSources.opened([entry], tmp_path, CLOCK)
    await sources.for_turn(turn_of("123")).get("balance")
    (tmp_path / kind.file).unlink()
    await sources.for_turn(turn_of("123")).get("balance")
    await sources.close()
    out = caplog.text + "".join(capsys.readouterr())
    assert not any(secret in out for secret in ("47.15", "gold", "00481", "telegram:123"))


@pytest.mark.parametrize("declared", ["balanse", "tiers"])
def test_a_column_that_is_not_there_is_named_with_a_suggestion(entry, tmp_path, declared):
    wrong = entry.model_copy(update={"facts": {"x": FactEntry(column=declared)}})
    (flaw,) = check_sources([wrong], tmp_path)
    assert f"column '{declared}'" in flaw.message
    assert flaw.advice in ("did you mean 'balance'?", "did you mean 'tier'?")
    with pytest.raises(ConfigError):
        FactSources.opened([wrong], tmp_path)


def test_a_missing_file_is_a_flaw_at_the_start(entry, kind, tmp_path):
    (tmp_path / kind.file).unlink()
    (flaw,) = check_sources([entry], tmp_path)
    assert flaw.where == f"facts.{entry.name}.path"  # becomes the line in config.yaml
    assert kind.file in f"{flaw.message} {flaw.excerpt}"
    assert "relative to config.yaml" in flaw.advice


def test_a_folder_or_rubbish_in_its_place_is_a_flaw(entry, kind, tmp_path):
    path = tmp_path / kind.file
    path.write_bytes(b"\x00\xff\xfe rubbish \x80" * 100)
    assert check_sources([entry], tmp_path)
    path.unlink()
    path.mkdir()
    assert check_sources([entry], tmp_path)
