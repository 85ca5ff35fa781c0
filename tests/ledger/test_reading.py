"""Reads: what a customer may see, and what staff see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.delivery.transcript import UnknownMessage, own_seq
from bot.desk.fate import Fate
from bot.ledger import desk_reading
from bot.model import Action, Fact, Form, Kind
from bot.outcome import Button, Erase, OpenCase, Outcome, Outgoing, Remember, SetForm, Verdict
from tests.builders import BOOK, CHAT, NOON, PUSHED, act, answered, arrival, incoming, settlement


@pytest.fixture
async def talked(ledger, open_turn):
    """Three messages, each answered."""
    for n in range(1, 4):
        await ledger.accept(arrival(incoming(f"pergunta {n}", id=f"q{n}", at=NOON + n)))
        turn = await open_turn(NOON + n + 1)
        await ledger.settle(settlement(turn, answered(turn, f"resposta {n}"), at=NOON + n + 1))


async def test_a_transcript_reads_in_order_with_the_senders_own_ids(ledger, talked):
    page = await ledger.page(CHAT, "", 100)

    assert [(x.id, x.direction, x.text, x.answers) for x in page.lines[:3]] == [
        ("q1", "in", "pergunta 1", ()),
        ("nd_2", "out", "resposta 1", ("q1",)),
        ("q2", "in", "pergunta 2", ()),
    ]
    assert not page.more


async def test_pages_follow_each_other_without_gap_or_overlap(ledger, talked):
    seen, after = [], ""
    while True:
        page = await ledger.page(CHAT, after, 2)
        seen += [line.text for line in page.lines]
        if not page.more:
            break
        after = page.lines[-1].id

    assert seen == [f"{kind} {n}" for n in (1, 2, 3) for kind in ("pergunta", "resposta")]
    after_answer = await ledger.page(CHAT, "nd_4", 100)
    assert [line.text for line in after_answer.lines] == ["pergunta 3", "resposta 3"]
    assert after_answer.lines[1].answers == ("q3",)


async def test_an_unknown_conversation_is_empty_and_an_unknown_message_is_named(ledger, talked):
    assert (await ledger.page(replace(CHAT, chat="x"), "q1", 10)).lines == ()
    with pytest.raises(UnknownMessage):
        await ledger.page(CHAT, "nope", 10)


def test_own_ids_are_read_back_and_nothing_else():
    assert own_seq("nd_12") == 12
    assert [own_seq(x) for x in ("12", "nd_", "nd_x", "nd_" + "9" * 30, "")] == [None] * 5


async def test_notes_and_unsent_rows_never_reach_the_customer(ledger, talked, open_turn, rows):
    await ledger.accept(arrival(incoming("pessoa", id="p")))
    turn = await open_turn()
    await ledger.settle(settlement(turn, answered(turn, "chamo", OpenCase("asked", {"n": "7"}))))
    await ledger.accept_act(act(Action.NOTE, text="cliente difícil"), NOON + 9)

    texts = [line.text for line in (await ledger.page(CHAT, "", 100)).lines]
    assert "cliente difícil" not in texts
    card = await ledger.card(1)
    assert card is not None
    assert [(note.author, note.text) for note in card.notes] == [("Rita", "cliente difícil")]
    assert (card.details, card.channel, card.who) == ({"n": "7"}, "web", "web:ana")
    assert [said.text for said in card.said][-2:] == ["pessoa", "chamo"]
    assert await ledger.card(99) is None


async def test_cases_are_listed_longest_waiting_first(ledger, open_turn):
    for n, name in enumerate(("a", "b")):
        chat = replace(CHAT, chat=name)
        await ledger.accept(arrival(incoming(f"ajuda {name}", chat=chat)))
        turn = await open_turn(chat=chat)
        outcome = answered(turn, "chamo", OpenCase("asked"))
        await ledger.settle(settlement(turn, outcome, at=NOON + n))
    await ledger.accept_act(act(Action.CLAIM, 1), NOON + 9)

    listed = await ledger.cases(False)
    assert listed.total == 2
    assert [(each.case.id, each.case.status, each.last_text) for each in listed.found] == [
        (1, "claimed", "ajuda a"),
        (2, "waiting", "ajuda b"),
    ]


async def test_staff_see_when_the_customer_wrote_last_and_what_became_of_each_line(
    ledger, open_turn
):
    await ledger.accept(arrival(incoming("oi", chat=PUSHED, at=NOON)))
    turn = await open_turn(chat=PUSHED)
    await ledger.settle(settlement(turn, answered(turn, "chamo alguém", OpenCase("asked"))))
    await ledger.accept(arrival(incoming("alô?", id="2", chat=PUSHED, at=NOON + 60)))
    await ledger.accept(arrival(incoming("antes", id="1", chat=PUSHED, at=NOON - 60)))
    await ledger.accept_act(act(Action.NOTE, text="x"), NOON + 90)
    (parcel,) = await ledger.take("w", NOON + 70, NOON + 99, 10, ["wire"])
    await ledger.refused(parcel.seq, "w", "too_long", NOON + 71)

    (listed,) = (await ledger.cases(False)).found
    card = await ledger.card(1)
    assert card is not None
    assert (listed.heard_at, card.heard_at) == (NOON + 60, NOON + 60)
    assert [(said.text, said.fate) for said in card.said] == [
        ("oi", None),
        ("chamo alguém", Fate("failed", "", "too_long")),
        ("alô?", None),
        ("antes", None),
    ]


async def test_a_long_list_says_how_many_there_are(ledger, open_turn, monkeypatch):
    monkeypatch.setattr(desk_reading, "MOST_CASES", 2)
    for n in range(3):
        chat = replace(CHAT, chat=str(n))
        await ledger.accept(arrival(incoming(chat=chat)))
        turn = await open_turn(chat=chat)
        await ledger.settle(settlement(turn, answered(turn, "x", OpenCase("asked"))))
    oldest, newest = await ledger.cases(False), await ledger.cases(False, newest_first=True)
    assert ([each.case.id for each in oldest.found], oldest.total) == ([1, 2], 3)
    assert [each.case.id for each in newest.found] == [3, 2]


async def test_staff_presence_is_the_latest_of_all_agents(ledger):
    assert await ledger.last_seen() == 0
    await ledger.seen("Rita", NOON)
    await ledger.seen("Bruno", NOON - 60)
    assert await ledger.last_seen() == NOON


async def test_an_acts_state_can_be_followed(ledger, talked):
    accepted = await ledger.accept_act(act(Action.NOTE, None, "x"), NOON)
    assert await ledger.act_state(accepted.seq) == "waiting"
    assert await ledger.act_state(1) == ""  # a customer's message is no act


async def test_the_backlog_counts_what_is_not_finished(ledger, talked):
    await ledger.accept(arrival(incoming("e agora", id="z")))
    assert await ledger.backlog() == {"waiting": 1}


async def test_forgetting_deletes_messages_form_facts_and_notes(ledger, talked, open_turn, rows):
    await ledger.accept(arrival(incoming("x", id="p")))
    turn = await open_turn()
    changes = (
        OpenCase("form", {"pedido": "canary-7"}),
        Remember(Fact("pedido", "text", "canary-7", NOON, "customer")),
        SetForm(Form("f", "s", {"a": "canary-8"}, BOOK.version, NOON + 99)),
    )
    await ledger.settle(settlement(turn, answered(turn, "ok", *changes)))
    await ledger.accept_act(act(Action.NOTE, text="canary note"), NOON)
    note = await open_turn()
    await ledger.settle(settlement(note, Outcome(Verdict.RELAYED, "note")))
    await ledger.accept(arrival(incoming("/forget yes", id="f")))
    turn = await open_turn()
    await ledger.accept(arrival(incoming("já é outra conversa", id="later", at=NOON + 9)))
    done = Outgoing(CHAT, "apagado", "system", answers=turn.turn.answers)
    settled = await ledger.settle(
        settlement(turn, Outcome(Verdict.ANSWERED, "forget", (done,), (Erase(),)))
    )

    assert settled.erased
    page = await ledger.page(CHAT, "", 100)
    assert [(line.text, line.answers) for line in page.lines] == [
        ("/forget", ()),
        ("já é outra conversa", ()),
        ("apagado", ("f",)),
    ]
    assert await rows("SELECT seq FROM messages WHERE text LIKE '%canary%'") == []
    (kept,) = await rows("SELECT form, facts FROM conversations")
    assert kept == {"form": None, "facts": "{}"}
    assert await rows("SELECT details FROM cases") == [{"details": "{}"}]
    repeated = await ledger.accept(arrival(incoming("pergunta 1", id="q1")))
    assert repeated.admission == "duplicate"  # the keys outlive the texts


async def test_old_keys_and_charges_are_purged(ledger, talked, rows):
    await ledger.purge(NOON + 7 * 86_400)
    assert len(await rows("SELECT key FROM deliveries")) == 3
    await ledger.purge(NOON + 9 * 86_400)
    assert await rows("SELECT key FROM deliveries") == []


async def test_the_newest_lines_are_found_in_a_long_chat(ledger, talked):
    newest = await ledger.recent(CHAT, 3)
    assert [line.text for line in newest] == ["resposta 2", "pergunta 3", "resposta 3"]
    assert newest[0].answers == ("q2",)


async def test_an_id_of_another_chat_or_of_none_is_unknown(ledger, talked):
    other = replace(CHAT, chat="bia")
    await ledger.accept(arrival(incoming(chat=other, id="b1")))
    for after in ("nd_2", "nd_999", "q1"):
        with pytest.raises(UnknownMessage):
            await ledger.page(other, after, 10)


async def test_a_chat_is_settled_when_nothing_waits(ledger, talked):
    assert await ledger.settled(CHAT)
    await ledger.accept(arrival(incoming(id="new")))
    assert not await ledger.settled(CHAT)


async def test_forgetting_takes_answers_given_after_it_was_asked_for(ledger, open_turn, rows):
    """Sent in one go, the answer to the first message is younger than the wish to forget it."""
    await ledger.accept(arrival(incoming("pedido 98765", id="a", kind=Kind.BUTTON)))
    await ledger.accept(arrival(incoming("/forget yes", id="f", kind=Kind.COMMAND)))
    first = await open_turn()
    await ledger.settle(settlement(first, answered(first, "anotei 98765")))
    turn = await open_turn()
    await ledger.settle(settlement(turn, answered(turn, "apagado", Erase())))

    assert await rows("SELECT text FROM messages ORDER BY seq") == [
        {"text": "/forget"},
        {"text": "apagado"},
    ]


async def test_what_another_version_wrote_in_another_shape_is_dropped(
    ledger, engine, open_turn, rows
):
    from sqlalchemy import text

    await ledger.accept(arrival())
    strange = text("UPDATE conversations SET form = :form, facts = :facts")
    values = {"form": '{"mood": "new"}', "facts": '{"x": {"colour": "red"}}'}
    await engine.write(lambda connection: connection.execute(strange, values) and None)
    turn = (await open_turn()).turn
    assert (turn.form, dict(turn.facts.known)) == (None, {})


async def test_which_buttons_a_press_or_a_number_means(ledger, open_turn):
    """Those under the message that was pressed; for a number, those under the last thing said."""

    async def say(id: str, *labels: str, author: str = "rule") -> None:
        await ledger.accept(arrival(incoming(chat=PUSHED, id=id, at=NOON + int(id))))
        turn = await open_turn(chat=PUSHED, at=NOON + int(id) + 4)
        buttons = tuple(Button(label, f"/{label}") for label in labels)
        said = Outgoing(PUSHED, f"texto {id}", author, buttons=buttons)
        outcome = Outcome(Verdict.ANSWERED, "x", (said,))
        await ledger.settle(settlement(turn, outcome, at=NOON + int(id) + 5))
        at = NOON + int(id) + 6
        (parcel,) = await ledger.take("w", at, at + 9, 10, ["wire"])
        await ledger.sent(parcel.seq, "w", f"ext{id}", at)

    await say("10", "sim", "não")
    assert [b.label for b in await ledger.offered(PUSHED)] == ["sim", "não"]
    await say("20")
    assert await ledger.offered(PUSHED) == ()
    assert [b.value for b in await ledger.offered(PUSHED, "ext10")] == ["/sim", "/não"]
    assert await ledger.offered(PUSHED, "unknown") == ()
    assert await ledger.offered(replace(PUSHED, chat="bia"), "ext10") == ()
    await ledger.accept(arrival(incoming(chat=PUSHED, id="30", at=NOON + 30)))
    turn = await open_turn(chat=PUSHED, at=NOON + 34)
    unsent = Outgoing(PUSHED, "não chegou", "rule", buttons=(Button("x", "/x"),))
    await ledger.settle(settlement(turn, Outcome(Verdict.ANSWERED, "x", (unsent,)), at=NOON + 35))
    (parcel,) = await ledger.take("w", NOON + 36, NOON + 40, 10, ["wire"])
    await ledger.refused(parcel.seq, "w", "gone", NOON + 36)
    assert await ledger.offered(PUSHED) == ()  # nobody has seen those
    assert await ledger.said(PUSHED, "ext20") == "texto 20"
    assert await ledger.said(PUSHED, "10") == "oi"
    assert await ledger.said(replace(PUSHED, chat="bia"), "ext20") == ""
