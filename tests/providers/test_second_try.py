"""When the same model is asked once more, and what that may never cost the next one."""

from __future__ import annotations

import pytest

from bot.errors import ProviderRefused, ProviderUnavailable
from bot.providers.breaker import State
from tests.providers.fakes import (
    HICCUP,
    LONG_QUESTION,
    QUESTION,
    FakeModel,
    Rig,
    now,
    results,
)
from tests.virtual_time import in_virtual_time

TOO_LONG = ProviderRefused("context_too_long")


@in_virtual_time
async def test_a_hiccup_is_tried_again_after_a_moment():
    a, b = FakeModel("a", [HICCUP, "olá"]), FakeModel("b", ["hi"])
    reply = await Rig(a, b, seed=500).ask()
    assert results(reply) == [("a", "server_error", True), ("a", "answered", True)]
    assert a.began == [0.0, pytest.approx(0.4)]
    assert a.seconds == [4.0, pytest.approx(3.6)], "both tries share the model's time"
    assert b.calls == 0


@pytest.mark.parametrize(("seed", "wait"), [(0, 0.2), (999, 0.6), (1_999, 0.6), (2**32 - 1, 0.318)])
@in_virtual_time
async def test_the_moment_is_between_two_and_six_tenths(seed, wait):
    a = FakeModel("a", [HICCUP, "olá"])
    await Rig(a, seed=seed).ask()
    assert a.began[1] == pytest.approx(wait, abs=0.001)


@in_virtual_time
async def test_no_moment_is_waited_after_which_no_time_is_left():
    reply = await Rig(FakeModel("a", [HICCUP]), seed=0).ask(seconds=0.45)
    assert results(reply) == [("a", "server_error", True)]
    assert now() == 0


@in_virtual_time
async def test_a_call_that_was_not_made_is_not_counted():
    a, b = FakeModel("a", ["olá"]), FakeModel("b", ["hi"])
    rig = Rig(a, b)
    rig.breaker("a").state, rig.breaker("a").next_try = State.OPEN, 1e9
    reply = await rig.ask(calls=1)
    assert results(reply) == [("a", "breaker_open", False), ("b", "answered", True)]


@in_virtual_time
async def test_it_is_tried_again_once_only():
    a, b = FakeModel("a", [HICCUP]), FakeModel("b", ["hi"])
    await Rig(a, b).ask(calls=10)
    assert (a.calls, b.calls) == (2, 1)


@in_virtual_time
async def test_what_would_not_help_is_not_tried_again():
    a, b = FakeModel("a", [ProviderUnavailable("timeout")]), FakeModel("b", ["hi"])
    await Rig(a, b).ask(calls=10)
    assert a.calls == 1


@pytest.mark.parametrize(
    ("models", "calls", "made"),
    [
        (2, 3, [2, 1]),
        (2, 2, [1, 1]),
        (2, 1, [1, 0]),
        (3, 3, [1, 1, 1]),
        (3, 4, [2, 1, 1]),
        (3, 5, [2, 2, 1]),
        (3, 6, [2, 2, 2]),
        (1, 3, [2]),
        (2, 0, [0, 0]),
    ],
)
@in_virtual_time
async def test_a_second_try_never_takes_the_call_of_a_later_model(models, calls, made):
    played = [FakeModel(name, [HICCUP]) for name in "abc"[:models]]
    reply = await Rig(*played).ask(calls=calls)
    assert [model.calls for model in played] == made
    assert sum(each.called for each in reply.attempts) == sum(made) <= max(calls, 0)
    assert {each.model for each in reply.attempts} == set("abc"[:models]), "each says why"


@in_virtual_time
async def test_a_call_is_not_kept_for_a_model_that_is_left_alone():
    a, b = FakeModel("a", [HICCUP, "olá"]), FakeModel("b", ["hi"])
    rig = Rig(a, b)
    rig.breaker("b").state, rig.breaker("b").next_try = State.OPEN, 1e9
    reply = await rig.ask(calls=2)
    assert reply.completion is not None
    assert a.calls == 2


@pytest.mark.parametrize(
    ("retry_after", "calls"),
    [(1.9, 2), (2.1, 1), (3600.0, 1), (float("inf"), 1), (-5.0, 2), (float("nan"), 2)],
)
@in_virtual_time
async def test_a_limit_is_waited_for_when_half_of_the_time_is_left_after_it(retry_after, calls):
    limited = ProviderUnavailable("rate_limited", again=True, retry_after=retry_after)
    a, b = FakeModel("a", [limited]), FakeModel("b", ["hi"])
    reply = await Rig(a, b).ask()
    assert a.calls == calls
    if retry_after == 1.9:
        assert a.began[1] >= 1.9
    assert reply.completion is not None
    assert reply.completion.model == "b"
    assert now() <= 2.5


@in_virtual_time
async def test_too_long_a_question_is_asked_without_what_was_said_before():
    a = FakeModel("a", [TOO_LONG, "olá"])
    reply = await Rig(a).ask(LONG_QUESTION)
    assert results(reply) == [("a", "context_too_long", True), ("a", "answered", True)]
    assert a.prompts == [LONG_QUESTION, LONG_QUESTION.shortened()]
    assert a.began == [0.0, 0.0], "nothing is gained by waiting"


@in_virtual_time
async def test_the_next_model_is_asked_the_whole_question():
    a, b = FakeModel("a", [TOO_LONG]), FakeModel("b", ["hi"])
    await Rig(a, b).ask(LONG_QUESTION)
    assert a.calls == 2
    assert b.prompts == [LONG_QUESTION]


@in_virtual_time
async def test_what_cannot_be_shortened_is_not_asked_twice():
    a, b = FakeModel("a", [TOO_LONG]), FakeModel("b", ["hi"])
    await Rig(a, b).ask(QUESTION)
    assert a.calls == 1


@in_virtual_time
async def test_no_third_try_when_the_second_fails_otherwise():
    a = FakeModel("a", [HICCUP, TOO_LONG, "olá"])
    reply = await Rig(a).ask(LONG_QUESTION, calls=9)
    assert reply.completion is None
    assert a.calls == 2
