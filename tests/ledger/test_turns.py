"""Turns: one leased line a conversation, bursts joined, settled under a fence, resumed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.intake.ports import Joining, Later, Nothing, Opened
from bot.ledger.answers import Channels
from bot.ledger.ledger import Ledger
from bot.model import Fact, Form, Kind, Said
from bot.outcome import (
    Button,
    OpenCase,
    Outcome,
    Outgoing,
    Remember,
    SetForm,
    SetLanguage,
    SetTries,
    Verdict,
)
from bot.words.options import numbered
from tests.builders import BOOK, CHAT, NOON, OWNER, PUSHED, answered, arrival, incoming, settlement
from tests.ledger.conftest import OPENING


async def test_a_burst_stays_open_until_the_pause_after_its_last_message(ledger, begin):
    await ledger.accept(arrival(incoming("oi", id="1")))
    assert await begin(NOON + 0.1) == Joining(NOON + 0.6, visible=True)

    await ledger.accept(arrival(incoming("cadê meu", id="2", at=NOON + 0.5)))
    assert await begin(NOON + 0.6) == Joining(NOON + 1.1, visible=True)

    opened = await begin(NOON + 1.1)
    assert isinstance(opened, Opened)
    assert [m.text for m in opened.turn.messages] == ["oi", "cadê meu"]


async def test_one_conversation_has_one_worker(ledger, begin):
    await ledger.accept(arrival())
    await begin(NOON + 1)

    assert await begin(NOON + 1, owner="worker-2") == Later(NOON + 31)


async def test_a_lease_that_ran_out_is_taken_over_with_the_same_turn(ledger, begin, open_turn):
    await ledger.accept(arrival())
    first = await open_turn(NOON + 1)
    await ledger.accept(arrival(incoming("mais", id="2", at=NOON + 2)))
    second = await open_turn(NOON + 40, owner="worker-2")

    assert second.turn.id == first.turn.id
    assert [m.id for m in second.turn.messages] == ["m1"]
    assert (first.attempts, second.attempts) == (1, 2)
    assert second.fence > first.fence


async def test_a_settle_behind_the_fence_writes_nothing(ledger, open_turn, rows):
    await ledger.accept(arrival())
    slow = await open_turn(NOON + 1)
    quick = await open_turn(NOON + 40, owner="worker-2")
    settled = await ledger.settle(settlement(quick, answered(quick), owner="worker-2"))
    late = await ledger.settle(settlement(slow, answered(slow, "outra")))

    assert (settled.fenced, late.fenced) == (False, True)
    out = await rows("SELECT text FROM messages WHERE direction = 'out'")
    assert out == [{"text": "olá"}]


async def test_an_answer_names_its_messages_and_closes_them(ledger, open_turn, begin, rows):
    await ledger.accept(arrival())
    opened = await open_turn()
    settled = await ledger.settle(settlement(opened, answered(opened)))

    assert (settled.more, settled.to_send) == (False, False)
    came, went = await rows("SELECT * FROM messages ORDER BY seq")
    assert (came["state"], came["answered_by"]) == ("done", went["seq"])
    assert (went["state"], went["answers"], went["turn_id"]) == ("sent", "[1]", opened.turn.id)
    assert await begin(NOON + 10) == Nothing()


async def test_an_answer_for_a_platform_waits_for_the_courier(ledger, open_turn, rows):
    await ledger.accept(arrival(incoming(chat=PUSHED)))
    opened = await open_turn(chat=PUSHED)
    assert (await ledger.settle(settlement(opened, answered(opened)))).to_send
    assert await rows("SELECT state FROM messages WHERE direction='out'") == [{"state": "pending"}]


async def test_what_arrives_during_a_turn_waits_for_the_next(ledger, open_turn):
    await ledger.accept(arrival())
    opened = await open_turn()
    await ledger.accept(arrival(incoming("e mais isto", id="2", at=NOON + 4.5)))
    settled = await ledger.settle(settlement(opened, answered(opened)))
    following = await open_turn(NOON + 10)

    assert settled.more
    assert [m.text for m in following.turn.messages] == ["e mais isto"]
    assert following.turn.history == (
        Said("customer", "oi", NOON),
        Said("rule", "olá", NOON + 5),
    )


async def test_what_is_on_its_way_counts_as_said(ledger, open_turn):
    await ledger.accept(arrival(incoming(chat=PUSHED)))
    opened = await open_turn(chat=PUSHED)
    await ledger.settle(settlement(opened, answered(opened)))
    await ledger.take("w", NOON + 6, NOON + 20, 1, ["wire"])
    await ledger.accept(arrival(incoming("e?", id="2", chat=PUSHED, at=NOON + 7)))
    following = await open_turn(NOON + 12, chat=PUSHED)
    assert [said.text for said in following.turn.history] == ["oi", "olá"]


@pytest.mark.parametrize("kind", [Kind.BUTTON, Kind.COMMAND])
async def test_a_tap_or_command_does_not_wait_and_goes_alone(ledger, open_turn, kind):
    await ledger.accept(arrival(incoming("/help", kind=kind)))
    await ledger.accept(arrival(incoming("oi", id="2")))
    opened = await open_turn(NOON)

    assert [m.text for m in opened.turn.messages] == ["/help"]


async def test_texts_before_a_command_are_answered_first_and_at_once(ledger, open_turn):
    await ledger.accept(arrival(incoming("oi")))
    await ledger.accept(arrival(incoming("/help", id="2", kind=Kind.COMMAND)))

    assert (await open_turn(NOON)).turn.text == "oi"


async def test_changes_are_remembered_for_the_next_turn(ledger, open_turn):
    await ledger.accept(arrival())
    opened = await open_turn()
    form = Form("order", "number", {"name": "Ana"}, "1", NOON + 1800)
    fact = Fact("city", "text", "Natal", NOON, "customer")
    outcome = answered(
        opened, "?", SetLanguage("es", pinned=True), SetForm(form), Remember(fact), SetTries(1)
    )
    await ledger.settle(settlement(opened, outcome))
    await ledger.accept(arrival(incoming("123", id="2")))
    turn = (await open_turn()).turn

    assert (turn.language, turn.pinned_language, turn.tries) == ("es", True, 1)
    assert turn.form == form
    assert turn.facts.known == {"city": fact}


async def test_a_case_is_opened_once(ledger, open_turn, rows):
    for n in range(2):
        await ledger.accept(arrival(incoming(f"socorro {n}", id=str(n))))
        opened = await open_turn()
        outcome = answered(opened, "vou chamar", OpenCase("asked", {"order": "7"}))
        await ledger.settle(settlement(opened, outcome))
    await ledger.accept(arrival(incoming("e aí", id="9")))

    assert [row["reason"] for row in await rows("SELECT reason FROM cases")] == ["asked"]
    case = (await open_turn()).turn.case
    assert case is not None
    assert (case.id, case.status, case.reason) == (1, "waiting", "asked")


async def test_details_collected_later_join_the_open_case(ledger, open_turn, rows):
    for n, details in enumerate(({"order": "7"}, {}, {"why": "late"})):
        await ledger.accept(arrival(incoming(f"x {n}", id=str(n))))
        opened = await open_turn()
        await ledger.settle(settlement(opened, answered(opened, "ok", OpenCase("form", details))))

    assert await rows("SELECT details FROM cases") == [{"details": '{"order": "7", "why": "late"}'}]


async def test_a_failed_turn_rests_and_comes_back_with_the_same_messages(
    ledger, begin, open_turn, rows
):
    await ledger.accept(arrival())
    opened = await open_turn()
    await ledger.postpone(opened, OWNER, NOON + 60)
    await ledger.accept(arrival(incoming("ainda aí?", id="2", at=NOON + 10)))

    assert await begin(NOON + 30) == Later(NOON + 60)
    assert await ledger.due(NOON + 30) == []
    again = await open_turn(NOON + 61)
    assert (again.turn.id, again.attempts, again.turn.answers) == (opened.turn.id, 2, (1,))


async def test_a_turn_put_back_at_a_stop_does_not_count_as_an_attempt(ledger, open_turn):
    await ledger.accept(arrival())
    await ledger.put_back(await open_turn(), OWNER)

    assert (await open_turn(owner="worker-2")).attempts == 1


async def test_a_line_leased_for_joining_can_be_let_go(ledger, begin):
    await ledger.accept(arrival())
    await begin(NOON)
    await ledger.let_go(CHAT, OWNER)

    assert await ledger.due(NOON) == [CHAT]


async def test_after_a_kill_everything_unfinished_is_due_oldest_first(ledger, open_turn):
    chats = [replace(CHAT, chat=name) for name in ("a", "b", "c")]
    for chat in chats:
        await ledger.accept(arrival(incoming(chat=chat)))
    await open_turn(chat=chats[1])
    assert await ledger.due(NOON + 5) == [chats[0], chats[2]]

    assert await ledger.start_afresh() == 1
    assert await ledger.due(NOON + 5) == chats


async def test_a_dead_turn_closes_its_messages_as_dead(ledger, open_turn, rows):
    await ledger.accept(arrival())
    opened = await open_turn()
    sorry = Outgoing(CHAT, "deu errado", "system")
    await ledger.settle(settlement(opened, Outcome(Verdict.DEAD, "dead", (sorry,))))

    assert await rows("SELECT state, answered_by FROM messages WHERE direction='in'") == [
        {"state": "dead", "answered_by": None}
    ]


async def test_the_record_of_a_turn_says_how_it_ended(ledger, open_turn, rows):
    await ledger.accept(arrival())
    opened = await open_turn()
    outcome = replace(answered(opened), reason="rule.hours", trail={"score": 0.9})
    await ledger.settle(settlement(opened, outcome))

    (row,) = await rows("SELECT state, verdict, reason, trail FROM turns")
    assert row == {
        "state": "settled",
        "verdict": "answered",
        "reason": "rule.hours",
        "trail": '{"score": 0.9}',
    }


async def test_buttons_are_kept_with_the_answer_and_looked_up_in_their_chat_only(ledger, open_turn):
    await ledger.accept(arrival())
    opened = await open_turn()
    tap = (Button("Pessoa", "/human"),)
    message = replace(answered(opened).sends[0], buttons=tap)
    await ledger.settle(settlement(opened, Outcome(Verdict.ANSWERED, "x", (message,))))

    assert await ledger.pressed(CHAT, "nd_2", 0) == "/human"
    assert await ledger.pressed(CHAT, "nd_2", 1) is None
    assert await ledger.pressed(CHAT, "nd_1", 0) is None
    assert await ledger.pressed(CHAT, "m1", 0) is None
    assert await ledger.pressed(replace(CHAT, chat="bia"), "nd_2", 0) is None


async def test_a_part_leaves_room_for_choices_that_are_written_out(engine, rows):
    """The last part has the buttons; where they are text, it must still fit into one message."""
    channels = Channels(frozenset(), {"wire": 100}, frozenset({"wire"}))
    ledger = Ledger(engine, OPENING, channels)
    await ledger.accept(arrival(incoming(chat=PUSHED)))
    turn = await ledger.begin(PUSHED, OWNER, NOON + 4, BOOK, 7)
    buttons = (Button("Falar com uma pessoa", "/human"), Button("Meu pedido", "x"))
    said = Outgoing(PUSHED, "Uma frase curta. " * 10, "rule", buttons=buttons)
    outcome = Outcome(Verdict.ANSWERED, "x", (said,))
    await ledger.settle(settlement(turn, outcome))
    texts = [row["text"] for row in await rows("SELECT text FROM messages WHERE direction='out'")]
    assert len(texts) > 2
    assert all(len(text) + len(numbered([b.label for b in buttons])) <= 100 for text in texts)
