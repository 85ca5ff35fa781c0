"""What a call costs, what is given back after it, and what is not: it may have been billed."""

from __future__ import annotations

import pytest

from bot.errors import ProviderBroken, ProviderRefused, ProviderUnavailable
from bot.prompt import Completion, Usage
from bot.providers.bill import believed
from tests.providers.fakes import (
    COST,
    LIKELY_PROMPT,
    MOST,
    USED,
    WRITTEN,
    FakeModel,
    Rig,
    cost_of,
    one,
)
from tests.virtual_time import in_virtual_time


@pytest.mark.parametrize(
    "error",
    [
        ProviderUnavailable("unreachable"),
        ProviderUnavailable("rate_limited"),
        ProviderUnavailable("overloaded"),
        ProviderUnavailable("server_error"),
        ProviderUnavailable("redirected"),
        ProviderRefused("bad_request"),
        ProviderRefused("context_too_long"),
        ProviderBroken("auth"),
        ProviderBroken("quota"),
        ProviderBroken("gone"),
    ],
    ids=lambda error: error.kind,
)
@in_virtual_time
async def test_what_no_model_has_seen_costs_nothing(error):
    rig = one(error)
    assert await cost_of(rig) == 0
    assert rig.held == 0


@pytest.mark.parametrize(
    "error",
    [
        ProviderUnavailable("timeout"),
        ProviderUnavailable("connection"),
        ProviderUnavailable("broken_call"),
        ProviderUnavailable("garbled"),
        ProviderRefused("empty"),
        ProviderRefused("refused"),
        RuntimeError("a bug"),
        ProviderUnavailable("a kind of tomorrow"),
    ],
    ids=str,
)
@in_virtual_time
async def test_what_may_have_been_billed_stays_counted_in_full(error):
    rig = one(error)
    assert await cost_of(rig) == LIKELY_PROMPT
    assert rig.held == MOST


@in_virtual_time
async def test_a_failure_that_tells_its_usage_costs_that():
    rig = one(ProviderRefused("truncated", usage=USED))
    assert await cost_of(rig) == COST
    assert rig.held == COST


@in_virtual_time
async def test_an_answer_without_a_count_is_estimated_and_stays_counted_in_full():
    rig = one(Completion("olá, tudo", "a"))
    assert await cost_of(rig) == LIKELY_PROMPT + 3 * WRITTEN
    assert rig.held == MOST


@in_virtual_time
async def test_a_failure_of_a_model_without_a_price_costs_nobody_knows_what():
    rig = Rig(FakeModel("a", [ProviderUnavailable("timeout")]), price=None)
    assert await cost_of(rig) is None
    rig = Rig(FakeModel("a", [ProviderUnavailable("unreachable")]), price=None)
    assert await cost_of(rig) == 0


# Counts that cannot be


@pytest.mark.parametrize(
    ("told", "believed_to_be"),
    [
        (Usage(10, 20, 30, 5), Usage(10, 10, 0, 5)),
        (Usage(10, 4, 30, 5), Usage(10, 4, 6, 5)),
        (Usage(-1, -1, -1, -1), Usage()),
        (Usage(10**30, 0, 0, 10**30), Usage(10**9, 0, 0, 10**9)),
    ],
)
def test_a_count_that_cannot_be_is_cut_to_one_that_can(told, believed_to_be):
    assert believed(told) == believed_to_be


@in_virtual_time
async def test_neither_does_that_of_a_failure_reach_a_sum():
    rig = one(ProviderRefused("truncated", usage=Usage(read=10**30, cached=-1)))
    reply = await rig.ask()
    await rig.spending.close()
    assert reply.attempts[0].usage == Usage(10**9)


@in_virtual_time
async def test_an_absurd_count_of_a_server_fits_every_column():
    rig = one(Completion("olá", "a", Usage(read=10**30, written=10**30)))
    reply = await rig.ask()
    await rig.spending.close()
    assert reply.attempts[0].usage == reply.completion.usage == Usage(10**9, 0, 0, 10**9)
    assert reply.attempts[0].cost < 2**63
