"""The money around a call: never more than the cap, and nothing given back that may be billed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import pytest
from structlog.testing import capture_logs

from bot.errors import ProviderBroken, ProviderRefused, ProviderUnavailable
from bot.ledger import spending as rows
from bot.ledger.migrate import migrate
from bot.ledger.sqlite import SqliteEngine, writing_engine
from bot.model_settings import Budget, Price
from bot.prompt import NANO, Completion, Usage
from bot.providers.bill import believed
from bot.providers.spending import Cap
from bot.providers.tariff import most_tokens
from tests.providers.fakes import (
    LONG_QUESTION,
    QUESTION,
    USED,
    FakeModel,
    FakePurse,
    Rig,
    after,
    never,
)
from tests.virtual_time import in_virtual_time

# Of fakes.PRICE: a token read, the dearest way to read one, a token written, from the cache.
READ, DEAREST, WRITTEN, CACHED = 1_000, 1_250, 10_000, 100
COST = 60 * READ + 40 * CACHED + 20 * WRITTEN  # of fakes.USED
MOST = most_tokens("openai", QUESTION) * DEAREST + 800 * WRITTEN
BYTES = len(b"standing" + b"personal") + len("olá".encode())
LIKELY_PROMPT = -(-BYTES // 4) * READ
ENOUGH = 1.0  # dollars


def one(*plays, **options):
    return Rig(FakeModel("a", list(plays)), usd_per_day=ENOUGH, **options)


async def cost_of(rig, prompt=QUESTION):
    reply = await rig.ask(prompt)
    await rig.spending.close()
    return reply.attempts[0].cost


def test_the_cap_is_read_exactly():
    assert Cap.of(Budget(usd_per_day=0.1)).amount == NANO // 10
    assert Cap.of(Budget(usd_per_day=0)).amount == 0
    assert Cap.of(Budget()).amount is None


@in_virtual_time
async def test_before_the_call_the_most_and_after_it_the_cost_is_counted():
    rig = one(after(1, "olá"))
    asked = asyncio.create_task(rig.ask())
    await asyncio.sleep(0.5)
    assert rig.held == MOST
    reply = await asked
    await rig.spending.close()
    assert rig.held == COST
    assert reply.attempts[0].cost == COST


@in_virtual_time
async def test_without_a_cap_the_purse_is_left_alone_and_the_cost_is_known():
    rig = Rig(FakeModel("a", ["olá"]), purse=FakePurse(fails=True))
    assert await cost_of(rig) == COST
    assert rig.purse.asked == 0


@in_virtual_time
async def test_without_a_price_and_without_a_cap_the_cost_is_unknown():
    rig = Rig(FakeModel("a", ["olá"]), price=None)
    assert await cost_of(rig) is None


@in_virtual_time
async def test_with_a_cap_a_model_without_a_price_is_not_asked():
    rig = one("olá", price=None)
    reply = await rig.ask()
    assert [(each.result, each.called) for each in reply.attempts] == [("unpriced", False)]


@in_virtual_time
async def test_unless_the_admin_allows_it():
    rig = one("olá", price=None, unpriced="allow")
    assert await cost_of(rig) is None
    assert rig.purse.asked == 0


@in_virtual_time
async def test_what_no_longer_fits_is_not_asked_and_a_cheaper_model_is():
    dear, cheap = FakeModel("dear", ["olá"]), FakeModel("cheap", ["hi"])
    rig = Rig(dear, cheap, usd_per_day=MOST / NANO / 2)
    rig.members[1].access = replace(rig.members[1].access, price=Price(input=0.1, output=1.0))
    reply = await rig.ask()
    assert [(each.model, each.result) for each in reply.attempts] == [
        ("dear", "budget"),
        ("cheap", "answered"),
    ]
    assert dear.calls == 0
    assert rig.breaker("dear").failures == 0


@in_virtual_time
async def test_the_first_that_does_not_fit_leaves_its_breaker_as_it_was():
    rig = Rig(FakeModel("a", ["olá"]), usd_per_day=0)
    for _ in range(3):
        assert (await rig.ask()).attempts[0].result == "budget"
    assert rig.breaker("a").would_let(0)


@in_virtual_time
async def test_a_model_that_costs_nothing_is_asked_whatever_was_spent():
    rig = Rig(FakeModel("a", ["olá"]), usd_per_day=0, price=Price(input=0, output=0))
    assert await cost_of(rig) == 0
    assert rig.purse.asked == 0


# What is given back, and what is not


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


@in_virtual_time
async def test_a_cancelled_call_stays_counted_in_full():
    rig = one(never)
    asked = asyncio.create_task(rig.ask())
    await asyncio.sleep(1)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    await rig.spending.close()
    assert rig.held == MOST


@in_virtual_time
async def test_a_turn_cancelled_while_it_reserves_is_given_back():
    rig = one("olá", purse=FakePurse(seconds=2))
    asked = asyncio.create_task(rig.ask())
    await asyncio.sleep(1)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert rig.held == 0
    await asyncio.sleep(1.5)
    assert rig.held == MOST, "the ledger had taken it already"
    await rig.spending.close()
    assert rig.held == 0


@in_virtual_time
async def test_a_turn_cancelled_the_moment_its_answer_came_is_corrected():
    rig = one("olá", purse=FakePurse(seconds=1))
    reply = await rig.ask()
    assert reply.completion is not None
    assert rig.held == MOST
    await rig.spending.close()
    assert rig.held == COST


@in_virtual_time
async def test_an_answer_does_not_wait_for_the_ledger_to_hear_its_cost():
    rig = one("olá", purse=FakePurse(seconds=1))
    await rig.ask()
    assert asyncio.get_running_loop().time() == pytest.approx(1.0), "for the reservation alone"
    await rig.spending.close()


# A ledger that fails


@in_virtual_time
async def test_while_nobody_counts_no_money_is_spent():
    rig = one("olá", purse=FakePurse(fails=True))
    with capture_logs() as logs:
        reply = await rig.ask()
    assert [(each.result, each.called) for each in reply.attempts] == [("budget", False)]
    assert [each["event"] for each in logs] == ["budget_not_known"]


@in_virtual_time
async def test_a_ledger_that_hangs_does_not_hold_the_turn():
    rig = one("olá", purse=FakePurse(seconds=60))
    reply = await rig.ask()
    assert reply.attempts[0].result == "budget"
    assert asyncio.get_running_loop().time() <= 8.01
    await asyncio.sleep(120)
    assert rig.held == 0, "counted after all, and given back"


@in_virtual_time
async def test_a_ledger_that_leaves_no_time_for_the_call_gives_the_money_back():
    rig = one("olá", purse=FakePurse(seconds=7.8))
    reply = await rig.ask()
    assert [(each.result, each.called) for each in reply.attempts] == [("no_time", False)]
    await asyncio.sleep(10)
    assert rig.held == 0


@in_virtual_time
async def test_a_correction_that_fails_leaves_the_larger_figure_and_a_line_in_the_log():
    rig = one("olá", purse=FakePurse(corrections_fail=True))
    with capture_logs() as logs:
        reply = await rig.ask()
        await rig.spending.close()
    assert reply.completion is not None
    assert rig.held == MOST
    assert [each["event"] for each in logs] == ["spending_not_corrected"]
    assert logs[0]["difference"] == COST - MOST


@in_virtual_time
async def test_a_stop_does_not_wait_for_ever():
    rig = one("olá", purse=FakePurse(seconds=0.1))
    await rig.ask()
    rig.purse.seconds = 3600
    await rig.ask(seconds=1)
    before = asyncio.get_running_loop().time()
    await rig.spending.close()
    assert asyncio.get_running_loop().time() - before < 10


# Second tries and many at once


@in_virtual_time
async def test_a_second_try_is_reserved_for_by_itself_and_at_its_own_length():
    rig = one(ProviderRefused("context_too_long"), "olá")
    reply = await rig.ask(LONG_QUESTION)
    await rig.spending.close()
    assert [each.cost for each in reply.attempts] == [0, COST]
    assert rig.held == COST


@in_virtual_time
async def test_a_hundred_at_once_never_hold_more_than_the_cap():
    rig = Rig(FakeModel("a", [after(1, "olá")]), usd_per_day=7.5 * MOST / NANO)
    replies = await asyncio.gather(*(rig.ask() for _ in range(100)))
    assert rig.purse.most == 7 * MOST
    assert sum(reply.completion is not None for reply in replies) == 7
    await rig.spending.close()
    assert rig.held == 7 * COST


async def test_over_the_real_ledger_the_day_ends_at_what_the_calls_did_cost(tmp_path):
    file = tmp_path / "desk.db"
    schema = writing_engine(file)
    migrate(schema)
    schema.dispose()
    engine = SqliteEngine(file)

    class Purse:
        async def reserve(self, day, amount, cap):
            return await engine.write(partial(rows.reserve, day=day, amount=amount, cap=cap))

        async def correct(self, day, difference):
            await engine.write(partial(rows.correct, day=day, difference=difference))

        async def spent(self, day):
            return await engine.read(partial(rows.spent, day=day))

    rig = Rig(FakeModel("a", ["olá"]), usd_per_day=3 * MOST / NANO, purse=Purse())
    replies = await asyncio.gather(*(rig.ask() for _ in range(200)))
    await rig.spending.close()
    answered = sum(reply.completion is not None for reply in replies)
    assert answered >= 3
    assert await rig.purse.spent("2027-01-15") == answered * COST
    await engine.close()


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
async def test_an_absurd_count_of_a_server_fits_every_column():
    rig = one(Completion("olá", "a", Usage(read=10**30, written=10**30)))
    reply = await rig.ask()
    await rig.spending.close()
    assert reply.attempts[0].usage == reply.completion.usage == Usage(10**9, 0, 0, 10**9)
    assert reply.attempts[0].cost < 2**63
