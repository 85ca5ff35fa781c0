"""The money around a call: never more than the cap, and nothing given back that may be billed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import pytest
from structlog.testing import capture_logs

from bot.errors import ProviderRefused
from bot.ledger import spending as rows
from bot.ledger.migrate import migrate
from bot.ledger.sqlite import SqliteEngine, writing_engine
from bot.model_settings import Budget, Price
from bot.prompt import NANO
from bot.providers.spending import Cap
from tests.providers.fakes import (
    COST,
    LONG_QUESTION,
    MOST,
    FakeModel,
    FakePurse,
    Rig,
    after,
    cost_of,
    never,
    one,
)
from tests.virtual_time import in_virtual_time


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
async def test_a_used_up_budget_is_said_once_and_leaves_the_breaker_as_it_was():
    rig = Rig(FakeModel("a", ["olá"]), usd_per_day=0)
    with capture_logs() as logs:
        for _ in range(3):
            assert (await rig.ask()).attempts[0].result == "budget"
    assert rig.breaker("a").would_let(0)
    assert [each["event"] for each in logs] == ["budget_leaves_no_room"], "said once a day"


@in_virtual_time
async def test_a_model_that_costs_nothing_is_asked_whatever_was_spent():
    rig = Rig(FakeModel("a", ["olá"]), usd_per_day=0, price=Price(input=0, output=0))
    assert await cost_of(rig) == 0
    assert rig.purse.asked == 0


@in_virtual_time
async def test_without_time_for_a_call_nothing_is_reserved():
    rig = one("olá")
    assert (await rig.ask(seconds=0.2)).attempts[0].result == "no_time"
    assert rig.purse.asked == 0


# A turn that ends early


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
