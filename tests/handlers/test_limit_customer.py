"""One polite notice, then silence; the counting is done elsewhere."""

from __future__ import annotations

import pytest

from bot.model import Limit
from bot.outcome import Outcome, Outgoing, Verdict
from handlers.limit_customer import LimitCustomer
from tests.handlers.conftest import CHAT, make_turn

step = LimitCustomer()


async def test_within_the_budget_the_message_goes_on():
    assert await step(make_turn("oi")) is None


@pytest.mark.parametrize(("seconds", "minutes"), [(0.0, 1), (60.0, 1), (61.0, 2), (3600.0, 60)])
async def test_the_notice_says_how_long_in_whole_minutes(seconds, minutes):
    turn = make_turn("oi", limit=Limit.NOTICE, retry_after=seconds)
    assert await step(turn) == Outcome(
        Verdict.LIMITED,
        "limited",
        sends=(Outgoing(CHAT, f"Volte em {minutes} min.", "system", answers=(1,)),),
    )


async def test_after_the_notice_there_is_silence():
    assert await step(make_turn("oi", limit=Limit.SILENT)) == Outcome(
        Verdict.LIMITED, "limited_silently"
    )


async def test_a_full_queue_is_told_with_what_waits_and_answers_nothing():
    turn = make_turn("oi", limit=Limit.FULL, waiting=50)
    assert await step(turn) == Outcome(
        Verdict.LIMITED,
        "queue_full",
        sends=(Outgoing(CHAT, "50 esperam.", "system"),),
    )
