"""Models that load beside a running desk, late, badly or never."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.clock import Clock
from bot.intake.line import TURNS_AT_ONCE
from bot.model_settings import Budget
from bot.providers import room as room_room
from bot.providers.call import MOST_CONNECTIONS
from bot.providers.loading import Sources
from bot.providers.prices import price_list
from bot.providers.room import ModelRoom
from bot.providers.tariff import Tariff
from tests.providers.fakes import QUESTION, FakeModel, FakePurse, access, never

A, B = access("a"), access("b", kind="anthropic")


def fast():
    return lambda access: FakeModel(access.name, [f"from {access.name}"])


class Slow:
    """An SDK whose import takes until it is allowed to end."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.threads: list[threading.Thread] = []

    def __call__(self):
        self.threads.append(threading.current_thread())
        self.may_end.wait(5)
        return fast()


def missing():
    raise ImportError("canary: no such package")


def room_of(*accesses, openai=fast, anthropic=fast, prices=None, budget=None, purse=None):
    def unlisted():
        raise AssertionError("nobody needs the list")

    sources = Sources({"openai": openai, "anthropic": anthropic}, prices or unlisted)
    cap, counted = budget or Budget(), purse or FakePurse()
    return ModelRoom(accesses, cap, 8.0, counted, Clock(), lambda at: "day", sources)


async def ask(room, seconds=8.0, **kwargs):
    return await room.ask(QUESTION, deadline=time.time() + seconds, calls=3, **kwargs)


def results(reply):
    return [(each.model, each.result, each.called) for each in reply.attempts]


@pytest.fixture
async def opened():
    """Opens rooms and closes them in the end."""
    rooms = []

    def open_(room):
        room.open()
        rooms.append(room)
        return room

    yield open_
    for room in rooms:
        await room.close()


async def test_what_is_loaded_answers_and_is_closed_in_the_end():
    room = room_of(A, B)
    assert room.names == ("a", "b")
    room.open()
    reply = await ask(room)
    assert reply.completion is not None
    assert reply.completion.text == "from a"
    await room._loading
    assert [each["state"] for each in room.health().values()] == ["closed", "closed"]
    providers = [member.provider for member in room._members]
    await room.close()
    assert all(provider.closed for provider in providers)


async def test_a_model_that_loads_is_waited_for_and_never_loaded_on_the_loop(opened):
    slow = Slow()
    room = opened(room_of(A, openai=slow))
    asked = asyncio.create_task(ask(room))
    await asyncio.sleep(0.05)
    assert not asked.done()
    slow.may_end.set()
    assert (await asked).completion is not None
    assert threading.main_thread() not in slow.threads


async def test_it_is_waited_for_a_quarter_of_the_time_at_the_most(opened):
    slow = Slow()
    room = opened(room_of(A, B, openai=slow, anthropic=slow))
    begun = time.monotonic()
    reply = await ask(room, seconds=4.0)
    assert 0.9 < time.monotonic() - begun < 3.0
    assert results(reply) == [("a", "not_loaded", False), ("b", "not_loaded", False)]
    assert room.health()["a"]["state"] == "loading"
    slow.may_end.set()


async def test_while_the_second_loads_the_first_answers(opened):
    slow = Slow()
    room = opened(room_of(A, B, anthropic=slow))
    begun = time.monotonic()
    assert (await ask(room)).completion is not None
    assert time.monotonic() - begun < 5
    slow.may_end.set()


def broken_build():
    def build(access):
        raise ValueError("canary")

    return build


@pytest.mark.parametrize("openai", [missing, broken_build])
async def test_an_sdk_that_fails_is_said_and_passed_over(opened, openai):
    with capture_logs() as logs:
        room = opened(room_of(A, B, openai=openai))
        reply = await ask(room)
        await asyncio.sleep(0.05)
    assert results(reply) == [("a", "not_loaded", False), ("b", "answered", True)]
    assert room.names == ("a", "b")
    states = {name: each["state"] for name, each in room.health().items()}
    assert states == {"a": "not_loaded", "b": "closed"}
    said = [each for each in logs if each["event"] == "model_not_loaded"]
    assert [(each["model"], each["log_level"]) for each in said] == [("a", "error")]
    assert said[0]["error"] in ("ImportError", "ValueError")
    assert "canary" not in str(logs)


async def test_who_may_not_be_called_is_not_waited_for(opened):
    slow = Slow()
    room = opened(room_of(A, openai=slow))
    begun = time.monotonic()
    reply = await room.ask(QUESTION, deadline=time.time() + 8, calls=0)
    assert time.monotonic() - begun < 5
    assert results(reply) == [("a", "no_calls", False)]
    slow.may_end.set()


async def test_what_failed_to_load_is_waited_for_no_more(opened):
    room = opened(room_of(A, openai=missing))
    await ask(room)
    begun = time.monotonic()
    await ask(room)
    assert time.monotonic() - begun < 5


async def test_only_the_sdks_of_configured_models_are_loaded(opened):
    def unwanted():
        raise AssertionError

    room = opened(room_of(A, anthropic=unwanted))
    assert (await ask(room)).completion is not None


async def test_the_list_is_loaded_first_and_only_when_a_model_needs_it(opened):
    loaded = []

    def prices():
        loaded.append("list")
        return price_list()

    def sdk():
        loaded.append("sdk")
        return fast()

    opened(room_of(A, openai=sdk, prices=prices))
    listed = opened(room_of(replace(A, price=None, model="gpt-6-luna"), openai=sdk, prices=prices))
    await listed._loading  # the list takes its time
    reply = await ask(listed)
    assert loaded.count("list") == 1
    assert loaded.index("list") < len(loaded) - 1
    assert reply.attempts[0].cost == 60 * 100 + 40 * 10 + 20 * 500


