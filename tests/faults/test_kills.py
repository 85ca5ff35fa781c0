"""kill -9: whatever was acknowledged is in exactly one answer, in order, three kills later."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.judge import ANSWERED, KEPT, OPEN, count, drained, strike, verdict
from tests.faults.rig import HOLDING_BACK, ONE_BY_ONE, QUICK, Bench, Senders

CHATS, EACH = 20, 10
# What waits two seconds after another would join it, and there would be few turns to kill.
UNCORRECTED = {**QUICK, "NIGHTDESK__INBOX__CORRECTION_SECONDS": "0"}


@pytest.mark.parametrize("how", [ONE_BY_ONE, UNCORRECTED], ids=["one by one", "joined"])
async def test_a_queue_survives_three_kills_in_the_middle_of_answering(
    bench: Bench, customers: Senders, how: dict[str, str]
) -> None:
    holding = await bench.start(HOLDING_BACK)
    await customers.fill(holding, CHATS, EACH, gap=0.12)
    holding.kill()  # while every conversation is leased for its burst
    assert count(bench.database, OPEN) == CHATS * EACH

    answered = 0
    for _ in range(3):
        program = await bench.start(how)
        answered = await strike(program, answered=answered + 20)
        # What a frozen writer had already put in the log becomes visible with its death.
        assert answered <= count(bench.database, ANSWERED) < CHATS * EACH
    program = await bench.start(how)
    assert await drained(bench.database)
    assert await verdict(program, customers) == KEPT


async def test_a_kill_while_messages_come_in_loses_none_that_was_acknowledged(
    bench: Bench, customers: Senders
) -> None:
    program = await bench.start(ONE_BY_ONE)
    over = False

    async def poster(chat: str) -> None:
        n = 0
        while not over:
            # A sender that gets no answer gives this message up: it may be stored or not.
            if not await customers.say(program, chat, f"m{n:04}"):
                await asyncio.sleep(0.02)
            n += 1

    async with asyncio.TaskGroup() as group:
        for n in range(10):
            group.create_task(poster(f"c{n}"))
        for _ in range(3):
            already = len(customers.acknowledged)
            while len(customers.acknowledged) < already + 40:
                await asyncio.sleep(0.005)
            await strike(program, more_coming=True)
            program = await bench.start(ONE_BY_ONE)
        over = True
    assert await drained(bench.database)
    assert customers.codes[0]  # some posts were cut off
    assert len(customers.acknowledged) >= 120
    assert await verdict(program, customers) == KEPT
