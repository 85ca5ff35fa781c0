"""The facts of a turn: each source is asked once, in time, and the first that knows wins."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from bot.clock import SYSTEM
from bot.errors import FactsUnavailable
from bot.facts.looked_up import _Shared
from bot.facts.sender import Customer, customer_of, sender_of
from bot.facts.sources import FactSources, check_sources
from bot.model import ConversationKey, Fact, Facts, KnownFacts, Missing
from bot.model_settings import FactSource
from tests.handlers.conftest import make_turn


def entry(name: str, **facts: dict[str, object]) -> FactSource:
    return FactSource(name=name, kind="file", path=f"{name}.csv", key="id",
                      channels=("api", "telegram", "web"), facts=facts)  # fmt: skip


@dataclass
class Fake:
    """A source that answers after a while, or raises."""

    entry: FactSource
    values: Mapping[str, str]
    seconds: float = 0.0
    error: Exception | None = None
    asked: list[Customer] = field(default_factory=list)
    closed: bool = False

    async def read(self, customer: Customer, seconds: float) -> Mapping[str, str]:
        self.asked.append(customer)
        await asyncio.sleep(self.seconds)
        if self.error:
            raise self.error
        return self.values

    async def close(self) -> None:
        self.closed = True


def sources(*fakes: Fake, seconds: float = 1.0) -> FactSources:
    return FactSources(fakes, SYSTEM, seconds)


def facts_of(*fakes: Fake, told: dict[str, str] | None = None, seconds: float = 1.0, left=10.0):
    known = {n: Fact(n, "text", v, 0.0, "customer") for n, v in (told or {}).items()}
    now = SYSTEM.now()
    turn = make_turn("oi", facts=KnownFacts(known), now=now, deadline=now + left)
    return sources(*fakes, seconds=seconds).for_turn(turn)


async def test_nothing_is_read_before_somebody_asks_and_then_once():
    shop = Fake(entry("shop", a={}, b={}), {"a": "1", "b": "2"}, 0.02)
    facts: Facts = facts_of(shop)
    assert not facts.known
    found = await asyncio.gather(*(facts.get(n) for n in "abab"))
    assert [each.value for each in found] == ["1", "2", "1", "2"]
    assert await facts.get("b") == found[1]
    assert len(shop.asked) == 1


async def test_each_turn_reads_anew():
    shop = Fake(entry("shop", a={}), {"a": "1"})
    desk = sources(shop)
    turn = make_turn("oi", now=SYSTEM.now(), deadline=SYSTEM.now() + 9)
    await desk.for_turn(turn).get("a")
    await desk.for_turn(turn).get("a")
    assert len(shop.asked) == 2


async def test_the_first_source_that_knows_wins_whichever_was_read_first():
    one = Fake(entry("one", a={}), {"a": "first"})
    two = Fake(entry("two", a={}, b={}), {"a": "second", "b": "2"})
    facts = facts_of(one, two)
    assert (await facts.get("b")).value == "2"
    assert (await facts.get("a")).value == "first"
    assert facts.known["a"].source == "one"
    facts = facts_of(one, two)
    assert (await facts.get("a")).value == "first"
    assert (await facts.get("b")).value == "2"
    assert facts.known["a"].value == "first"
    none = Fake(entry("one", a={}), {})
    facts = facts_of(none, two)
    assert (await facts.get("a")).source == "two"


async def test_what_the_customer_told_gives_way_and_is_never_an_amount():
    told = {"a": "told", "due": "1000000", "city": "Recife"}
    declared = {"a": {}, "due": {"kind": "amount"}}
    facts = facts_of(Fake(entry("shop", **declared), {"a": "known"}), told=told)
    assert set(facts.known) == {"a", "city"}
    assert (await facts.get("a")).value == "known"
    assert facts.known["a"].source == "shop"
    assert (await facts.get("city")).value == "Recife"
    assert await facts.get("due") == Missing("due")
    silent = facts_of(Fake(entry("shop", **declared), {}), told=told)
    assert (await silent.get("a")).value == "told"


@pytest.mark.parametrize(
    ("error", "word"),
    [(FactsUnavailable("ambiguous"), "ambiguous"), (ValueError("secret 47.15"), "valueerror")],
)
async def test_a_source_that_fails_knows_nothing_and_is_not_asked_again(error, word, capsys):
    shop = Fake(entry("shop", a={}, b={}), {}, error=error)
    facts = facts_of(shop)
    assert await facts.get("a") == Missing("a")
    assert await facts.get("b") == Missing("b")
    assert len(shop.asked) == 1
    out = capsys.readouterr().out
    assert out.count("facts_unavailable") == 1
    assert f"error={word}" in out
    assert "source=shop" in out
    assert "secret" not in out


async def test_all_reads_of_a_turn_share_one_time():
    slow = [Fake(entry(f"s{n}", **{f"f{n}": {}}), {f"f{n}": "x"}, 30.0) for n in range(4)]
    quick = Fake(entry("q", f={}), {"f": "x"}, 0.01)
    facts = facts_of(*slow, quick, seconds=0.2)
    begun = time.monotonic()
    assert (await facts.get("f")).value == "x"
    await asyncio.sleep(0.25)  # time in which nothing is read does not count
    for n in range(4):
        assert await facts.get(f"f{n}") == Missing(f"f{n}")
    assert 0.4 < time.monotonic() - begun < 5
    assert [len(each.asked) for each in slow] == [1, 0, 0, 0]


async def test_reads_side_by_side_use_the_time_once():
    slow = [Fake(entry(f"s{n}", **{f"f{n}": {}}), {f"f{n}": "x"}, 0.1) for n in range(4)]
    facts = facts_of(*slow, seconds=0.3)
    found = await asyncio.gather(*(facts.get(f"f{n}") for n in range(4)))
    assert all(isinstance(each, Fact) for each in found)


def test_time_runs_from_the_first_of_them_to_the_last():
    shared = _Shared(10.0)
    shared.begin(0.0)
    shared.begin(4.0)
    assert shared.left(5.0) == 5.0
    shared.end(6.0)
    shared.end(7.0)
    assert shared.left(100.0) == 3.0


async def test_no_read_goes_beyond_the_turn():
    slow = Fake(entry("s", f={}), {"f": "x"}, 30.0)
    facts = facts_of(slow, seconds=30.0, left=0.1)
    begun = time.monotonic()
    assert await facts.get("f") == Missing("f")
    assert time.monotonic() - begun < 5


async def test_a_turn_that_is_cancelled_takes_nobody_with_it():
    slow = Fake(entry("s", f={}), {"f": "x"}, 0.1)
    facts = facts_of(slow)
    first, second = (asyncio.create_task(facts.get("f")) for _ in range(2))
    await asyncio.sleep(0.03)
    first.cancel()
    assert (await second).value == "x"
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_declared_names_carry_kind_and_all_labels():
    one = entry("one", a={"kind": "amount", "labels": {"pt": ["saldo"]}})
    two = entry("two", a={"kind": "amount", "labels": {"pt": ["conta"], "en": ["balance"]}})
    desk = sources(Fake(one, {}), Fake(two, {}))
    spec = desk.declared["a"]
    assert (spec.kind, spec.labels) == ("amount", {"pt": ("saldo", "conta"), "en": ("balance",)})
    await desk.close()
    assert all(fake.closed for fake in desk.sources)


def test_sources_that_contradict_each_other_are_flaws(tmp_path):
    for name in ("one", "two", "customer"):
        (tmp_path / f"{name}.csv").write_text("id,a,b,house\n")
    found = check_sources(
        [
            entry("one", a={"kind": "amount"}, b={"currency": "BRL"}),
            entry("two", a={}, house={}),
            entry("customer", b={}),
        ],
        tmp_path,
    )
    assert [flaw.where for flaw in found] == [
        "facts.one.facts.b",
        "facts.two.facts.a",
        "facts.two.facts.house",
        "facts.customer.name",
    ]


@pytest.mark.parametrize(
    ("identity", "sender"),
    [
        ("telegram:123", "123"),
        ("api:shop:c1", "c1"),
        ("api:shop:a:b", "a:b"),
        ("web:x9Z", "x9Z"),
        ("terminal:ana", "ana"),
        ("whatsapp:+5531999990000", "+5531999990000"),
        ("", ""),
    ],
)
def test_the_sender_is_what_the_platform_calls_the_person(identity, sender):
    assert sender_of(identity) == sender
    chat = ConversationKey("telegram", "7", "-100")
    turn = replace(make_turn("oi"), identity=identity, conversation=chat)
    assert customer_of(turn) == Customer("telegram", identity, sender)


# Whose numbers they are


def sql_entry(query="SELECT a FROM t WHERE id = :sender", **changes):
    return FactSource(**{"name": "shop", "kind": "sql", "path": "shop.db", "query": query,
                         "facts": {"a": {}}, **changes})  # fmt: skip


@pytest.mark.parametrize(
    ("channels", "identity", "known"),
    [
        (("telegram",), "telegram:123", True),
        (("telegram",), "api:crm:123", False),
        (("telegram",), "web:123", False),
        (("telegram",), "terminal:123", False),
        (("api",), "api:crm:123", True),
        (("api",), "telegram:123", False),
        (("api:crm",), "api:crm:123", True),
        (("api:crm",), "api:crm2:123", False),
        (("api:crm",), "api:shop:crm:123", False),
        (("api:crm", "telegram"), "telegram:123", True),
        ((), "api:crm:123", True),
    ],
)
async def test_the_same_number_on_another_channel_is_somebody_else(channels, identity, known):
    made = entry("shop", a={}).model_copy(update={"channels": channels})
    sources = FactSources((Fake(made, {"a": "1"}),), SYSTEM, 5.0)
    key = ConversationKey(identity.partition(":")[0], "crm", "123")
    turn = make_turn("oi", conversation=key, identity=identity, deadline=SYSTEM.now() + 60)
    assert isinstance(await sources.for_turn(turn).get("a"), Fact) == known


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (sql_entry(), "does not say on which channels"),
        (sql_entry("SELECT a FROM t WHERE id = :sender AND ':channel' > ''"), "on which channels"),
        (sql_entry(channels=["telegramm"]), "there is no channel 'telegramm'"),
        (entry("shop", a={}).model_copy(update={"channels": ()}), "on which channels"),
    ],
)
def test_a_source_of_bare_numbers_has_to_say_whose_they_are(made, message, tmp_path):
    assert any(message in flaw.message for flaw in check_sources([made], tmp_path))


@pytest.mark.parametrize(
    "made",
    [
        sql_entry(channels=["telegram", "api:crm"]),
        sql_entry(channels=["sms"]),
        sql_entry("SELECT a FROM t WHERE id = :identity"),
        sql_entry("SELECT a FROM t WHERE id = :sender AND channel = :channel"),
        entry("shop", a={}).model_copy(update={"channels": (), "match": "identity"}),
    ],
)
def test_one_that_tells_channels_apart_itself_has_not(made, tmp_path):
    assert not any("channel" in flaw.message for flaw in check_sources([made], tmp_path))