async def test_the_list_is_read_for_the_first_time_beside_the_loop_too(opened):
    """Its data is a large file: the first look takes longer than the import."""
    threads = []

    def listed(kind, model, day) -> Tariff:
        threads.append(threading.current_thread())
        raise LookupError

    room = opened(room_of(replace(A, price=None), prices=lambda: listed))
    await ask(room)
    assert threads
    assert threading.main_thread() not in threads


async def test_without_the_list_a_model_answers_at_an_unknown_price(opened):
    def broken():
        raise ImportError("genai_prices")

    with capture_logs() as logs:
        room = opened(room_of(replace(A, price=None), prices=broken))
        reply = await ask(room)
        await asyncio.sleep(0.05)
    assert reply.completion is not None
    assert reply.attempts[0].cost is None
    assert [each["event"] for each in logs if each["log_level"] != "info"] == [
        "price_list_not_loaded",
        "model_price_unknown",
    ]


@pytest.mark.parametrize(
    ("budget", "refused"),
    [
        (Budget(), False),
        (Budget(usd_per_day=1.0), True),
        (Budget(usd_per_day=1.0, unpriced="allow"), False),
    ],
)
async def test_a_model_that_will_never_be_asked_for_want_of_a_price_is_said(
    opened, budget, refused
):
    def unknown(kind, model, day) -> Tariff:
        raise LookupError

    with capture_logs() as logs:
        room = opened(room_of(replace(A, price=None), prices=lambda: unknown, budget=budget))
        await ask(room)
        await asyncio.sleep(0.05)
    said = [each for each in logs if each["event"] == "model_price_unknown"]
    assert [(each["model"], each["refused"]) for each in said] == [("a", refused)]


async def test_a_stop_while_it_loads_is_quiet():
    slow = Slow()
    room = room_of(A, openai=slow)
    room.open()
    await asyncio.sleep(0.02)
    begun = time.monotonic()
    await room.close()
    assert time.monotonic() - begun < 5
    slow.may_end.set()


def hanging():
    return lambda access: FakeModel(access.name, [never])


async def test_where_too_many_ask_at_once_the_next_step_answers_in_time(opened, monkeypatch):
    monkeypatch.setattr(room_room, "QUESTIONS_AT_ONCE", 2)
    room = opened(room_of(A, openai=hanging))
    await room._loading
    asking = [asyncio.create_task(ask(room, seconds=3.0)) for _ in range(2)]
    await asyncio.sleep(0.05)
    begun = time.monotonic()
    assert results(await ask(room, seconds=3.0)) == [("a", "too_many", False)]
    assert 1.4 < time.monotonic() - begun < 2.7
    assert [results(await each)[0] for each in asking] == [("a", "timeout", True)] * 2
    room._members[0].provider = FakeModel("a", ["at last"])
    assert (await ask(room)).completion is not None


async def test_who_stops_waiting_for_a_place_takes_none(opened, monkeypatch):
    monkeypatch.setattr(room_room, "QUESTIONS_AT_ONCE", 1)
    room = opened(room_of(A, openai=hanging))
    await room._loading
    first, second = (asyncio.create_task(ask(room)) for _ in range(2))
    await asyncio.sleep(0.05)
    for each in (second, first):
        each.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    room._members[0].provider = FakeModel("a", ["at last"])
    assert (await ask(room)).completion is not None


def test_turns_that_wait_for_models_leave_room_for_all_others():
    assert room_room.QUESTIONS_AT_ONCE < MOST_CONNECTIONS  # nobody waits for a connection
    assert room_room.QUESTIONS_AT_ONCE * 3 < TURNS_AT_ONCE


async def test_a_room_that_was_never_opened_can_be_asked_and_closed():
    room = room_of(A)
    assert results(await ask(room, seconds=0.4)) == [("a", "not_loaded", False)]
    await room.close()


async def test_a_stop_waits_until_the_last_call_is_counted():
    purse = FakePurse(seconds=0.05)
    room = room_of(A, budget=Budget(usd_per_day=1.0), purse=purse)
    room.open()
    reply = await ask(room)
    assert purse.held["day"] > reply.attempts[0].cost
    await room.close()
    assert purse.held["day"] == reply.attempts[0].cost


async def test_without_models_there_is_nothing_to_load(opened):
    room = opened(room_of())
    assert room.names == ()
    assert (await ask(room)).attempts == ()
    assert room.health() == {}


async def test_one_that_does_not_close_holds_nobody(monkeypatch):
    class Stubborn(FakeModel):
        async def close(self) -> None:
            await asyncio.Event().wait()

    class Rude(FakeModel):
        async def close(self) -> None:
            raise RuntimeError

    monkeypatch.setattr("bot.providers.room.CLOSE_SECONDS", 0.05)
    kinds = {"a": Stubborn, "b": Rude, "c": FakeModel}
    room = room_of(
        *(access(name) for name in "abc"),
        openai=lambda: lambda access: kinds[access.name](access.name, ["x"]),
    )
    room.open()
    await room._loading
    begun = time.monotonic()
    await room.close()
    assert time.monotonic() - begun < 5
    assert room._members[2].provider.closed
