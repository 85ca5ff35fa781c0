"""The courier: in order, within its senders, honest about what it does not know."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from bot.clock import Clock
from bot.delivery import courier as room
from bot.delivery.courier import Courier
from bot.delivery.ports import Parcel, Rate
from bot.errors import DeliveryDelayed, DeliveryRefused, DeliveryUnknown, LedgerError
from bot.intake.ports import Opened, Pauses
from bot.ledger.answers import Channels
from bot.ledger.ledger import Ledger
from bot.ledger.migrate import migrate
from bot.ledger.opening import Opening
from bot.ledger.sqlite import SqliteEngine, writing_engine
from bot.model import ConversationKey
from bot.outcome import Outcome, Outgoing, Urgency, Verdict
from tests.builders import BOOK, NOON, PUSHED, arrival, incoming, settlement

DESK = ConversationKey("staff_wire", "shop", "desk")


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


async def put(ledger: Ledger, *texts: str, chat: str = "ana", thread: str = "") -> None:
    key = replace(PUSHED, chat=chat, thread=thread)
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


async def test_after_a_stop_nothing_that_was_being_taken_leaves(ledger, wire, monkeypatch):
    """Whoever leads next calls what this process still sends unknown, and tells staff."""
    taking = asyncio.Event()
    take = ledger.take

    async def slow(*args, **kwargs):
        taking.set()
        await asyncio.sleep(0.1)
        return await take(*args, **kwargs)

    monkeypatch.setattr(ledger, "take", slow)
    await put(ledger, "a")
    courier = Courier(ledger, {"wire": wire}, Clock(), "w", at_once=4, send_seconds=0.5)
    running = asyncio.create_task(courier.run())
    await taking.wait()
    await courier.stop()
    stopped = await states(ledger)
    await running
    assert await states(ledger) == stopped


async def test_staff_hear_of_what_a_kill_left_unknown_and_only_once(ledger, wire):
    await put(ledger, "a")
    await ledger.take("dead", NOON, NOON + 9, 10, ["wire"])
    await ledger.start_afresh()
    told = []

    def report(parcel: Parcel, reason: str) -> Outgoing:
        told.append((parcel.text, reason))
        return Outgoing(DESK, f"{parcel.text}?", "system", urgency=Urgency.INSIDE)

    for n in range(2):  # the program starts twice
        courier = Courier(
            ledger, {"wire": wire}, Clock(), "w", at_once=1, send_seconds=1, report=report
        )
        running = asyncio.create_task(courier.run())
        await put(ledger, f"next {n}", chat="bia")
        courier.ring()
        await settled_but(ledger, "a?")
        await courier.stop()
        await running
    assert told == [("a", "unknown")]
    assert (await states(ledger))["a?"] == "pending"


async def test_a_ledger_that_fails_does_not_stop_the_courier(ledger, wire, monkeypatch):
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.02)
    sweep, sent = ledger.lapsed, ledger.sent
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

    monkeypatch.setattr(ledger, "lapsed", shaky_sweep)
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
    assert (await states(ledger))["a"] == "sent"


async def test_what_a_failing_ledger_did_not_write_down_is_written_later(ledger, wire, monkeypatch):
    """Only the courier knows that nothing was sent: forgotten, the message would be lost."""
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.02)
    wire.answers["a"] = [DeliveryDelayed(0.1)]
    delayed, fails = ledger.delayed, iter((True, True, False))

    async def shaky(*args):
        if next(fails, False):
            raise LedgerError("disk")
        return await delayed(*args)

    monkeypatch.setattr(ledger, "delayed", shaky)
    await put(ledger, "a")
    async with running(ledger, wire):
        assert await settled(ledger) == {"a": "sent"}


async def test_a_stop_does_not_wait_for_a_ledger_that_fails(ledger, wire, monkeypatch):
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.02)
    tried = asyncio.Event()

    async def broken(*_):
        tried.set()
        raise LedgerError("disk")

    monkeypatch.setattr(ledger, "sent", broken)
    await put(ledger, "a")
    async with asyncio.timeout(2), running(ledger, wire):
        await tried.wait()
    assert await states(ledger) == {"a": "sending"}  # and the next start calls it unknown


async def test_staff_hear_of_what_a_kill_caught_on_its_way(ledger, wire):
    await put(ledger, "a")
    await ledger.take("killed", 0.0, 9e9, 1, ["wire"])
    await ledger.start_afresh()

    def report(parcel: Parcel, reason: str) -> Outgoing:
        return Outgoing(DESK, f"{parcel.text}: {reason}", "system", urgency=Urgency.INSIDE)

    async with running(ledger, wire, report=report):
        await settled_but(ledger, "a: unknown")
    assert await states(ledger) == {"a": "unknown", "a: unknown": "pending"}
    assert wire.arrived == []


async def settled_but(ledger: Ledger, text: str, seconds: float = 5) -> None:
    """Until nothing but this waits."""
    async with asyncio.timeout(seconds):
        while {t for t, state in (await states(ledger)).items() if state == "pending"} != {text}:
            await asyncio.sleep(0.02)


class Paced(Wire):
    """A platform with a budget for each chat and one for all, that notes when things arrive."""

    def __init__(self, most: int, seconds: float, *, in_all: Rate | None = None) -> None:
        super().__init__()
        self.rate, self.in_all = Rate(most, seconds), in_all
        self.log: list[tuple[float, str]] = []  # every try, on the loop's clock

    def rates(self, to):
        rates = {f"chat {to.chat}": self.rate}
        return {**rates, "all": self.in_all} if self.in_all else rates

    async def send(self, parcel: Parcel) -> str:
        self.log.append((asyncio.get_running_loop().time(), parcel.text))
        return await super().send(parcel)

    def after(self, text: str, first: str) -> float:
        times = {said: at for at, said in self.log}
        return times[text] - times[first]


class Counting:
    """An outbox that counts what is asked of it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.calls: Counter[str] = Counter()
        self.delays: list[int] = []

    def __getattr__(self, name: str):
        asked = getattr(self._ledger, name)

        async def counted(*args, **more):
            self.calls[name] += 1
            if name == "delayed":
                self.delays.append(args[0])
            return await asked(*args, **more)

        return counted


