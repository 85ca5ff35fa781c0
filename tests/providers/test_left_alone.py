"""Models that fail are left alone, somebody hears of it once, and they come back by themselves."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from bot.errors import ProviderBroken, ProviderRefused, ProviderUnavailable
from bot.providers.breaker import State
from tests.providers.fakes import (
    DOWN,
    HICCUP,
    FakeModel,
    Rig,
    after,
    hang,
    never,
    now,
    results,
)
from tests.virtual_time import in_virtual_time


@in_virtual_time
async def test_after_three_failures_it_is_left_alone_and_then_tried_once():
    a, b = FakeModel("a", [DOWN]), FakeModel("b", ["hi"])
    rig = Rig(a, b)
    for _ in range(5):
        reply = await rig.ask()
    assert a.calls == 3
    assert results(reply) == [("a", "breaker_open", False), ("b", "answered", True)]
    assert b.seconds[-1] == 8.0
    await asyncio.sleep(5)
    await rig.ask()
    assert a.calls == 4


@in_virtual_time
async def test_a_broken_account_is_left_alone_at_once_and_is_well_again_within_ten_seconds():
    a, b = FakeModel("a", [ProviderBroken("quota")]), FakeModel("b", ["hi"])
    rig = Rig(a, b)
    await rig.ask()
    await rig.ask()
    assert a.calls == 1
    await asyncio.sleep(5.1)
    await rig.ask()
    assert a.calls == 2
    a.plays = ["olá"]
    healed = now()
    while (await rig.ask()).completion.model != "a":
        await asyncio.sleep(0.1)
    assert now() - healed <= 10


@in_virtual_time
async def test_a_model_that_hung_is_asked_again_within_ten_seconds_of_being_well():
    """The worst case: it is well again just after the one try began, which hangs to its end."""
    a = FakeModel("a", [hang])
    rig = Rig(a)
    for _ in range(3):
        await rig.ask()
    await asyncio.sleep(5)
    hanging = asyncio.create_task(rig.ask())
    await asyncio.sleep(0.01)
    healed = now()
    a.plays = ["olá"]
    await hanging
    while (await rig.ask()).completion is None:
        await asyncio.sleep(0.1)
    assert now() - healed <= 10


@in_virtual_time
async def test_a_hundred_at_once_make_one_try():
    a, b = FakeModel("a", [DOWN]), FakeModel("b", [after(0.01, "hi")])
    rig = Rig(a, b)
    for _ in range(3):
        await rig.ask()
    await asyncio.sleep(5)
    a.plays = [after(1, "olá")]
    replies = await asyncio.gather(*(rig.ask() for _ in range(100)))
    assert a.calls == 3 + 1
    assert sum(reply.completion.model == "a" for reply in replies) == 1
    assert sum(reply.attempts[0].result == "breaker_open" for reply in replies) == 99
    assert rig.breaker("a").state is State.CLOSED


@in_virtual_time
async def test_a_cancelled_try_frees_its_place():
    a = FakeModel("a", [DOWN])
    rig = Rig(a)
    for _ in range(3):
        await rig.ask()
    await asyncio.sleep(5)
    a.plays = [hang]
    trying = asyncio.create_task(rig.ask())
    await asyncio.sleep(1)
    assert rig.breaker("a").state is State.HALF_OPEN
    trying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trying
    a.plays = ["olá"]
    assert (await rig.ask()).completion is not None


@in_virtual_time
async def test_a_failed_try_is_not_tried_again_in_the_same_turn():
    a = FakeModel("a", [HICCUP])
    rig = Rig(a)
    for _ in range(2):
        await rig.ask()
    assert a.calls == 3, "the third failure has opened it, so there was no fourth"
    await asyncio.sleep(5)
    before = now()
    reply = await rig.ask()
    assert a.calls == 4
    assert results(reply) == [("a", "server_error", True)]
    assert now() == before, "it was not waited for either"


@pytest.mark.parametrize(
    ("error", "enough"),
    [
        (ProviderUnavailable("timeout"), 3),
        (ProviderUnavailable("a kind of tomorrow"), 3),
        (ProviderUnavailable("garbled"), 5),
        (ProviderRefused("empty"), 5),
        (ProviderRefused("a kind of tomorrow"), 5),
        (ProviderBroken("a kind of tomorrow"), 1),
    ],
    ids=repr,
)
@in_virtual_time
async def test_each_kind_of_failure_has_its_own_patience(error, enough):
    a = FakeModel("a", [error])
    rig = Rig(a)
    for _ in range(9):
        await rig.ask()
    assert a.calls == enough


@pytest.mark.parametrize("kind", ["bad_request", "context_too_long"])
@in_virtual_time
async def test_a_question_at_fault_never_leaves_a_model_alone(kind):
    a = FakeModel("a", [ProviderRefused(kind)])
    rig = Rig(a)
    for _ in range(9):
        await rig.ask()
    assert a.calls == 9


@in_virtual_time
async def test_a_cancelled_turn_ends_at_once_and_leaves_nothing_running():
    rig = Rig(FakeModel("a", [never]), FakeModel("b", ["hi"]))
    asked = asyncio.create_task(rig.ask())
    await asyncio.sleep(1)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert now() == pytest.approx(1.0)


# What is said about it


@in_virtual_time
async def test_somebody_is_called_once_and_told_when_it_is_over():
    broken = ProviderBroken("auth", request_id="req_1\n\x1b[31m" + "x" * 900)
    a, b = FakeModel("a", [broken]), FakeModel("b", ["hi"])
    rig = Rig(a, b)
    with capture_logs() as logs:
        for _ in range(60):
            await rig.ask()
            await asyncio.sleep(1)
        a.plays = ["olá"]
        await asyncio.sleep(6)
        await rig.ask()
    alerts = [each for each in logs if each["log_level"] == "error"]
    assert alerts == [
        {
            "event": "model_broken",
            "model": "a",
            "kind": "auth",
            "request_id": "req_1[31m" + "x" * 89,
            "log_level": "error",
        }
    ]
    recovered = [each for each in logs if each["event"] == "model_recovered"]
    assert recovered == [{"event": "model_recovered", "model": "a", "log_level": "info"}]


@in_virtual_time
async def test_an_outage_is_one_alert_until_it_turns_out_to_be_the_account():
    a = FakeModel("a", [DOWN])
    rig = Rig(a)
    with capture_logs() as logs:
        for each in [DOWN] * 20 + [ProviderBroken("quota")] * 20:
            a.plays = [each]
            await rig.ask()
            await asyncio.sleep(2)
    alerts = [(each["event"], each["kind"]) for each in logs if each["log_level"] == "error"]
    assert alerts == [("model_opened", "overloaded"), ("model_broken", "quota")]


@in_virtual_time
async def test_neither_question_nor_answer_nor_key_is_in_a_log():
    rig = Rig(
        FakeModel("a", [RuntimeError("canary-error")]), FakeModel("b", [HICCUP, "canary-answer"])
    )
    with capture_logs() as logs:
        await rig.ask()
    assert logs
    assert "canary" not in str(logs)
    assert "olá" not in str(logs)


@in_virtual_time
async def test_health_is_numbers_and_stable_words():
    a = FakeModel("a", [DOWN, "olá", DOWN])
    rig = Rig(a)
    member = rig.members[0]
    assert member.health(now())["last_success_age"] is None
    await asyncio.sleep(3)
    await rig.ask()
    await rig.ask()
    await asyncio.sleep(7)
    for _ in range(3):
        await rig.ask()
    assert member.health(now()) == {
        "state": "open",
        "calls": 5,
        "failures": 4,
        "last_error": "overloaded",
        "last_success_age": 7,
    }
    member.provider = None
    assert member.health(now())["state"] == "not_loaded"
