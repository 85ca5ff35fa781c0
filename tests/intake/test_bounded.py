"""So many conversations in memory and no more; the rest waits in the database, in its order."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from bot.intake import line as line_room
from bot.model import ConversationKey, Kind, Turn
from bot.outcome import Outcome
from tests.builders import CHAT, arrival, incoming
from tests.intake.conftest import Rig, echo

MOST, REFILL = 4, 2


@pytest.fixture
def narrow(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Rig:
    monkeypatch.setattr(line_room, "CONVERSATIONS_AT_ONCE", MOST)
    monkeypatch.setattr(line_room, "REFILL", REFILL)
    monkeypatch.setattr(line_room, "TURNS_AT_ONCE", 2)
    rig.line = rig.new_line("narrow")
    return rig


def chat(n: int) -> ConversationKey:
    return replace(CHAT, chat=f"c{n:02}")


async def put(rig: Rig, n: int) -> None:
    message = incoming("oi", id="1", chat=chat(n), at=time.time(), kind=Kind.BUTTON)
    await rig.ledger.accept(arrival(message))


async def say(rig: Rig, n: int) -> None:
    await put(rig, n)
    rig.line.ring(chat(n), True)


async def test_memory_is_bounded_and_everybody_is_answered_in_order(narrow, monkeypatch):
    monkeypatch.setattr(line_room, "SWEEP_SECONDS", 60.0)  # only a free place makes it look
    order: list[str] = []
    most = 0

    async def noted(turn: Turn) -> Outcome:
        nonlocal most
        most = max(most, len(narrow.line._tasks))
        order.append(turn.conversation.chat)
        await asyncio.sleep(0.01)
        return await echo(turn)

    narrow.decide = noted
    for n in range(30):
        await put(narrow, n)
    for n in range(29, -1, -1):  # whoever rings first is not first for that
        narrow.line.ring(chat(n), True)
        most = max(most, len(narrow.line._tasks))
    running = asyncio.create_task(narrow.line.run())
    for n in range(30):
        assert await narrow.until(1, chat(n), seconds=20) == ["oi"]
    await narrow.line.stop(1)
    await running

    assert most == MOST
    assert len(order) == 30
    late = order[MOST:]  # those that rang first had their places already
    assert all(abs(late.index(each) - place) <= MOST for place, each in enumerate(sorted(late)))


async def test_who_comes_now_waits_behind_those_who_are_left_out(narrow):
    go = asyncio.Event()

    async def held(turn: Turn) -> Outcome:
        await go.wait()
        return await echo(turn)

    narrow.decide = held
    for n in range(MOST + 1):
        await say(narrow, n)
    assert len(narrow.line._tasks) == MOST
    go.set()
    for n in range(MOST):
        await narrow.until(1, chat(n))
    await say(narrow, 50)
    assert narrow.line._tasks == {}  # there is room, but somebody has waited for longer
    running = asyncio.create_task(narrow.line.run())
    for n in (MOST, 50):
        assert await narrow.until(1, chat(n), seconds=20) == ["oi"]
    async with asyncio.timeout(20):
        while narrow.line._left_out:  # until the next sweep, which finds nobody
            await asyncio.sleep(0.01)
    await say(narrow, 51)
    assert chat(51) in narrow.line._tasks
    await narrow.line.stop(1)
    await running


async def test_a_conversation_in_memory_is_rung_even_when_there_is_no_room(narrow):
    go = asyncio.Event()

    async def held(turn: Turn) -> Outcome:
        await go.wait()
        return await echo(turn)

    narrow.decide = held
    for n in range(MOST + 1):
        await say(narrow, n)
    message = incoming("de novo", id="2", chat=chat(0), at=time.time(), kind=Kind.BUTTON)
    await narrow.say(message, hurry=True)
    go.set()
    assert await narrow.until(2, chat(0), seconds=20) == ["oi", "de novo"]


async def test_a_stop_is_not_kept_waiting_by_the_sweep(narrow, monkeypatch):
    monkeypatch.setattr(line_room, "SWEEP_SECONDS", 600.0)
    running = asyncio.create_task(narrow.line.run())
    await asyncio.sleep(0.05)
    await narrow.line.stop(1)
    async with asyncio.timeout(20):
        await running


async def test_once_nobody_is_due_nobody_is_left_out(narrow):
    """What was left out may have been answered by another process."""
    narrow.line._left_out = True
    narrow.line._fetch([])
    await say(narrow, 1)
    assert await narrow.until(1, chat(1), seconds=20) == ["oi"]


async def test_after_a_stop_nobody_gets_a_place_that_becomes_free(narrow):
    go, begun = asyncio.Event(), []

    async def held(turn: Turn) -> Outcome:
        begun.append(turn.conversation.chat)
        await go.wait()
        return await echo(turn)

    narrow.decide = held
    for n in range(MOST):  # twice as many as there are places
        await say(narrow, n)
    async with asyncio.timeout(20):
        while len(begun) < MOST // 2:
            await asyncio.sleep(0.01)
    stopping = asyncio.create_task(narrow.line.stop(20))
    await asyncio.sleep(0.05)
    go.set()
    await stopping

    assert len(begun) == MOST // 2
    waiting = await narrow.ledger.due(time.time())
    assert {each.chat for each in waiting} == {chat(n).chat for n in range(MOST)} - set(begun)
