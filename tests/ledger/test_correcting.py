"""A customer who goes on just after the burst was closed: taken back, or left, never lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.intake.ports import Allowance, Opened
from bot.ledger.ledger import Ledger
from bot.model import Action, ConversationKey, Kind, Limit
from bot.outcome import OpenCase, Outcome, Outgoing, SetLanguage, Urgency, Verdict
from bot.prompt import Asked, Attempt
from bot.record import record_of
from tests.builders import (
    CHAT,
    NOON,
    PUSHED,
    act,
    answered,
    arrival,
    incoming,
    settlement,
)
from tests.ledger.conftest import CHANNELS, OPENING, STAFF

CLOSED = NOON + 1  # when the turn of the first message is opened
PAUSES = replace(OPENING.pauses, correction=2.0)


@pytest.fixture
def ledger(engine) -> Ledger:
    return Ledger(engine, replace(OPENING, pauses=PAUSES), CHANNELS)


@pytest.fixture
def asked(ledger, open_turn):
    """A question whose turn is open."""

    async def opened(chat=PUSHED, **more) -> Opened:
        await ledger.accept(arrival(incoming("aceitam cartão?", id="1", chat=chat, **more)))
        return await open_turn(CLOSED, chat=chat)

    return opened


@pytest.fixture
def goes_on(ledger):
    """A further message of the same person."""

    async def accepted(at=CLOSED + 1, chat=PUSHED, text="de débito?", id="2", **more):
        message = incoming(text, id=id, chat=chat, at=at, **more)
        return await ledger.accept(arrival(message))

    return accepted


async def texts(open_turn, at=CLOSED + 10, chat=PUSHED) -> list[str]:
    return [m.text for m in (await open_turn(at, chat=chat)).turn.messages]


def states(rows):
    async def of(direction: str = "out") -> list[str]:
        found = await rows("SELECT state, direction FROM messages ORDER BY seq")
        return [row["state"] for row in found if row["direction"] == direction]

    return of


# Before the answer is written.


@pytest.mark.parametrize("chat", [PUSHED, CHAT], ids=["a platform", "a page"])
async def test_no_answer_is_written_once_the_customer_has_gone_on(
    ledger, asked, goes_on, open_turn, rows, chat
):
    first = await asked(chat)
    await goes_on(chat=chat)
    settled = await ledger.settle(settlement(first, answered(first, "não")))

    assert (settled.corrected, settled.more, settled.to_send, settled.fenced) == (
        True,
        True,
        False,
        False,
    )
    assert await states(rows)() == []
    both = await open_turn(CLOSED + 10, chat=chat)
    assert [m.text for m in both.turn.messages] == ["aceitam cartão?", "de débito?"]
    await ledger.settle(settlement(both, answered(both, "sim"), at=CLOSED + 11))
    (out,) = await rows("SELECT answers, seq FROM messages WHERE direction = 'out'")
    assert out["answers"] == "[1, 2]"
    came = await rows("SELECT state, answered_by FROM messages WHERE direction = 'in'")
    assert came == [{"state": "done", "answered_by": out["seq"]}] * 2


async def test_what_was_thrown_away_stays_in_the_record_with_its_cost(
    ledger, asked, goes_on, rows, open_turn
):
    first = await asked()
    await goes_on()
    took = Asked("openai", (Attempt("openai", "answered", 1.0, cost=700),), answered_by="openai")
    outcome = replace(answered(first), asked=took)
    settled = await ledger.settle(settlement(first, outcome))
    assert settled.corrected
    await ledger.count_asked(record_of(first.turn, outcome, NOON + 5))
    (turn,) = await rows("SELECT state, settled_at, cost, calls, verdict FROM turns")
    assert turn == {
        "state": "superseded",
        "settled_at": NOON + 5,
        "cost": 700,
        "calls": 1,
        "verdict": "",
    }


async def test_nothing_of_the_outcome_is_applied(ledger, asked, goes_on, rows, open_turn):
    first = await asked()
    await goes_on()
    staff = Outgoing(STAFF, "aceitam cartão?", "system", urgency=Urgency.INSIDE)
    outcome = answered(first, "não", SetLanguage("en"))
    outcome = replace(outcome, sends=(*outcome.sends, staff))
    assert (await ledger.settle(settlement(first, outcome))).corrected
    (row,) = await rows(f"SELECT language FROM conversations WHERE key = '{PUSHED}'")
    assert row["language"] is None
    assert await states(rows)() == []


async def test_each_message_is_given_back_once_at_the_most(ledger, asked, goes_on, open_turn, rows):
    first = await asked()
    await goes_on()
    await ledger.settle(settlement(first, answered(first)))
    second = await open_turn(CLOSED + 10, chat=PUSHED)
    await goes_on(at=CLOSED + 10.5, id="3", text="ou crédito?")
    settled = await ledger.settle(settlement(second, answered(second, "sim"), at=CLOSED + 12))

    assert (settled.corrected, settled.more) == (False, True)
    assert await texts(open_turn, CLOSED + 20) == ["ou crédito?"]
    assert await rows("SELECT reruns FROM messages WHERE direction = 'in' ORDER BY seq") == [
        {"reruns": 1},
        {"reruns": 0},
        {"reruns": 0},
    ]


async def test_after_the_window_the_answer_is_written(ledger, asked, goes_on, open_turn):
    first = await asked()
    await goes_on(at=CLOSED + 2.1)
    settled = await ledger.settle(settlement(first, answered(first)))

    assert (settled.corrected, settled.more) == (False, True)
    assert await texts(open_turn) == ["de débito?"]


@pytest.mark.parametrize(
    "how",
    [
        {"kind": Kind.BUTTON, "button": "x"},
        {"kind": Kind.COMMAND, "text": "/help"},
        {"identity": "wire:bia"},
    ],
    ids=["a button", "a command", "somebody else"],
)
async def test_what_does_not_join_takes_nothing_back(ledger, asked, goes_on, how):
    first = await asked()
    await goes_on(**how)
    assert not (await ledger.settle(settlement(first, answered(first)))).corrected


async def test_what_waits_behind_something_else_takes_nothing_back(ledger, asked, goes_on):
    first = await asked()
    await goes_on(kind=Kind.BUTTON, button="x")
    await goes_on(id="3")
    assert not (await ledger.settle(settlement(first, answered(first)))).corrected


@pytest.mark.parametrize("verdict", [each for each in Verdict if each is not Verdict.ANSWERED])
async def test_only_an_answer_is_thrown_away(ledger, asked, goes_on, verdict):
    first = await asked()
    await goes_on()
    outcome = answered(first, verdict=verdict)
    assert not (await ledger.settle(settlement(first, outcome))).corrected


async def test_the_answer_to_a_button_stays(ledger, asked, goes_on):
    pressed = await asked(kind=Kind.BUTTON, button="x")
    await goes_on()
    assert not (await ledger.settle(settlement(pressed, answered(pressed)))).corrected


async def test_a_settle_behind_the_fence_gives_nothing_back(ledger, asked, goes_on, open_turn):
    first = await asked()
    again = await open_turn(NOON + 60, chat=PUSHED, owner="worker-2")
    await goes_on()
    late = await ledger.settle(settlement(first, answered(first)))
    assert (late.fenced, late.corrected) == (True, False)
    assert again.turn.id == first.turn.id


# After it was written.


async def settled_answer(ledger, first, *more: Outgoing, outcome: Outcome | None = None) -> None:
    outcome = outcome or answered(first, "não")
    await ledger.settle(
        settlement(first, replace(outcome, sends=(*outcome.sends, *more)), at=CLOSED + 0.5)
    )


async def test_an_answer_that_still_waits_is_taken_back(ledger, asked, goes_on, open_turn, rows):
    first = await asked()
    await settled_answer(ledger, first, Outgoing(PUSHED, "parte dois", "rule"))
    assert await states(rows)() == ["pending", "pending"]
    await goes_on()

    assert await states(rows)() == ["superseded", "superseded"]
    assert await ledger.take("w", CLOSED + 2, NOON + 20, 10, ["wire"]) == ()
    (turn,) = await rows("SELECT state, verdict FROM turns")
    assert turn == {"state": "superseded", "verdict": "answered"}
    both = await open_turn(CLOSED + 10, chat=PUSHED)
    assert [m.text for m in both.turn.messages] == ["aceitam cartão?", "de débito?"]
    assert both.turn.history == ()
    assert both.turn.id != first.turn.id
    await ledger.settle(settlement(both, answered(both, "sim"), at=CLOSED + 11))
    named = await rows("SELECT answers FROM messages WHERE direction='out' AND state='pending'")
    assert named == [{"answers": "[1, 4]"}]
    assert (
        await rows("SELECT answered_by FROM messages WHERE direction = 'in'")
        == [{"answered_by": 5}] * 2
    )


async def test_a_messages_answer_is_taken_back_once(ledger, asked, goes_on, open_turn, rows):
    first = await asked()
    await settled_answer(ledger, first)
    await goes_on()
    second = await open_turn(CLOSED + 10, chat=PUSHED)
    await ledger.settle(settlement(second, answered(second, "sim"), at=CLOSED + 10.5))
    await goes_on(at=CLOSED + 11, id="3", text="e pix?")
    assert await states(rows)() == ["superseded", "pending"]
    assert await texts(open_turn, CLOSED + 20) == ["e pix?"]


async def test_what_is_on_its_way_or_has_left_stays(ledger, asked, goes_on, open_turn, rows):
    first = await asked()
    await settled_answer(ledger, first, Outgoing(PUSHED, "parte dois", "rule"))
    (one,) = await ledger.take("w", CLOSED + 0.6, NOON + 20, 10, ["wire"])
    await goes_on()
    assert await states(rows)() == ["sending", "pending"]
    await ledger.sent(one.seq, "w", "ext", CLOSED + 1)
    await goes_on(at=CLOSED + 1.2, id="3")
    assert await states(rows)() == ["sent", "pending"]
    assert await texts(open_turn) == ["de débito?"] * 2


async def test_the_rest_of_an_answer_that_has_begun_to_leave_stays(ledger, asked, goes_on, rows):
    first = await asked()
    await settled_answer(ledger, first, Outgoing(PUSHED, "parte dois", "rule"))
    (one,) = await ledger.take("w", CLOSED + 0.6, NOON + 20, 10, ["wire"])
    await ledger.sent(one.seq, "w", "ext", CLOSED + 1)
    await goes_on(at=CLOSED + 1.2)
    assert await states(rows)() == ["sent", "pending"]


async def test_a_page_has_read_its_answer(ledger, asked, goes_on, open_turn, rows):
    first = await asked(CHAT)
    await settled_answer(ledger, first)
    await goes_on(chat=CHAT)
    assert await states(rows)() == ["sent"]
    assert await texts(open_turn, chat=CHAT) == ["de débito?"]


@pytest.mark.parametrize(
    "how",
    [
        {"at": CLOSED + 2.1},
        {"kind": Kind.BUTTON, "button": "x"},
        {"kind": Kind.COMMAND, "text": "/help"},
        {"identity": "wire:bia"},
    ],
    ids=["too late", "a button", "a command", "somebody else"],
)
async def test_only_what_joins_in_time_takes_an_answer_back(ledger, asked, goes_on, rows, how):
    first = await asked()
    await settled_answer(ledger, first)
    await goes_on(**how)
    assert await states(rows)() == ["pending"]


async def test_what_comes_after_a_press_takes_nothing_back(ledger, asked, goes_on, rows):
    first = await asked()
    await settled_answer(ledger, first)
    await goes_on(kind=Kind.BUTTON, button="x")
    await goes_on(at=CLOSED + 1.1, id="3")
    assert await states(rows)() == ["pending"]


async def test_a_message_over_the_budget_takes_nothing_back(ledger, asked, rows):
    elsewhere = replace(PUSHED, chat="group")

    async def say(id: str, chat: ConversationKey) -> Limit:
        message = incoming(id, id=id, chat=chat, at=CLOSED + 1, identity="wire:ana")
        return (await ledger.accept(arrival(message, allowance=Allowance(1, 1)))).limit

    first = await asked()
    await settled_answer(ledger, first)
    assert await say("x", elsewhere) is Limit.PASS
    assert await say("y", PUSHED) is Limit.NOTICE
    assert await states(rows)() == ["pending"]


async def test_an_answer_that_changed_something_stays(ledger, asked, goes_on, rows):
    first = await asked()
    await settled_answer(ledger, first, outcome=answered(first, "sim", SetLanguage("pt")))
    await goes_on()
    assert await states(rows)() == ["pending"]


@pytest.mark.parametrize("verdict", [Verdict.HANDED_OFF, Verdict.DEAD])
async def test_a_promise_of_a_person_stays(ledger, asked, goes_on, rows, verdict):
    first = await asked()
    await settled_answer(ledger, first, outcome=answered(first, "vou chamar", verdict=verdict))
    await goes_on()
    assert await states(rows)() == ["pending"]


async def test_an_answer_that_staff_were_shown_stays(ledger, asked, goes_on, rows):
    """Their mirror may have been sent, or joined to another: it must go on telling the truth."""
    first = await asked()
    mirror = Outgoing(STAFF, "Ana: aceitam cartão?\nnão", "system", urgency=Urgency.INSIDE)
    await settled_answer(ledger, first, mirror)
    await goes_on()
    assert await states(rows)() == ["pending", "pending"]


async def test_a_repeat_takes_nothing_back(ledger, asked, rows):
    first = await asked()
    await settled_answer(ledger, first)
    await ledger.accept(arrival(incoming("aceitam cartão?", id="1", chat=PUSHED, at=CLOSED + 1)))
    assert await states(rows)() == ["pending"]


async def test_after_a_claim_the_bots_answer_is_the_claims(ledger, asked, goes_on, open_turn, rows):
    first = await asked()
    outcome = answered(first, "vou chamar", OpenCase("asked"))
    await settled_answer(ledger, first, outcome=outcome)
    await ledger.accept_act(act(Action.CLAIM), CLOSED + 0.8)
    await goes_on()
    came = await rows("SELECT reruns, state FROM messages WHERE direction = 'in' ORDER BY seq")
    assert came == [{"reruns": 0, "state": "done"}, {"reruns": 0, "state": "waiting"}]


async def test_switched_off_nothing_is_taken_back(engine, asked, rows, open_turn):
    off = Ledger(engine, OPENING, CHANNELS)
    first = await asked()
    await settled_answer(off, first)
    await off.accept(arrival(incoming("e?", id="2", chat=PUSHED, at=CLOSED + 1)))
    assert await states(rows)() == ["pending"]


async def test_who_waits_after_it_was_taken_back_is_told_that_it_takes_long(
    ledger, asked, goes_on, open_turn
):
    first = await asked()
    await ledger.settle(settlement(first, answered(first, "sim"), at=CLOSED + 0.5))
    await goes_on()
    late = await ledger.late(NOON + 30, NOON + 60, [PUSHED.channel], 9)
    assert [each.conversation for each in late] == [PUSHED]
    slow = Outgoing(PUSHED, "estamos lentos", "system")
    assert await ledger.tell_late(slow, NOON + 30, NOON + 60)
    assert not await ledger.tell_late(slow, NOON + 31, NOON + 61)


async def test_what_was_left_to_a_turn_of_its_own_takes_no_answer_back(
    ledger, asked, goes_on, open_turn, rows
):
    """A desk that is behind would ask its models twice."""
    await ledger.accept(arrival(incoming("aceitam cartão?", id="1", chat=PUSHED)))
    await goes_on(at=NOON + 5, text="e abrem no domingo?")
    first = await open_turn(NOON + 8, chat=PUSHED)
    assert [m.text for m in first.turn.messages] == ["aceitam cartão?"]
    settled = await ledger.settle(settlement(first, answered(first, "sim"), at=NOON + 12))

    assert (settled.corrected, settled.more) == (False, True)
    assert await texts(open_turn, NOON + 13) == ["e abrem no domingo?"]
