"""Edits: unread text is replaced, answered text keeps its company, nothing is answered twice."""

from __future__ import annotations

import pytest

from bot.intake.ports import Edited, Joining, Opened
from bot.model import Action, Edit, Kind
from bot.outcome import OpenCase, Outcome, Outgoing, Urgency, Verdict
from tests.builders import BOOK, CHAT, NOON, OWNER, act, answered, arrival, incoming, settlement
from tests.ledger.conftest import STAFF

LATER = NOON + 60


def edit(text: str, *, id: str = "e1", message: str = "m1") -> Edit:
    return Edit(id, CHAT, message, text, LATER)


async def begin(ledger, now=LATER):
    return await ledger.begin(CHAT, OWNER, now, BOOK, 1)


async def test_an_edit_before_the_turn_replaces_the_text(ledger):
    await ledger.accept(arrival(incoming("cade meu pedido 1")))
    done = await ledger.edit(edit("cadê meu pedido 2?"), Kind.TEXT, None)
    opened = await begin(ledger)

    assert done is Edited.REPLACED
    assert [m.text for m in opened.turn.messages] == ["cadê meu pedido 2?"]


async def test_an_edit_calls_back_the_turn_that_reads_the_old_text(ledger):
    await ledger.accept(arrival(incoming("1")))
    old = await begin(ledger)
    assert await ledger.edit(edit("2"), Kind.TEXT, None) is Edited.REPLACED

    assert (await ledger.settle(settlement(old, answered(old, "um")))).fenced
    new = await begin(ledger)
    assert isinstance(new, Opened)
    assert [m.text for m in new.turn.messages] == ["2"]
    assert not (await ledger.settle(settlement(new, answered(new, "dois")))).fenced


async def test_a_turn_is_not_called_back_for_ever(ledger, rows):
    await ledger.accept(arrival(incoming("1")))
    done = []
    for n in range(6):
        await begin(ledger)
        done.append(await ledger.edit(edit(str(n + 2), id=f"e{n}"), Kind.TEXT, None))
    assert done == [Edited.REPLACED] * 3 + [Edited.KEPT] * 3
    opened = await begin(ledger)
    assert opened.turn.text == "4"
    assert not (await ledger.settle(settlement(opened, answered(opened)))).fenced


async def test_an_edit_can_make_a_command_of_a_text(ledger):
    await ledger.accept(arrival(incoming("humn")))
    await ledger.edit(edit("/human"), Kind.COMMAND, None)
    assert (await begin(ledger)).turn.messages[0].kind is Kind.COMMAND


async def test_an_answered_message_keeps_both_texts_and_gets_no_second_answer(ledger, rows):
    await ledger.accept(arrival(incoming("um")))
    opened = await begin(ledger)
    await ledger.settle(settlement(opened, answered(opened)))

    assert await ledger.edit(edit("dois"), Kind.TEXT, None) is Edited.KEPT
    assert await ledger.edit(edit("três", id="e2"), Kind.TEXT, None) is Edited.KEPT
    (row,) = await rows("SELECT text, state, edits FROM messages WHERE direction='in'")
    assert (row["text"], row["state"]) == ("um", "done")
    assert "dois" in row["edits"]
    assert "tr" in row["edits"]
    assert not isinstance(await begin(ledger), Opened | Joining)


@pytest.mark.parametrize(
    ("text", "message", "expected"),
    [("um", "m1", Edited.SAME), ("x", "gone", Edited.UNKNOWN)],
)
async def test_nothing_to_see(ledger, rows, text, message, expected):
    await ledger.accept(arrival(incoming("um")))
    assert await ledger.edit(edit(text, message=message), Kind.TEXT, None) is expected
    assert await rows("SELECT text FROM messages") == [{"text": "um"}]


async def test_a_repeated_edit_counts_once(ledger):
    await ledger.accept(arrival(incoming("um")))
    await ledger.edit(edit("dois"), Kind.TEXT, None)
    await ledger.edit(edit("três", id="e2"), Kind.TEXT, None)
    assert await ledger.edit(edit("dois"), Kind.TEXT, None) is Edited.DUPLICATE
    assert (await begin(ledger)).turn.text == "três"


async def test_whoever_has_the_case_is_shown_the_edit(ledger, rows):
    await ledger.accept(arrival(incoming("um")))
    opened = await begin(ledger)
    await ledger.settle(
        settlement(opened, Outcome(Verdict.HANDED_OFF, "asked", changes=(OpenCase("asked"),)))
    )
    shown = Outgoing(STAFF, "edit: dois", "system", urgency=Urgency.INSIDE, shows_case=True)
    await ledger.edit(edit("dois"), Kind.TEXT, shown)

    found = await rows(
        "SELECT text, case_id, state FROM messages WHERE conversation=:c", c=str(STAFF)
    )
    assert found == [{"text": "edit: dois", "case_id": 1, "state": "pending"}]


async def test_an_edit_while_nobody_has_a_case_is_shown_to_nobody(ledger, rows):
    await ledger.accept(arrival(incoming("um")))
    opened = await begin(ledger)
    await ledger.settle(settlement(opened, answered(opened)))
    shown = Outgoing(STAFF, "edit: dois", "system", urgency=Urgency.INSIDE, shows_case=True)
    await ledger.edit(edit("dois"), Kind.TEXT, shown)
    assert await rows("SELECT 1 FROM messages WHERE conversation=:c", c=str(STAFF)) == []


async def test_an_edit_reaches_a_person_who_holds_the_chat_in_place_of_the_old_text(ledger):
    await ledger.accept(arrival(incoming("um")))
    opened = await begin(ledger)
    await ledger.settle(
        settlement(opened, Outcome(Verdict.HANDED_OFF, "asked", changes=(OpenCase("asked"),)))
    )
    await ledger.accept_act(act(Action.CLAIM, 1), NOON)
    await ledger.accept(arrival(incoming("dois", id="m2")))
    await ledger.edit(edit("três", message="m2"), Kind.TEXT, None)
    assert (await begin(ledger)).turn.text == "três"


async def test_many_edits_do_not_fill_the_staff_chat(ledger, rows):
    await ledger.accept(arrival(incoming("um")))
    opened = await begin(ledger)
    await ledger.settle(
        settlement(opened, Outcome(Verdict.HANDED_OFF, "asked", changes=(OpenCase("asked"),)))
    )
    for n in range(5):
        shown = Outgoing(STAFF, f"edit: {n}", "system", urgency=Urgency.INSIDE, shows_case=True)
        await ledger.edit(edit(f"{n}", id=f"e{n}"), Kind.TEXT, shown)
    found = await rows("SELECT text FROM messages WHERE conversation=:c", c=str(STAFF))
    assert found == [{"text": "edit: 0\nedit: 1\nedit: 2\nedit: 3\nedit: 4"}]