@asynccontextmanager
async def running(outbox, wire, *, at_once: int = 8, clock: Clock | None = None, **more):
    courier = Courier(
        outbox, {"wire": wire}, clock or Clock(), "w", at_once=at_once, send_seconds=2, **more
    )
    task = asyncio.create_task(courier.run())
    yield courier
    await courier.stop()
    await task


async def test_a_chat_over_its_budget_waits_and_holds_up_nobody(ledger):
    wire, outbox = Paced(2, 1.0), Counting(ledger)
    await put(ledger, "a1", "a2", "a3", "a4", "a5")
    await put(ledger, "b1", chat="bia")
    async with running(outbox, wire):
        found = await settled(ledger)

    assert set(found.values()) == {"sent"}
    assert [text for text in wire.arrived if text != "b1"] == ["a1", "a2", "a3", "a4", "a5"]
    assert wire.after("b1", "a1") < 0.95
    assert wire.after("a2", "a1") < 0.95
    assert 0.95 < wire.after("a3", "a1") < 1.9  # at its time, not at the next look
    assert 1.95 < wire.after("a5", "a1") < 3.4
    assert outbox.delays == []  # rows that may not go yet were never taken


async def test_the_budget_of_all_chats_is_kept(ledger):
    wire = Paced(5, 1.0, in_all=Rate(4, 0.4))
    outbox = Counting(ledger)
    for n in range(12):
        await put(ledger, f"t{n}", chat=f"c{n}")
    async with running(outbox, wire):
        await settled(ledger)

    times = [at for at, _ in wire.log]
    assert len(times) == 12
    assert all(later - first > 0.3 for first, later in zip(times, times[4:], strict=False))
    assert times[-1] - times[0] < 1.7
    assert len(outbox.delays) <= 4  # only before it was known what the chats share


async def test_a_row_whose_budget_is_gone_is_put_back_unsent(ledger):
    """Two topics of one group: the second is taken before the courier knows it."""
    wire = Paced(1, 0.4)
    for thread in ("1", "2"):
        await put(ledger, f"t{thread}", thread=thread)
    outbox = Counting(ledger)
    async with running(outbox, wire):
        found = await settled(ledger)
    assert found == {"t1": "sent", "t2": "sent"}
    assert len(outbox.delays) == 1
    assert 0.35 < wire.after("t2", "t1") < 0.95


async def test_a_platform_that_asks_three_chats_for_time_is_left_alone(ledger):
    wire = Paced(5, 1.0, in_all=Rate(100, 1.0))
    for n in range(6):
        wire.answers[f"t{n}"] = [DeliveryDelayed(0.5)]
        await put(ledger, f"t{n}", chat=f"c{n}")
    async with running(ledger, wire, at_once=1):
        await settled(ledger)
    assert wire.log[3][0] - wire.log[0][0] >= 0.5
    assert sorted(wire.arrived) == [f"t{n}" for n in range(6)]


