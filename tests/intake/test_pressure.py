"""Beside the line: it speaks while every turn hangs, and stops when it is told to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.book import Sentence
from bot.clock import Clock
from bot.errors import LedgerError
from bot.intake import pressure as room
from bot.intake.load import LATE_SECONDS, Load
from bot.intake.pressure import Pressure
from bot.model import ConversationKey, Kind, Turn
from bot.outcome import Outcome
from bot.presence import Sign
from tests.builders import BOOK, CHAT, arrival, incoming
from tests.intake.conftest import Rig, echo

SAID = {
    "pt": "Estamos mais lentos.",
    "en": "We are slower.",
    "es": "Estamos más lentos, lo sentimos.",
}
SLOW = Sentence("slow", {language: (text,) for language, text in SAID.items()})
SPEAKING = replace(BOOK, texts={"slow": SLOW})


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "FIRST_SECONDS", 0.05)
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.02)


@asynccontextmanager
async def watching(
    rig: Rig, slow_seconds: float | None = 5.0, load: Load | None = None, book=SPEAKING
) -> AsyncIterator[None]:
    pressure = Pressure(
        rig.ledger,
        lambda: book,
        Clock(),
        rig.presence,
        rig._woken,
        load or Load(),
        channels={"web"},
        slow_seconds=slow_seconds,
    )
    running = asyncio.create_task(pressure.run())
    yield
    pressure.stop()
    async with asyncio.timeout(20):
        await running


async def put(rig: Rig, text: str, chat: ConversationKey = CHAT, ago: float = 30.0) -> None:
    message = incoming(text, id="1", chat=chat, at=time.time() - ago, kind=Kind.BUTTON)
    await rig.ledger.accept(arrival(message))


async def test_who_waits_while_every_turn_hangs_is_told_and_then_answered(rig):
    go = asyncio.Event()

    async def hangs(turn: Turn) -> Outcome:
        await go.wait()
        return await echo(turn)

    rig.decide = hangs
    await put(rig, "Onde está o meu pedido?")
    rig.line.ring(CHAT, True)
    with rig.presence.watch(CHAT) as page, capture_logs() as logs:
        async with watching(rig):
            assert await rig.until(1, seconds=20) == [SAID["pt"]]
            assert Sign.NEWS in [await page.next(5) for _ in range(2)]  # beside "typing"
            go.set()
            assert await rig.until(2, seconds=20) == [SAID["pt"], "Onde está o meu pedido?"]
    assert rig.couriers_woken
    assert [each["customers"] for each in logs if each["event"] == "slow_told"] == [1]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Onde está o meu pedido? Estou esperando faz dias", "pt"),
        ("Where is my order? I have been waiting for days", "en"),
        ("¿Dónde está mi pedido? Llevo días esperando", "es"),
        ("👍", "pt"),
    ],
)
async def test_it_is_said_in_the_language_of_what_waits(rig, text, language):
    await put(rig, text)
    async with watching(rig):
        assert await rig.until(1, seconds=20) == [SAID[language]]


async def test_a_language_that_was_chosen_stays(rig):
    await put(rig, "Onde está o meu pedido? Estou esperando faz dias")
    chosen = "UPDATE conversations SET language = 'en', pinned_language = 1"
    await rig.ledger._engine.write(lambda c: c.exec_driver_sql(chosen) and None)
    async with watching(rig):
        assert await rig.until(1, seconds=20) == [SAID["en"]]


async def test_who_has_not_waited_for_long_is_told_nothing(rig):
    await put(rig, "oi", ago=1.0)
    async with watching(rig):
        await asyncio.sleep(0.3)
    assert await rig.answers() == []


@pytest.mark.parametrize("chat", [replace(CHAT, channel="api"), replace(CHAT, channel="desk")])
async def test_programs_and_staff_are_told_nothing(rig, chat):
    await put(rig, "oi", chat)
    async with watching(rig):
        await asyncio.sleep(0.3)
    assert await rig.answers(chat) == []


async def test_it_can_be_switched_off(rig):
    await put(rig, "oi")
    async with watching(rig, slow_seconds=None):
        await asyncio.sleep(0.3)
    assert await rig.answers() == []


async def test_only_so_many_are_told_with_one_look(rig, monkeypatch):
    monkeypatch.setattr(room, "AT_ONCE", 3)
    monkeypatch.setattr(room, "LOOK_SECONDS", 600.0)
    chats = [replace(CHAT, chat=f"c{n}") for n in range(9)]
    for n, chat in enumerate(chats):
        await put(rig, "oi", chat, ago=60 - n)
    async with watching(rig):
        await rig.until(1, chats[2], seconds=20)
        await asyncio.sleep(0.1)
    assert [len(await rig.answers(chat)) for chat in chats] == [1, 1, 1] + [0] * 6


async def test_the_load_learns_how_late_the_line_is(rig, monkeypatch):
    monkeypatch.setattr(room, "MANY", 3)
    load = Load()
    for n in range(3):
        await put(rig, "oi", replace(CHAT, chat=f"c{n}"), ago=LATE_SECONDS + 30)
    async with watching(rig, load=load), asyncio.timeout(20):
        while not load.overloaded:
            await asyncio.sleep(0.01)
        running = asyncio.create_task(rig.line.run())
        while load.overloaded:
            await asyncio.sleep(0.01)
        await rig.line.stop(1)
        await running
    assert load.behind == 0.0


async def test_whatever_goes_wrong_it_looks_again(rig, monkeypatch):
    problems = [LedgerError("disk"), RuntimeError("a row that no version of ours wrote")]
    asks = rig.ledger.late

    async def shaky(*asked):
        if problems:
            raise problems.pop()
        return await asks(*asked)

    monkeypatch.setattr(rig.ledger, "late", shaky)
    await put(rig, "Onde está o meu pedido?")
    async with watching(rig):
        assert await rig.until(1, seconds=20) == [SAID["pt"]]
    assert problems == []
