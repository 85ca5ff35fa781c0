"""The line: bursts joined, chats side by side, failures that rest, dead turns, clean stops."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import structlog
from structlog.testing import capture_logs

from bot.intake import giving_up
from bot.intake import line as line_room
from bot.intake import turns as turns_room
from bot.intake.ports import Opened
from bot.model import ConversationKey, Kind, Turn
from bot.outcome import Erase, Outcome, Outgoing, Verdict
from bot.presence import Sign
from bot.prompt import Asked, Attempt, RefusedDraft
from tests.builders import BOOK, CHAT, PUSHED, arrival, incoming
from tests.intake.conftest import echo


def now_saying(text: str, id: str, chat: ConversationKey = CHAT, **more):
    return incoming(text, id=id, chat=chat, at=time.time(), **more)


async def test_fragments_become_one_turn(rig):
    for n, text in enumerate(("oi", "tudo bem?", "cadê meu pedido")):
        await rig.say(now_saying(text, str(n)))
        await asyncio.sleep(0.05)

    assert await rig.until(1) == ["oi\ntudo bem?\ncadê meu pedido"]


async def test_a_command_ends_the_pause_of_what_stands_before_it(rig):
    pauses = replace(rig.ledger._opening.pauses, pause=30, cap=30)
    rig.ledger._opening = replace(rig.ledger._opening, pauses=pauses)
    await rig.say(now_saying("oi", "1"))
    await asyncio.sleep(0.02)
    await rig.say(now_saying("/help", "2", kind=Kind.COMMAND), hurry=True)

    assert await rig.until(2) == ["oi", "/help"]


async def test_chats_are_served_side_by_side(rig):
    async def slow(turn: Turn) -> Outcome:
        await asyncio.sleep(0.3)
        return await echo(turn)

    rig.decide = slow
    chats = [replace(CHAT, chat=f"c{n}") for n in range(50)]
    started = time.monotonic()
    for chat in chats:
        await rig.say(now_saying("oi", "1", chat, kind=Kind.BUTTON), hurry=True)
    for chat in chats:
        assert await rig.until(1, chat) == ["oi"]
    assert time.monotonic() - started < 50 * 0.3 / 2


async def test_one_chat_is_served_in_order_one_turn_at_a_time(rig):
    running = 0

    async def alone(turn: Turn) -> Outcome:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0.01 * (turn.id % 3))
        running -= 1
        return await echo(turn)

    rig.decide = alone
    for n in range(20):
        await rig.say(now_saying(str(n), str(n), kind=Kind.BUTTON), hurry=True)
    assert await rig.until(20) == [str(n) for n in range(20)]


async def test_a_flooding_chat_does_not_starve_its_neighbours(rig, monkeypatch):
    monkeypatch.setattr(line_room, "TURNS_AT_ONCE", 1)
    rig.line = rig.new_line("narrow")
    order: list[str] = []

    async def noted(turn: Turn) -> Outcome:
        order.append(turn.conversation.chat)
        await asyncio.sleep(0.005)
        return await echo(turn)

    rig.decide = noted
    for n in range(30):
        await rig.ledger.accept(arrival(now_saying(str(n), str(n), kind=Kind.BUTTON)))
    quiet = replace(CHAT, chat="quiet")
    await rig.ledger.accept(arrival(now_saying("oi", "1", quiet, kind=Kind.BUTTON)))
    rig.line.ring(CHAT, True)
    rig.line.ring(quiet, True)

    assert await rig.until(1, quiet) == ["oi"]
    assert order.index("quiet") < 5


async def test_a_failing_turn_is_tried_again_and_answers(rig, monkeypatch):
    monkeypatch.setattr(line_room, "REST_SECONDS", 0.01)
    monkeypatch.setattr(turns_room, "REST_SECONDS", 0.01)
    failures = iter((True, True, False))

    async def shaky(turn: Turn) -> Outcome:
        if next(failures):
            raise RuntimeError("a handler broke")
        return await echo(turn)

    rig.decide = shaky
    await rig.say(now_saying("oi", "1"))
    assert await rig.until(1) == ["oi"]


async def test_after_five_attempts_a_turn_is_dead_and_the_line_moves_on(rig, monkeypatch):
    monkeypatch.setattr(line_room, "REST_SECONDS", 0.01)
    monkeypatch.setattr(turns_room, "REST_SECONDS", 0.01)
    tried = 0

    async def poisoned(turn: Turn) -> Outcome:
        nonlocal tried
        if "veneno" in turn.text:
            tried += 1
            raise RuntimeError("always")
        return await echo(turn)

    def sorry(turn: Turn) -> Outcome:
        return Outcome(Verdict.DEAD, "dead", (Outgoing(turn.conversation, "desculpe", "system"),))

    monkeypatch.setattr(giving_up, "dead", sorry)
    rig.decide = poisoned
    await rig.say(now_saying("veneno", "1", kind=Kind.BUTTON), hurry=True)
    await rig.say(now_saying("oi", "2", kind=Kind.BUTTON), hurry=True)

    assert await rig.until(2) == ["desculpe", "oi"]
    assert tried == 5
    first, *_ = await rig.ledger.since(CHAT, 0)
    assert first.state == "dead"


async def test_a_turn_that_killed_the_program_five_times_is_not_tried_a_sixth(rig, monkeypatch):
    tried = False

    async def never(turn: Turn) -> Outcome:
        nonlocal tried
        tried = True
        return await echo(turn)

    def unspeakable(turn: Turn) -> Outcome:
        raise LookupError("even the apology is missing")

    monkeypatch.setattr(giving_up, "dead", unspeakable)
    rig.decide = never
    await rig.ledger.accept(arrival(now_saying("x", "1", kind=Kind.BUTTON)))
    for _ in range(5):
        opened = await rig.ledger.begin(CHAT, "killed", time.time(), BOOK, 1)
        assert isinstance(opened, Opened)
        await rig.ledger.start_afresh()
    rig.line.ring(CHAT, True)
    async with asyncio.timeout(5):
        while (await rig.ledger.since(CHAT, 0))[0].state != "dead":
            await asyncio.sleep(0.01)
    assert not tried


async def test_a_turn_has_a_deadline(rig, monkeypatch):
    monkeypatch.setattr(line_room, "REST_SECONDS", 0.01)
    monkeypatch.setattr(turns_room, "REST_SECONDS", 0.01)
    slow = iter((True, False))

    async def hangs_once(turn: Turn) -> Outcome:
        if next(slow):
            await asyncio.sleep(60)
        return await echo(turn)

    rig.decide = hangs_once
    rig.ledger._opening = replace(rig.ledger._opening, turn_seconds=0.2)
    await rig.say(now_saying("oi", "1"))
    assert await rig.until(1) == ["oi"]


async def test_the_sweep_finds_what_nobody_rang_for(rig):
    await rig.ledger.accept(arrival(now_saying("oi", "1")))
    sweep = asyncio.create_task(rig.line.run())
    assert await rig.until(1) == ["oi"]
    await rig.line.stop(1)
    await sweep


async def test_stopping_finishes_what_runs_and_starts_nothing(rig):
    entered = asyncio.Event()

    async def slow(turn: Turn) -> Outcome:
        entered.set()
        await asyncio.sleep(0.2)
        return await echo(turn)

    rig.decide = slow
    await rig.say(now_saying("um", "1", kind=Kind.BUTTON), hurry=True)
    await entered.wait()
    await rig.say(now_saying("dois", "2", kind=Kind.BUTTON), hurry=True)
    await rig.line.stop(5)

    assert await rig.answers() == ["um"]
    rig.line.ring(CHAT, True)
    await asyncio.sleep(0.05)
    assert await rig.ledger.backlog() == {"waiting": 1}
    assert await rig.ledger.due(time.time() + 1) == [CHAT]


async def test_a_turn_that_does_not_end_in_time_is_put_back_unharmed(rig):
    entered = asyncio.Event()

    async def endless(turn: Turn) -> Outcome:
        entered.set()
        await asyncio.sleep(60)
        return await echo(turn)

    rig.decide = endless
    await rig.say(now_saying("oi", "1", kind=Kind.BUTTON), hurry=True)
    await entered.wait()
    await rig.line.stop(0.05)

    opened = await rig.ledger.begin(CHAT, "next start", time.time(), BOOK, 1)
    assert isinstance(opened, Opened)
    assert (opened.attempts, opened.turn.text) == (1, "oi")


async def test_stopping_during_a_pause_lets_the_line_go(rig):
    rig.ledger._opening = replace(
        rig.ledger._opening, pauses=replace(rig.ledger._opening.pauses, pause=30, cap=30)
    )
    await rig.say(now_saying("oi", "1"))
    await asyncio.sleep(0.05)
    await rig.line.stop(1)

    assert await rig.ledger.due(time.time()) == [CHAT]


async def test_typing_is_shown_from_the_first_message_until_the_answer(rig):
    with rig.presence.watch(CHAT) as watcher:
        await rig.say(now_saying("oi", "1"))
        signs = []
        while not signs or signs[-1] is not Sign.IDLE:
            signs.append(await watcher.next(3))
    assert signs == [Sign.TYPING, Sign.NEWS, Sign.IDLE]  # that it arrived, intake tells
    assert await rig.answers() == ["oi"]


async def test_an_erased_chat_is_announced(rig):
    async def forget(turn: Turn) -> Outcome:
        return replace(await echo(turn), changes=(Erase(),))

    rig.decide = forget
    with rig.presence.watch(CHAT) as watcher:
        await rig.say(now_saying("/forget yes", "1", kind=Kind.COMMAND), hurry=True)
        signs = [await watcher.next(3) for _ in range(4)]
    assert Sign.ERASED in signs


async def test_the_courier_is_woken_for_a_platform(rig):
    await rig.say(now_saying("oi", "1", PUSHED, kind=Kind.BUTTON), hurry=True)
    async with asyncio.timeout(3):
        while not rig.couriers_woken:
            await asyncio.sleep(0.01)


async def test_a_ledger_that_fails_does_not_stop_the_line(rig, monkeypatch):
    from bot.errors import LedgerError

    monkeypatch.setattr(line_room, "REST_SECONDS", 0.01)
    monkeypatch.setattr(turns_room, "REST_SECONDS", 0.01)
    begin, fails = rig.ledger.begin, iter((True, False))

    async def shaky(*args):
        if next(fails, False):
            raise LedgerError("disk")
        return await begin(*args)

    monkeypatch.setattr(rig.ledger, "begin", shaky)
    await rig.say(now_saying("oi", "1", kind=Kind.BUTTON), hurry=True)
    sweep = asyncio.create_task(rig.line.run())
    assert await rig.until(1) == ["oi"]
    monkeypatch.setattr(rig.ledger, "due", _broken)
    await rig.line.stop(1)
    await sweep


async def test_a_turn_that_could_not_be_settled_is_settled_once_the_ledger_is_back(
    rig, monkeypatch
):
    """Without the sweep: it would wait until the lease has run out."""
    from bot.errors import LedgerError

    monkeypatch.setattr(line_room, "REST_SECONDS", 0.01)
    monkeypatch.setattr(turns_room, "REST_SECONDS", 0.01)
    settle, fails = rig.ledger.settle, iter((True, True, False))

    async def shaky(settlement):
        if next(fails, False):
            raise LedgerError("locked")
        return await settle(settlement)

    monkeypatch.setattr(rig.ledger, "settle", shaky)
    await rig.say(now_saying("oi", "1", kind=Kind.BUTTON), hurry=True)
    assert await rig.until(1) == ["oi"]


async def _broken(now: float):
    from bot.errors import LedgerError

    raise LedgerError("disk")


async def test_a_chat_that_cannot_be_read_holds_up_no_other(rig, monkeypatch):
    monkeypatch.setattr(line_room, "REST_SECONDS", 0.01)
    monkeypatch.setattr(turns_room, "REST_SECONDS", 0.01)
    begin, tried = rig.ledger.begin, 0

    async def broken_for_ana(conversation, *args):
        nonlocal tried
        if conversation == CHAT:
            tried += 1
            raise TypeError("a row that no version of ours wrote")
        return await begin(conversation, *args)

    monkeypatch.setattr(rig.ledger, "begin", broken_for_ana)
    other = replace(CHAT, chat="bia")
    await rig.say(now_saying("oi", "1"))
    await rig.say(now_saying("oi", "1", other))
    assert await rig.until(1, other) == ["oi"]
    await asyncio.sleep(0.5)
    assert 2 <= tried <= 8  # ever more seldom, and given up after five times
    assert (await rig.ledger.backlog()).get("waiting", 0) == 0


async def test_the_sweep_outlives_whatever_it_meets(rig, monkeypatch):
    monkeypatch.setattr(line_room, "SWEEP_SECONDS", 0.02)
    due, fails = rig.ledger.due, iter((True, True))

    async def shaky(now):
        if next(fails, False):
            raise ValueError("not foreseen")
        return await due(now)

    monkeypatch.setattr(rig.ledger, "due", shaky)
    await rig.ledger.accept(arrival(now_saying("oi", "1")))
    sweep = asyncio.create_task(rig.line.run())
    assert await rig.until(1) == ["oi"]
    await rig.line.stop(1)
    await sweep


async def test_the_log_says_who_answered_and_what_was_stopped(rig, monkeypatch):
    asked = Asked(
        first="openai",
        attempts=(Attempt("openai", "answered"), Attempt("spare", "breaker_open", called=False)),
        refused=(RefusedDraft("Seu saldo: 127549,32", ("amount",), ("127549,32",), 0.0),),
    )

    async def lying(turn: Turn) -> Outcome:
        return replace(await echo(turn), asked=asked)

    rig.decide = lying
    monkeypatch.setattr(turns_room, "log", structlog.get_logger())
    with capture_logs() as said:
        await rig.say(now_saying("saldo", "1"))
        await rig.until(1)
        await asyncio.sleep(0.05)
    [settled] = [each for each in said if each["event"] == "turn_settled"]
    assert (settled["model"], settled["calls"], settled["refused"]) == ("", 1, ["amount"])
    assert "127549" not in str(said)
