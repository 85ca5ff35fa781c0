"""The order of the models and the sharing of a turn's time and calls, in virtual time."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from bot.errors import ProviderBroken, ProviderRefused, ProviderUnavailable
from bot.prompt import Completion, Usage
from bot.providers.breaker import State
from tests.providers.fakes import (
    LONG_QUESTION,
    QUESTION,
    USED,
    FakeModel,
    Rig,
    after,
    hang,
    never,
)
from tests.virtual_time import in_virtual_time

HICCUP = ProviderUnavailable("server_error", again=True)
DOWN = ProviderUnavailable("overloaded")
TOO_LONG = ProviderRefused("context_too_long")


def results(reply):
    return [(each.model, each.result, each.called) for each in reply.attempts]


def now():
    return asyncio.get_running_loop().time()


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


# A second try


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


# Left alone


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
    await rig.ask()
    assert a.calls == 4


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
    broken = ProviderBroken("auth", request_id="req_1\n\x1b[31m")
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
            "request_id": "req_1[31m",
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


@in_virtual_time
async def test_the_chain_knows_the_names_of_config_yaml():
    """What a provider calls itself is not what an admin called it."""
    said = Completion("olá", "gpt-6-luna-2026", Usage(read=1))
    rig = Rig(FakeModel("a", [said]))
    assert (await rig.ask()).completion.model == "a"