async def test_what_chats_share_may_be_known_later_than_the_chats(ledger):
    """While the platform's SDK loads, its rates are others; thousands of rows may wait by then."""
    wire, outbox = Paced(5, 1.0, in_all=Rate(1, 0.2)), Counting(ledger)
    for n in range(40):
        wire.answers[f"t{n}"] = [DeliveryDelayed(0.1)]
        await put(ledger, f"t{n}", chat=f"c{n}")
    async with running(outbox, wire):
        while len(wire.log) < 2:
            await asyncio.sleep(0.01)
        wire.answers.clear()
        wire.in_all = Rate(6, 0.3)
        while len(wire.arrived) < 12:
            await asyncio.sleep(0.01)
    assert outbox.calls["take"] < 40
    assert len(outbox.delays) < 14


async def test_three_chats_with_a_success_in_between_alarm_nobody(ledger):
    wire = Paced(5, 1.0, in_all=Rate(100, 1.0))
    for n in range(8):
        wire.answers[f"t{n}"] = [DeliveryDelayed(0.5)] if n % 3 else []
        await put(ledger, f"t{n}", chat=f"c{n}")
    async with running(ledger, wire, at_once=1):
        await settled(ledger)
    assert [text for _, text in wire.log[:8]] == [f"t{n}" for n in range(8)]


async def test_one_chat_that_is_delayed_again_and_again_stops_no_other(ledger):
    wire = Paced(9, 1.0, in_all=Rate(100, 1.0))
    wire.answers["a"] = [DeliveryDelayed(0.05)] * 100
    await put(ledger, "a")
    async with running(ledger, wire) as courier:
        while len(wire.log) < 4:
            await asyncio.sleep(0.01)
        await put(ledger, "b", chat="bia")
        courier.ring()
        async with asyncio.timeout(2):
            while "b" not in wire.arrived:
                await asyncio.sleep(0.01)
        wire.answers.clear()
        await settled(ledger)
    assert wire.arrived == ["b", "a"]


async def test_idle_it_costs_one_look_and_one_sweep_at_a_time(ledger, wire, monkeypatch):
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.2)
    outbox = Counting(ledger)
    async with running(outbox, wire) as courier:
        await asyncio.sleep(0.5)
        assert outbox.calls["lapsed"] <= 3
        assert outbox.calls["take"] <= 3
        for _ in range(10):
            courier.ring()
            await asyncio.sleep(0.005)
        assert outbox.calls["lapsed"] <= 4


async def test_waiting_for_a_free_sender_is_no_busy_waiting(ledger, monkeypatch):
    wire = Paced(1, 0.05, in_all=Rate(2, 0.1))
    wire.seconds = 0.3
    for n in range(3):
        await put(ledger, f"t{n}", f"u{n}", chat=f"c{n}")
    passes = 0
    pause = Courier._pause

    def counted(courier: Courier) -> float:
        nonlocal passes
        passes += 1
        return pause(courier)

    monkeypatch.setattr(Courier, "_pause", counted)
    async with running(ledger, wire, at_once=2):
        await settled(ledger)
    assert passes < 40


async def test_a_ledger_that_takes_nothing_is_not_asked_without_a_break(ledger, monkeypatch):
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.05)
    wire, asked = Paced(1, 0.1), 0

    async def full(now: float) -> int:
        nonlocal asked
        asked += 1
        raise LedgerError("disk")

    await put(ledger, "a", "b")
    async with running(ledger, wire):
        while not wire.arrived:
            await asyncio.sleep(0.005)
        monkeypatch.setattr(ledger, "lapsed", full)
        await asyncio.sleep(0.4)
    assert 2 < asked < 15


async def test_staff_are_told_what_did_not_arrive(ledger, wire):
    told: list[tuple[str, str]] = []

    def report(parcel: Parcel, reason: str) -> Outgoing | None:
        told.append((parcel.text, reason))
        if reason == "gone":
            raise KeyError("no such text")
        return Outgoing(DESK, f"{parcel.text}: {reason}", "system", urgency=Urgency.INSIDE)

    wire.answers.update(
        {
            "a": [DeliveryRefused("blocked")],
            "b": [DeliveryUnknown("cut")],
            "c": [DeliveryRefused("gone")],
        }
    )
    for chat in "abc":
        await put(ledger, chat, chat=chat)
    async with running(ledger, wire, report=report):
        async with asyncio.timeout(5):
            while len(told) < 3 or "sending" in (await states(ledger)).values():
                await asyncio.sleep(0.02)
    assert sorted(told) == [("a", "blocked"), ("b", "unknown"), ("c", "gone")]
    assert await states(ledger) == {
        "a": "failed",
        "b": "unknown",
        "c": "failed",  # a report that breaks changes nothing about the row
        "a: blocked": "pending",
        "b: unknown": "pending",
    }


