"""Dead letters: what is listed, what a replay does and refuses, what is dropped."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from bot.delivery.ports import LOOKING
from bot.desk.dead_letters import DeadKind, Replay, Revival
from bot.intake.ports import Poison
from bot.ledger import dead
from bot.model import Action
from bot.outcome import OpenCase, Outcome, Outgoing, Verdict
from tests.builders import (
    CHAT,
    NOON,
    OWNER,
    PUSHED,
    act,
    answered,
    arrival,
    incoming,
    settlement,
)

TURNS, SENDS, UNREADABLE = DeadKind.TURNS, DeadKind.SENDS, DeadKind.UNREADABLE


@pytest.fixture
def say(ledger):
    async def said(words: str, id: str, chat=CHAT, at: float = NOON) -> None:
        await ledger.accept(arrival(incoming(words, id=id, chat=chat, at=at)))

    return said


@pytest.fixture
def die(ledger, say, open_turn):
    """A burst of two that nobody could decide; the number of its turn."""

    async def died(chat=CHAT, told: bool = True) -> int:
        await say("cadê", "d1", chat)
        await say("meu pedido?", "d2", chat, NOON + 0.1)
        opened = await open_turn(NOON + 4, chat)
        sorry = (Outgoing(chat, "desculpe", "system"),) if told else ()
        outcome = Outcome(
            Verdict.DEAD, "dead", sorry, (OpenCase("dead"),), {"error": "ZeroDivisionError"}
        )
        await ledger.settle(settlement(opened, outcome))
        return opened.turn.id

    return died


@pytest.fixture
def listed(engine):
    async def found(kind=TURNS):
        return await engine.read(lambda connection: dead.dead_list(connection, kind))

    return found


@pytest.fixture
def shown(engine):
    async def found(kind, number):
        return await engine.read(lambda connection: dead.dead_letter(connection, kind, number))

    return found


async def test_a_dead_turn_is_listed_with_what_has_happened_since(
    ledger, die, listed, shown, say, open_turn
):
    number = await die()
    (turn,) = (await listed()).found
    assert (turn.number, turn.channel, turn.messages, turn.attempts) == (number, "web", 2, 1)
    assert (turn.error, turn.told, turn.since.author) == ("ZeroDivisionError", "sent", "")
    assert (turn.case, turn.case_status, turn.holder) == (1, "waiting", "")
    assert turn.words == ()
    assert (await shown(TURNS, number)).words == ("cadê", "meu pedido?")

    await ledger.accept_act(act(Action.REPLY, text="Saiu hoje."), NOON + 10)
    (turn,) = (await listed()).found
    assert (turn.holder, turn.since.author) == ("Rita", "")
    opened = await open_turn(NOON + 11)
    reply = answered(opened, "Saiu hoje.", author="staff", verdict=Verdict.RELAYED)
    await ledger.settle(settlement(opened, reply, at=NOON + 12))
    (turn,) = (await listed()).found
    assert (turn.since.author, turn.since.at) == ("staff", NOON + 12)


async def test_the_newest_stand_first_and_others_do_not_count(die, listed, say):
    first = await die()
    second = await die(replace(CHAT, chat="bia"))
    await say("oi", "x", replace(CHAT, chat="rui"))
    found = await listed()
    assert [each.number for each in found.found] == [second, first]
    assert found.total == 2


async def test_a_replay_stands_before_what_came_later_and_its_answer_names_it(
    ledger, die, say, open_turn, rows
):
    number = await die()
    await say("alguém aí?", "later", at=NOON + 60)
    revived = await ledger.letters.replay(Replay(TURNS, number))
    assert (revived.what, revived.conversation) == (Revival.DONE, CHAT)
    waits = await rows("SELECT turn_id, verdict FROM messages WHERE state = 'waiting' AND seq < 3")
    assert waits == [{"turn_id": None, "verdict": ""}] * 2  # as if nobody had read them

    opened = await open_turn(NOON + 100)
    assert [m.id for m in opened.turn.messages] == ["d1", "d2"]
    assert opened.turn.id != number
    assert opened.attempts == 1
    await ledger.settle(settlement(opened, answered(opened)))
    assert (await open_turn(NOON + 101)).turn.messages[0].id == "later"
    (out,) = await rows("SELECT seq, answers FROM messages WHERE author = 'rule'")
    assert out["answers"] == "[1, 2]"
    named = await rows("SELECT answered_by FROM messages WHERE seq IN (1, 2)")
    assert [row["answered_by"] for row in named] == [out["seq"]] * 2


async def test_a_replay_waits_for_the_turn_that_is_under_way(ledger, die, say, open_turn):
    number = await die()
    await say("alguém aí?", "later", at=NOON + 60)
    running = await open_turn(NOON + 65)
    await ledger.letters.replay(Replay(TURNS, number))
    await ledger.settle(settlement(running, answered(running)))
    assert [m.id for m in (await open_turn(NOON + 70)).turn.messages] == ["d1", "d2"]


async def test_a_replay_is_done_once(ledger, die, listed):
    number = await die()
    await ledger.letters.replay(Replay(TURNS, number))
    assert (await ledger.letters.replay(Replay(TURNS, number))).what is Revival.GONE
    assert (await listed()).total == 0


async def test_a_later_answer_or_a_person_in_the_chat_stops_a_replay(
    ledger, die, say, open_turn, rows
):
    number = await die()
    await say("alguém aí?", "later", at=NOON + 60)
    later = await open_turn(NOON + 65)
    await ledger.settle(settlement(later, answered(later)))
    refused = await ledger.letters.replay(Replay(TURNS, number))
    assert (refused.what, refused.by) == (Revival.ANSWERED, "rule")

    held = replace(CHAT, chat="bia")
    number = await die(held)
    await ledger.accept_act(act(Action.CLAIM, 2), NOON + 70)
    refused = await ledger.letters.replay(Replay(TURNS, number))
    assert (refused.what, refused.by) == (Revival.HELD, "Rita")
    assert await rows("SELECT seq FROM messages WHERE state = 'waiting'") == []
    again = await ledger.letters.replay(Replay(TURNS, number, again=True))
    assert again.what is Revival.DONE


async def test_what_staff_wrote_is_repeated_only_on_purpose(ledger, die, open_turn, listed):
    await die()
    await ledger.accept_act(act(Action.NOTE, text="ligar amanhã"), NOON + 10)
    opened = await open_turn(NOON + 11)
    await ledger.settle(settlement(opened, Outcome(Verdict.DEAD, "dead_act")))
    newest = (await listed()).found[0]
    assert newest.by_staff
    assert (await ledger.letters.replay(Replay(TURNS, newest.number))).what is Revival.ACT
    again = await ledger.letters.replay(Replay(TURNS, newest.number, again=True))
    assert again.what is Revival.DONE
    assert (await open_turn(NOON + 20)).turn.act.text == "ligar amanhã"


async def test_dropped_turns_are_over_and_counted_and_keep_their_words(
    ledger, die, listed, rows, shown
):
    number = await die()
    other = await die(replace(CHAT, chat="bia"))
    assert await ledger.letters.drop(TURNS, [number, 99], NOON) == 1
    assert [each.number for each in (await listed()).found] == [other]
    assert await shown(TURNS, number) is None
    assert (await ledger.letters.replay(Replay(TURNS, number))).what is Revival.GONE
    assert await rows("SELECT text FROM messages WHERE turn_id = 1 AND verdict = 'dropped'") == [
        {"text": "cadê"},
        {"text": "meu pedido?"},
    ]
    assert await rows("SELECT name, n FROM counters") == [{"name": "dropped.turns", "n": 1}]
    standing = await ledger.standing(0)
    assert standing.dead_letters == {"turns": 1, "sends": 0, "unreadable": 0}
    assert standing.failures == {"dead": 2}  # the messages of the other one


@pytest.fixture
def lose(ledger, say, open_turn):
    """An answer that did not arrive; the number of its row."""

    async def lost(state: str, reason: str, id: str = "m1", author: str = "rule") -> int:
        await say("oi", id, PUSHED)
        opened = await open_turn(chat=PUSHED)
        await ledger.settle(settlement(opened, answered(opened, author=author)))
        (parcel,) = await ledger.take(OWNER, NOON + 6, NOON + 20, 9, ["wire"])
        if state == "failed":
            await ledger.refused(parcel.seq, OWNER, reason, NOON + 7)
        else:
            await ledger.unknown(parcel.seq, OWNER, NOON + 7, reason=reason)
        return parcel.seq

    return lost


async def taken(ledger) -> list[int]:
    return [each.seq for each in await ledger.take(OWNER, NOON + 50, NOON + 60, 9, ["wire"])]


async def test_a_refused_send_leaves_again_on_the_present_epoch(ledger, lose, listed, rows):
    number = await lose("failed", "busy")
    (send,) = (await listed(SENDS)).found
    assert (send.number, send.state, send.failure, send.attempts) == (number, "failed", "busy", 1)
    await ledger._engine.write(
        lambda connection: connection.execute(text("UPDATE conversations SET epoch = 3"))
    )
    assert (await ledger.letters.replay(Replay(SENDS, number))).what is Revival.DONE
    assert await taken(ledger) == [number]
    assert (await listed(SENDS)).total == 0


async def test_what_may_have_arrived_is_never_repeated_blindly(ledger, lose):
    number = await lose("unknown", "unknown")
    assert (await ledger.letters.replay(Replay(SENDS, number, True))).what is Revival.ARRIVED
    assert await taken(ledger) == []
    looked = Replay(SENDS, number, not_arrived=True)
    assert (await ledger.letters.replay(looked)).what is Revival.DONE
    assert await taken(ledger) == [number]


@pytest.mark.parametrize(
    ("state", "failure", "why"),
    [("unknown", LOOKING, Revival.LOOKING), ("failed", "window_closed", Revival.KEPT)],
)
async def test_what_goes_on_by_itself_is_left_alone(ledger, lose, state, failure, why):
    number = await lose(state, failure)
    wanted = Replay(SENDS, number, again=True, not_arrived=True)
    assert (await ledger.letters.replay(wanted)).what is why
    assert await taken(ledger) == []


async def test_what_is_being_looked_up_cannot_be_dropped_yet(ledger, lose, listed):
    number = await lose("unknown", LOOKING)
    assert await ledger.letters.drop(SENDS, [number], NOON) == 0
    assert (await listed(SENDS)).total == 1


async def test_an_erased_send_has_nothing_to_say(ledger, lose):
    number = await lose("failed", "busy")
    await ledger._engine.write(
        lambda connection: connection.execute(
            text("UPDATE messages SET text = '' WHERE direction = 'out'")
        )
    )
    wanted = Replay(SENDS, number, again=True, not_arrived=True)
    assert (await ledger.letters.replay(wanted)).what is Revival.ERASED


async def test_a_send_does_not_come_after_its_own_correction(ledger, lose, open_turn, say):
    number = await lose("failed", "busy")
    await say("e aí?", "m2", PUSHED, NOON + 20)
    opened = await open_turn(NOON + 24, PUSHED)
    await ledger.settle(settlement(opened, answered(opened, author="model"), at=NOON + 25))
    refused = await ledger.letters.replay(Replay(SENDS, number))
    assert (refused.what, refused.by) == (Revival.ANSWERED, "model")
    again = await ledger.letters.replay(Replay(SENDS, number, again=True))
    assert again.what is Revival.DONE


@pytest.mark.parametrize(("author", "what"), [("rule", Revival.HELD), ("staff", Revival.DONE)])
async def test_the_bot_does_not_speak_over_a_person(ledger, lose, author, what):
    number = await lose("failed", "busy", author=author)
    await ledger._engine.write(
        lambda connection: connection.execute(
            text("UPDATE conversations SET ownership = 'human', holder = 'Rita', epoch = 2")
        )
    )
    assert (await ledger.letters.replay(Replay(SENDS, number))).what is what
    assert await taken(ledger) == ([number] if what is Revival.DONE else [])


async def test_a_dropped_send_stays_what_it_was_and_is_listed_no_more(ledger, lose, listed, rows):
    number = await lose("unknown", "unknown")
    assert await ledger.letters.drop(SENDS, [number], NOON) == 1
    assert (await listed(SENDS)).total == 0
    (row,) = await rows("SELECT state, failure, text FROM messages WHERE direction = 'out'")
    assert row == {"state": "unknown", "failure": "dropped", "text": "olá"}


async def test_unreadable_deliveries_are_listed_shown_and_deleted(ledger, listed, shown):
    for body, size in ((b"{", 1), (b"x" * 10, 900_000)):
        await ledger.keep(Poison("telegram", "7", "not_json", body, NOON, size=size))
    cut, whole = (await listed(UNREADABLE)).found
    assert (whole.whole, cut.whole, whole.body) == (True, False, b"")
    assert (await shown(UNREADABLE, whole.number)).body == b"{"
    assert await ledger.letters.drop(UNREADABLE, [whole.number, cut.number], NOON) == 2
    assert (await listed(UNREADABLE)).total == 0
