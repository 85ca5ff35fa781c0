"""The order of the models and the sharing of a turn's time, in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import ProviderBroken, ProviderRefused, ProviderUnavailable
from bot.prompt import Completion, Usage
from bot.providers.breaker import State
from tests.providers.fakes import (
    DOWN,
    USED,
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
async def test_the_first_that_answers_is_heard_and_no_other_is_asked():
    a, b = FakeModel("a", ["olá"]), FakeModel("b", ["hi"])
    reply = await Rig(a, b).ask()
    assert reply.completion == Completion("olá", "a", USED)
    assert results(reply) == [("a", "answered", True)]
    assert b.calls == 0


@pytest.mark.parametrize(
    "error",
    [
        DOWN,
        ProviderUnavailable("timeout"),
        ProviderBroken("auth"),
        ProviderBroken("quota"),
        ProviderRefused("refused"),
        ProviderRefused("bad_request"),
        RuntimeError("a bug"),
    ],
    ids=repr,
)
@in_virtual_time
async def test_whatever_the_first_does_the_second_is_asked(error):
    a, b = FakeModel("a", [error]), FakeModel("b", ["hi"])
    reply = await Rig(a, b).ask()
    assert reply.completion is not None
    assert reply.completion.text == "hi"
    assert (a.calls, b.calls) == (1, 1)
    assert reply.attempts[0].result == getattr(error, "kind", "broken_call")


@in_virtual_time
async def test_nobody_answers_and_nothing_is_raised():
    rig = Rig(FakeModel("a", [DOWN]), FakeModel("b", [ProviderRefused("empty")]))
    reply = await rig.ask()
    assert reply.completion is None
    assert results(reply) == [("a", "overloaded", True), ("b", "empty", True)]


@in_virtual_time
async def test_only_the_named_model_is_asked():
    a, b = FakeModel("a", ["olá"]), FakeModel("b", ["hi"])
    rig = Rig(a, b)
    reply = await rig.ask(only="b")
    assert results(reply) == [("b", "answered", True)]
    assert (await rig.ask(only="nobody")).attempts == ()
    assert rig.chain.names == ("a", "b")


@in_virtual_time
async def test_the_chain_knows_the_names_of_config_yaml():
    """What a provider calls itself is not what an admin called it."""
    said = Completion("olá", "gpt-6-luna-2026", Usage(read=1))
    rig = Rig(FakeModel("a", [said]))
    assert (await rig.ask()).completion.model == "a"


# Time


@in_virtual_time
async def test_a_model_that_hangs_leaves_the_next_one_its_half():
    a, b = FakeModel("a", [hang]), FakeModel("b", [after(3.9, "hi")])
    reply = await Rig(a, b).ask()
    assert reply.completion is not None
    assert results(reply) == [("a", "timeout", True), ("b", "answered", True)]
    assert (a.seconds, b.seconds) == ([4.0], [4.0])
    assert reply.attempts[0].seconds == pytest.approx(4.0)
    assert now() == pytest.approx(7.9)


@in_virtual_time
async def test_when_every_model_hangs_the_deadline_is_held():
    models = [FakeModel(name, [hang]) for name in "abcd"]
    reply = await Rig(*models).ask(calls=4)
    assert reply.completion is None
    assert now() == pytest.approx(8.0)
    assert [model.calls for model in models] == [1, 1, 1, 1]


@in_virtual_time
async def test_a_provider_that_forgets_its_deadline_is_stopped():
    a, b = FakeModel("a", [never]), FakeModel("b", ["hi"])
    reply = await Rig(a, b).ask()
    assert results(reply) == [("a", "timeout", True), ("b", "answered", True)]
    assert now() < 4.5


@in_virtual_time
async def test_time_is_kept_for_nobody_who_will_not_be_asked():
    a, b, c = FakeModel("a", ["olá"]), FakeModel("b", [hang]), FakeModel("c", ["x"])
    rig = Rig(a, b, c)
    b_is_gone = rig.breaker("b")
    b_is_gone.state, b_is_gone.next_try = State.OPEN, 1e9
    rig.members[2].provider = None
    await rig.ask()
    assert a.seconds == [8.0]


@in_virtual_time
async def test_with_one_call_all_the_time_is_its():
    a, b = FakeModel("a", ["olá"]), FakeModel("b", ["hi"])
    await Rig(a, b).ask(calls=1)
    assert a.seconds == [8.0]


@in_virtual_time
async def test_without_time_for_an_answer_nobody_is_asked():
    a, b = FakeModel("a", ["olá"]), FakeModel("b", ["hi"])
    reply = await Rig(a, b).ask(seconds=0.29)
    assert results(reply) == [("a", "no_time", False), ("b", "no_time", False)]
    assert reply.attempts[0].cost == 0
    reply = await Rig(a, b).ask(seconds=-5)
    assert not any(each.called for each in reply.attempts)


@in_virtual_time
async def test_too_little_for_two_goes_to_the_last():
    """Half of 0.5 seconds is no time for the first; all of it is enough for the second."""
    a, b = FakeModel("a", ["olá"]), FakeModel("b", ["hi"])
    reply = await Rig(a, b).ask(seconds=0.5)
    assert results(reply) == [("a", "no_time", False), ("b", "answered", True)]


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
@in_virtual_time
async def test_a_clock_that_jumps_during_a_call_changes_nothing(jump):
    a, b = FakeModel("a", [hang]), FakeModel("b", [hang])
    rig = Rig(a, b)
    asked = asyncio.create_task(rig.ask())
    await asyncio.sleep(1)
    rig.jump = jump
    reply = await asked
    assert [each.result for each in reply.attempts] == ["timeout", "timeout"]
    assert now() == pytest.approx(8.0)


@in_virtual_time
async def test_a_deadline_that_seems_far_ahead_is_no_leave_to_wait():
    rig = Rig(FakeModel("a", [hang]))
    await rig.ask(seconds=86_400)
    assert now() == pytest.approx(8.0)