async def test_what_a_failed_send_makes_ready_does_not_wait_for_the_next_look(ledger, wire):
    """A notice for staff, and a row whose group goes on under another id."""

    def told(parcel, reason):
        return Outgoing(DESK, "não chegou", "system", urgency=Urgency.INSIDE)

    senders = {"wire": wire, "staff_wire": wire}
    courier = Courier(ledger, senders, Clock(), "w", at_once=4, send_seconds=0.5, report=told)
    running = asyncio.create_task(courier.run())
    wire.answers["a"] = [DeliveryRefused()]
    wire.answers["b"] = [DeliveryDelayed(0.0)]
    await put(ledger, "a")
    await put(ledger, "b", chat="bia")
    courier.ring()
    async with asyncio.timeout(room.LOOK_SECONDS / 2):
        while len(wire.arrived) < 2:
            await asyncio.sleep(0.01)
    await courier.stop()
    await running


async def test_a_stop_leaves_no_send_under_way(ledger):
    wire = Wire()
    wire.seconds = 0.2
    await put(ledger, "a", "b")
    async with running(ledger, wire):
        while not wire.at_once:
            await asyncio.sleep(0.01)
    assert wire.at_once == 0
    assert await states(ledger) == {"a": "sent", "b": "pending"}


async def test_what_a_dead_sender_left_behind_is_shown_to_staff_once(ledger, wire):
    await put(ledger, "a", "b")
    (left,) = await ledger.take("dead", 0.0, 5.0, 10, ["wire"])
    reported: list[tuple[str, str]] = []

    def report(parcel: Parcel, reason: str) -> None:
        reported.append((parcel.text, reason))

    courier = Courier(
        ledger, {"wire": wire}, Clock(), "w", at_once=1, send_seconds=1, report=report
    )
    running = asyncio.create_task(courier.run())
    assert await settled(ledger) == {"a": "unknown", "b": "sent"}
    await courier.stop()
    await running
    assert reported == [(left.text, "unknown")]
    assert wire.arrived == ["b"]


async def test_where_the_platform_can_be_asked_nobody_is_told_yet(ledger, wire):
    """What broke off, and what a dead sender left behind, is looked up before staff hear of it."""
    told: list[str] = []
    rung: list[bool] = []

    def notice(parcel: Parcel, reason: str) -> None:
        told.append(reason)

    await put(ledger, "left behind")
    await ledger.take("dead", 0.0, 1.0, 1, ["wire"])
    await put(ledger, "cut off", chat="bia")
    await put(ledger, "gone", chat="caio")
    wire.answers = {"cut off": [DeliveryUnknown("cut")], "gone": [DeliveryRefused("gone")]}
    courier = Courier(
        ledger,
        {"wire": wire},
        Clock(),
        "w",
        at_once=4,
        send_seconds=0.5,
        report=notice,
        looked_up=["wire"],
        adrift=lambda: rung.append(True),
    )
    running = asyncio.create_task(courier.run())
    found = await settled(ledger)
    await courier.stop()
    await running
    assert found == {"left behind": "unknown", "cut off": "unknown", "gone": "failed"}
    assert told == ["gone"]
    assert len(rung) == 2
    adrift = {each.parcel.text: each.since for each in await ledger.adrift("wire")}
    assert set(adrift) == {"left behind", "cut off"}
    assert all(since > 1.0 for since in adrift.values())


async def test_a_row_that_was_taken_before_the_program_stood_still_waits_for_its_turn(
    ledger, wire, monkeypatch
):
    """It counts as adrift by then, and what follows it may have left: it is looked at anew."""
    ahead = 0.0
    take, delayed = ledger.take, []

    async def stood_still(*args, **more):
        nonlocal ahead
        taken = await take(*args, **more)
        if taken and not delayed:
            ahead += 60.0
        return taken

    async def put_off(seq, owner, until):
        delayed.append(seq)
        await Ledger.delayed(ledger, seq, owner, until)

    monkeypatch.setattr(ledger, "take", stood_still)
    monkeypatch.setattr(ledger, "delayed", put_off)
    clock = Clock(now=lambda: NOON + 100.0 + ahead)
    courier = Courier(ledger, {"wire": wire}, clock, "w", at_once=4, send_seconds=0.5)
    running = asyncio.create_task(courier.run())
    await put(ledger, "um", "dois")
    courier.ring()
    found = await settled(ledger)
    await courier.stop()
    await running
    assert found == {"um": "sent", "dois": "sent"}
    assert len(delayed) == 1
    assert wire.arrived == ["um", "dois"]
