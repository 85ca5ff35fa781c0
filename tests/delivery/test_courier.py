"""The courier: in order, within its senders, honest about what it does not know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import pytest

from bot.clock import Clock
from bot.delivery import courier as room
from bot.delivery.courier import Courier
from bot.delivery.ports import Parcel
from bot.errors import DeliveryDelayed, DeliveryRefused, DeliveryUnknown, LedgerError
from bot.intake.ports import Opened, Pauses
from bot.ledger.answers import Channels
from bot.ledger.ledger import Ledger
from bot.ledger.migrate import migrate
from bot.ledger.opening import Opening
from bot.ledger.sqlite import SqliteEngine, writing_engine
from bot.outcome import Outcome, Outgoing, Verdict
from tests.builders import BOOK, NOON, PUSHED, arrival, incoming, settlement


class Wire:
    """A platform that notes what arrives and answers as told."""

    def __init__(self) -> None:
        self.arrived: list[str] = []
        self.answers: dict[str, list[Exception]] = {}
        self.seconds = 0.0
        self.at_once = self.most_at_once = 0

    def rates(self, to):
        return {}

    async def send(self, parcel: Parcel) -> str:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.seconds)
            if problems := self.answers.get(parcel.text):
                raise problems.pop(0)
            self.arrived.append(parcel.text)
            return f"ext-{parcel.seq}"
        finally:
            self.at_once -= 1


@pytest.fixture
async def ledger(tmp_path) -> AsyncIterator[Ledger]:
    file = tmp_path / "x.db"
    engine = writing_engine(file)
    migrate(engine)
    engine.dispose()
    ledger = Ledger(SqliteEngine(file), Opening(Pauses(False, 0, 0), 30, 8, 5), Channels())
    yield ledger
    await ledger.close()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def courier(ledger, wire) -> AsyncIterator[Courier]:
    courier = Courier(ledger, {"wire": wire}, Clock(), "w", at_once=4, send_seconds=0.5)
    running = asyncio.create_task(courier.run())
    yield courier
    await courier.stop()
    await running


async def put(ledger: Ledger, *texts: str, chat: str = "ana") -> None:
    key = replace(PUSHED, chat=chat)
    await ledger.accept(arrival(incoming(chat=key, id=texts[0])))
    opened = await ledger.begin(key, "x", NOON, BOOK, 1)
    assert isinstance(opened, Opened)
    sends = tuple(Outgoing(key, text, "rule") for text in texts)
    await ledger.settle(settlement(opened, Outcome(Verdict.ANSWERED, "x", sends), owner="x"))


async def states(ledger: Ledger) -> dict[str, str]:
    from sqlalchemy import text

    rows = await ledger._engine.read(
        lambda c: c.execute(text("SELECT text, state FROM messages WHERE direction='out'")).all()
    )
    return {row.text: row.state for row in rows}


async def settled(ledger: Ledger, seconds: float = 5) -> dict[str, str]:
    found: dict[str, str] = {}
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                found = await states(ledger)
                if not {"pending", "sending"} & set(found.values()):
                    break
                await asyncio.sleep(0.02)
    return found


async def test_parts_arrive_in_order_and_chats_side_by_side(ledger, wire, courier):
    wire.seconds = 0.05
    for chat in ("ana", "bia", "caio"):
        await put(ledger, *(f"{chat} {n}" for n in range(4)), chat=chat)
    courier.ring()
    found = await settled(ledger)

    assert set(found.values()) == {"sent"}
    for chat in ("ana", "bia", "caio"):
        mine = [text for text in wire.arrived if text.startswith(chat)]
        assert mine == [f"{chat} {n}" for n in range(4)]
    assert 1 < wire.most_at_once <= 4


async def test_no_more_sends_under_way_than_senders(ledger, wire, courier):
    wire.seconds = 0.05
    for n in range(10):
        await put(ledger, f"t{n}", chat=f"c{n}")
    courier.ring()
    await settled(ledger)
    assert wire.most_at_once == 4
    assert len(wire.arrived) == 10


@pytest.mark.parametrize(
    ("problem", "state"),
    [
        (DeliveryRefused("too_long"), "failed"),
        (DeliveryUnknown("cut"), "unknown"),
        (ValueError("not foreseen"), "unknown"),
    ],
)
async def test_a_send_that_failed_is_never_repeated(ledger, wire, courier, problem, state):
    wire.answers["a"] = [problem]
    await put(ledger, "a", "b")
    courier.ring()

    assert await settled(ledger) == {"a": state, "b": "sent"}
    assert wire.arrived == ["b"]


async def test_a_send_without_an_answer_in_time_is_unknown(ledger, wire, courier):
    wire.seconds = 5
    await put(ledger, "a")
    courier.ring()
    assert await settled(ledger) == {"a": "unknown"}


async def test_a_platform_that_asks_for_time_gets_it(ledger, wire, courier):
    wire.answers["a"] = [DeliveryDelayed(0.3)]
    await put(ledger, "a", "a2")
    await put(ledger, "b", chat="bia")
    courier.ring()
    await settled(ledger)
    assert wire.arrived == ["b", "a", "a2"]


async def test_stopping_waits_for_the_send_under_way(ledger, wire):
    courier = Courier(ledger, {"wire": wire}, Clock(), "w", at_once=1, send_seconds=2)
    running = asyncio.create_task(courier.run())
    wire.seconds = 0.2
    await put(ledger, "a", "b")
    courier.ring()
    while not wire.at_once:
        await asyncio.sleep(0.01)
    await courier.stop()
    await running
    assert await states(ledger) == {"a": "sent", "b": "pending"}


async def test_a_ledger_that_fails_does_not_stop_the_courier(ledger, wire, monkeypatch):
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.02)
    sweep, sent = ledger.sweep, ledger.sent
    fails = iter((True, False))
    lost = iter((True, False))

    async def shaky_sweep(now):
        if next(fails, False):
            raise LedgerError("disk")
        return await sweep(now)

    async def shaky_sent(*args):
        if next(lost, False):
            raise LedgerError("disk")
        return await sent(*args)

    monkeypatch.setattr(ledger, "sweep", shaky_sweep)
    monkeypatch.setattr(ledger, "sent", shaky_sent)
    courier = Courier(ledger, {"wire": wire}, Clock(), "w", at_once=1, send_seconds=1)
    running = asyncio.create_task(courier.run())
    await put(ledger, "a")
    await put(ledger, "b", chat="bia")
    async with asyncio.timeout(5):
        while (await states(ledger)).get("b") != "sent":
            await asyncio.sleep(0.02)
    await courier.stop()
    await running
    assert wire.arrived == ["a", "b"]
    assert (await states(ledger))["a"] == "sending"  # the sweep will call it unknown
