"""The line and somebody who goes on: one answer to all of it, and no answer lost."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import structlog
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.intake import turns as turns_room
from bot.intake.around import Around
from bot.intake.line import Line
from bot.intake.ports import Pauses
from bot.ledger.tables import turns
from bot.model import Kind, Turn
from bot.outcome import Outcome
from bot.prompt import Asked, Attempt
from bot.record import CORRECTED, Record
from tests.builders import BOOK, CHAT
from tests.intake.conftest import echo
from tests.intake.test_line import now_saying

FOREVER = 30.0  # seconds: a pause that no test waits for


def correcting(rig, pause: float = FOREVER) -> None:
    pauses = Pauses(True, pause, FOREVER, correction=5.0)
    rig.ledger._opening = replace(rig.ledger._opening, pauses=pauses)


async def test_a_complete_question_ends_the_pause_of_what_stands_before_it(rig):
    correcting(rig)
    await rig.say(now_saying("oi", "1"))
    await asyncio.sleep(0.02)
    await rig.say(now_saying("cadê meu pedido?", "2"), hurry=True)
    assert await rig.until(1) == ["oi\ncadê meu pedido?"]


async def test_what_arrives_while_the_line_is_looking_is_looked_at(rig, monkeypatch):
    """Between the look and the pause it must not be missed: that pause may be long."""
    correcting(rig)
    begin = rig.ledger.begin

    async def slow(*args):
        found = await begin(*args)
        if not looked.is_set():
            looked.set()
            await asyncio.sleep(0.1)
        return found

    looked = asyncio.Event()
    monkeypatch.setattr(rig.ledger, "begin", slow)
    await rig.say(now_saying("oi", "1"))
    await looked.wait()
    await rig.say(now_saying("cadê meu pedido?", "2"), hurry=True)
    assert await rig.until(1) == ["oi\ncadê meu pedido?"]


async def test_whoever_goes_on_while_the_answer_is_made_gets_one_answer(rig):
    correcting(rig)
    entered, seen = asyncio.Event(), []

    async def slow(turn: Turn) -> Outcome:
        seen.append(turn.text)
        entered.set()
        await asyncio.sleep(0.1)
        return await echo(turn)

    rig.decide = slow
    await rig.say(now_saying("aceitam cartão?", "1"), hurry=True)
    await entered.wait()
    await rig.say(now_saying("de débito?", "2"), hurry=True)
    assert await rig.until(1) == ["aceitam cartão?\nde débito?"]
    await asyncio.sleep(0.05)
    assert await rig.answers() == ["aceitam cartão?\nde débito?"]
    assert seen == ["aceitam cartão?", "aceitam cartão?\nde débito?"]


async def test_somebody_who_never_stops_is_answered_all_the_same(rig):
    correcting(rig, pause=0.05)
    n = 0

    async def always_interrupted(turn: Turn) -> Outcome:
        nonlocal n
        n += 1
        if n < 8:
            await rig.say(now_saying(f"e {n}?", f"x{n}"), hurry=True)
        return await echo(turn)

    rig.decide = always_interrupted
    await rig.say(now_saying("aceitam cartão?", "0"), hurry=True)
    answers = await rig.until(4)
    said = "\n".join(answers).split("\n")
    assert said == ["aceitam cartão?", *(f"e {k}?" for k in range(1, 8))]
    assert len(answers) == 4  # eight decisions, each answer thrown away once at the most


async def test_a_press_in_the_window_leaves_the_answer_alone(rig):
    correcting(rig)

    async def slow(turn: Turn) -> Outcome:
        if turn.messages[0].kind is Kind.TEXT:
            await rig.say(now_saying("Sim", "2", kind=Kind.BUTTON, button="yes"), hurry=True)
        return await echo(turn)

    rig.decide = slow
    await rig.say(now_saying("aceitam cartão?", "1"), hurry=True)
    assert await rig.until(2) == ["aceitam cartão?", "yes"]


async def test_what_was_thrown_away_is_counted_and_logged(rig, monkeypatch):
    correcting(rig)
    observed: list[Record] = []
    first = asyncio.Event()

    async def asking(turn: Turn) -> Outcome:
        if not first.is_set():
            first.set()
            await rig.say(now_saying("de débito?", "2"), hurry=True)
        took = Asked("openai", (Attempt("openai", "answered", cost=700),), answered_by="openai")
        return replace(await echo(turn), asked=took)

    async def step(turn: Turn, /) -> Outcome:
        return await asking(turn)

    rig.line = Line(
        rig.ledger,
        (step,),
        lambda: BOOK,
        rig.line._clock,
        rig.presence,
        "worker-1",
        rig._woken,
        Around(observe=observed.append),
    )
    monkeypatch.setattr(turns_room, "log", structlog.get_logger())
    with capture_logs() as said:
        await rig.say(now_saying("aceitam cartão?", "1"), hurry=True)
        await rig.until(1)
        await asyncio.sleep(0.05)
    assert [each["event"] for each in said] == ["turn_corrected", "turn_settled"]
    assert [each.verdict for each in observed] == [CORRECTED, "answered"]

    def costs(connection):
        rows = connection.execute(select(turns.c.state, turns.c.cost).order_by(turns.c.id))
        return [tuple(row) for row in rows]

    assert await rig.ledger._engine.read(costs) == [("superseded", 700), ("settled", 700)]


async def test_a_stop_after_a_correction_keeps_the_messages(rig):
    correcting(rig)
    entered = asyncio.Event()

    async def slow(turn: Turn) -> Outcome:
        entered.set()
        await asyncio.sleep(0.2)
        return await echo(turn)

    rig.decide = slow
    await rig.say(now_saying("aceitam cartão?", "1"), hurry=True)
    await entered.wait()
    await rig.say(now_saying("de débito?", "2"), hurry=True)
    await rig.line.stop(5)
    assert await rig.ledger.backlog() == {"waiting": 2}
    assert await rig.ledger.due(time.time() + 1) == [CHAT]


async def test_a_ring_during_a_pause_is_looked_at_once(rig, monkeypatch):
    correcting(rig)
    begin, looks = rig.ledger.begin, 0

    async def counted(*args):
        nonlocal looks
        looks += 1
        return await begin(*args)

    monkeypatch.setattr(rig.ledger, "begin", counted)
    await rig.say(now_saying("oi", "1"), hurry=True)
    await asyncio.sleep(0.05)
    await rig.say(now_saying("então", "2"), hurry=True)
    await asyncio.sleep(0.3)
    assert 2 <= looks <= 4
