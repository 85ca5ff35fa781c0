"""What platforms say about chats: shut out, moved, unreadable."""

from __future__ import annotations

from dataclasses import replace

from bot.intake.ports import Opened, Poison
from bot.model import Action, ConversationKey, Ownership
from bot.outcome import OpenCase, Outcome, Outgoing, Urgency, Verdict
from tests.builders import BOOK, NOON, OWNER, PUSHED, act, answered, arrival, incoming, settlement
from tests.ledger.conftest import STAFF

MOVED = replace(PUSHED, chat="-100999")
THREAD = replace(PUSHED, thread="5")


async def turn(ledger, chat=PUSHED, *sends, id="m1", changes=()):
    await ledger.accept(arrival(incoming(id=id, chat=chat)))
    opened = await ledger.begin(chat, OWNER, NOON + 60, BOOK, 1)
    outcome = Outcome(Verdict.HANDED_OFF, "x", sends, tuple(changes))
    await ledger.settle(settlement(opened, outcome))
    return opened


async def take(ledger, *channels):
    return await ledger.take("w", NOON + 60, NOON + 90, 10, channels or ("wire", "telegram_staff"))


async def test_a_blocked_chat_is_left_alone_until_the_customer_writes(ledger, rows):
    sends = [Outgoing(PUSHED, text, "rule") for text in ("a", "b")]
    await turn(ledger, PUSHED, *sends)
    (first,) = await take(ledger)
    await ledger.refused(first.seq, "w", "blocked", NOON)

    assert await take(ledger) == [] or not await take(ledger)
    found = await rows("SELECT state, failure FROM messages WHERE direction='out'")
    assert found == [{"state": "failed", "failure": "blocked"}] * 2
    assert (await rows("SELECT blocked_at FROM conversations"))[0]["blocked_at"] == NOON

    await ledger.accept(arrival(incoming(id="m2", chat=PUSHED)))
    assert (await rows("SELECT blocked_at FROM conversations"))[0]["blocked_at"] is None


async def test_what_a_person_wrote_to_a_blocked_chat_is_tried_so_that_they_hear_of_it(ledger, rows):
    await turn(ledger, PUSHED, *(Outgoing(PUSHED, text, "staff") for text in ("a", "b")))
    notice = Outgoing(STAFF, "bloqueou", "system", urgency=Urgency.INSIDE)
    for _ in range(2):
        (parcel,) = await take(ledger, "wire")
        await ledger.refused(parcel.seq, "w", "blocked", NOON, notice)
    assert len(await rows("SELECT seq FROM messages WHERE text = 'bloqueou'")) == 2


async def test_the_platform_says_that_we_are_shut_out_and_let_in(ledger, rows):
    await turn(ledger, PUSHED, Outgoing(PUSHED, "a", "rule"))
    await ledger.blocked(PUSHED, True, NOON)
    assert not await take(ledger)
    await ledger.blocked(PUSHED, False, NOON)
    assert (await rows("SELECT blocked_at FROM conversations"))[0]["blocked_at"] is None


async def test_what_staff_wrote_to_somebody_who_shut_us_out_is_not_lost_in_silence(ledger):
    await turn(ledger, PUSHED, *(Outgoing(PUSHED, text, "staff") for text in ("a", "b")))
    await ledger.blocked(PUSHED, True, NOON)
    for text in ("a", "b"):
        (parcel,) = await take(ledger)
        assert parcel.text == text
        notice = Outgoing(STAFF, f"{text} não chegou", "system", urgency=Urgency.INSIDE)
        await ledger.refused(parcel.seq, "w", "blocked", NOON, notice)
        (told,) = await take(ledger, "telegram_staff")
        assert told.text == f"{text} não chegou"
        await ledger.sent(told.seq, "w", "", NOON)


async def test_staff_hear_of_what_did_not_arrive_in_the_same_transaction(ledger, rows):
    await turn(ledger, PUSHED, Outgoing(PUSHED, "a", "staff"), changes=[OpenCase("asked")])
    (parcel,) = await take(ledger)
    notice = Outgoing(STAFF, "não chegou", "system", urgency=Urgency.INSIDE, shows_case=True)
    await ledger.unknown(parcel.seq, "w", NOON, notice)
    await ledger.unknown(parcel.seq, "another", NOON, notice)  # not its row: nothing twice
    (told,) = await take(ledger)
    assert (told.to, told.text, told.case) == (STAFF, "não chegou", 1)


async def test_a_parcel_knows_the_case_of_its_own_chat_and_no_other(ledger):
    bia = replace(PUSHED, chat="bia")
    await turn(ledger, bia, changes=[OpenCase("asked")])
    await turn(ledger, PUSHED, Outgoing(PUSHED, "a", "rule"))
    await turn(ledger, bia, Outgoing(bia, "b", "rule"), id="m2")
    await ledger.tell(Outgoing(STAFF, "c", "system", urgency=Urgency.INSIDE), None, NOON)
    cases = [(parcel.text, parcel.case) for parcel in await take(ledger)]
    assert cases == [("a", None), ("b", 1), ("c", None)]
    await ledger.start_afresh()
    assert [(left.text, left.case) for left, _ in await ledger.lapsed(NOON)] == cases


async def test_a_moved_chat_keeps_everything(ledger, rows):
    await turn(ledger, PUSHED, Outgoing(PUSHED, "a", "rule"), changes=[OpenCase("asked")])
    await turn(ledger, THREAD, Outgoing(THREAD, "b", "rule"))
    other = ConversationKey("wire", "shop", "ana2")
    await turn(ledger, other, Outgoing(other, "c", "rule"))
    await ledger.moved(PUSHED, MOVED, NOON)
    await ledger.moved(PUSHED, MOVED, NOON)

    parcels = await take(ledger)
    assert {(p.text, p.to.chat, p.to.thread) for p in parcels} == {
        ("a", "-100999", ""),
        ("b", "-100999", "5"),
        ("c", "ana2", ""),
    }
    assert await ledger.home_of(PUSHED) == MOVED
    assert await ledger.home_of(other) == other
    assert (await ledger.accept_act(act(Action.CLAIM, 1), NOON)).conversation == MOVED


async def test_a_turn_under_way_while_the_chat_moves_is_decided_again(ledger):
    await ledger.accept(arrival(incoming(chat=PUSHED)))
    old = await ledger.begin(PUSHED, OWNER, NOON + 60, BOOK, 1)
    await ledger.moved(PUSHED, MOVED, NOON)
    assert (await ledger.settle(settlement(old, answered(old)))).fenced

    assert list(await ledger.due(NOON + 60)) == [MOVED]
    new = await ledger.begin(MOVED, OWNER, NOON + 60, BOOK, 1)
    assert isinstance(new, Opened)
    assert new.turn.messages[0].conversation == MOVED
    assert not (await ledger.settle(settlement(new, answered(new)))).fenced


async def test_a_chat_that_is_known_under_both_ids_becomes_one(ledger):
    await turn(ledger, PUSHED, Outgoing(PUSHED, "a", "rule"), changes=[OpenCase("asked")])
    await turn(ledger, MOVED, Outgoing(MOVED, "b", "rule"), changes=[OpenCase("asked")])
    await ledger.moved(PUSHED, MOVED, NOON)

    assert [c.case.id for c in (await ledger.cases(False)).found] == [2]
    (first,) = await take(ledger)
    await ledger.sent(first.seq, "w", "", NOON)
    (second,) = await take(ledger)
    assert [first.text, second.text] == ["a", "b"]
    assert not await ledger.due(NOON + 60)


async def test_chats_that_move_in_a_circle_end(ledger):
    await ledger.moved(PUSHED, MOVED, NOON)
    await ledger.moved(MOVED, PUSHED, NOON)
    assert await ledger.home_of(PUSHED) in (PUSHED, MOVED)


async def test_poison_is_kept_cut_and_forgotten_after_a_while(ledger, rows):
    poison = Poison("wire", "shop", "not_json", b"x" * 100_000, NOON, PUSHED)
    await ledger.keep(poison)
    await ledger.keep(replace(poison, body=b"", size=9_999_999, conversation=None))
    found = await rows("SELECT length(body) AS kept, size, conversation FROM quarantine")
    assert found == [
        {"kept": 65_536, "size": 100_000, "conversation": str(PUSHED)},
        {"kept": 0, "size": 9_999_999, "conversation": ""},
    ]
    await ledger.purge(NOON + 7 * 86_400)
    assert len(await rows("SELECT 1 FROM quarantine")) == 2
    await ledger.purge(NOON + 9 * 86_400)
    assert await rows("SELECT 1 FROM quarantine") == []


async def test_whether_the_staff_chat_took_its_last_message(ledger):
    assert await ledger.took_last(STAFF) is None
    for text in ("a", "b"):
        await ledger.tell(Outgoing(STAFF, text, "system", urgency=Urgency.INSIDE), None, NOON)
    (first,) = await take(ledger)
    assert await ledger.took_last(STAFF) is None
    await ledger.sent(first.seq, "w", "1", NOON)
    assert await ledger.took_last(STAFF) is True
    (second,) = await take(ledger)
    await ledger.refused(second.seq, "w", "gone", NOON)
    assert await ledger.took_last(STAFF) is False


async def test_numbers_of_the_old_chat_mean_nothing_in_the_new_one(ledger):
    card = Outgoing(STAFF, "cartão da ana", "system", urgency=Urgency.INSIDE, shows_case=True)
    await turn(ledger, PUSHED, card, changes=[OpenCase("asked")])
    (parcel,) = await take(ledger)
    await ledger.sent(parcel.seq, "w", "5", NOON)
    new = replace(STAFF, chat="-1002")
    await ledger.moved(STAFF, new, NOON)
    bia = replace(PUSHED, chat="bia")
    await turn(ledger, bia, replace(card, to=new), changes=[OpenCase("asked")])
    assert await ledger.case_shown(new, "5") is None  # a new message with an old number
    (parcel,) = await take(ledger)
    await ledger.sent(parcel.seq, "w", "5", NOON)
    assert await ledger.case_shown(new, "5") == 2


async def test_what_waits_for_a_moved_chat_quotes_nothing_any_more(ledger):
    await ledger.accept(arrival(replace(incoming(id="501", chat=PUSHED), public=True)))
    opened = await ledger.begin(PUSHED, OWNER, NOON + 60, BOOK, 1)
    await ledger.settle(settlement(opened, answered(opened)))
    await ledger.moved(PUSHED, MOVED, NOON)
    (parcel,) = await take(ledger)
    assert (parcel.to, parcel.quote) == (MOVED, "")


async def test_a_send_under_way_while_two_chats_become_one_is_not_stuck(ledger):
    """It is this send that learns of the move, and it is put back for the new chat."""
    await turn(ledger, PUSHED, Outgoing(PUSHED, "a", "staff"), changes=[OpenCase("asked")])
    await turn(ledger, MOVED, Outgoing(MOVED, "b", "rule"), changes=[OpenCase("asked")])
    await ledger.accept_act(act(Action.CLAIM, 2), NOON)
    (first,) = await take(ledger)
    await ledger.moved(PUSHED, MOVED, NOON)
    await ledger.delayed(first.seq, "w", NOON)
    (again,) = await take(ledger)
    assert (again.to, again.text) == (MOVED, "a")


async def test_a_card_recorded_after_the_move_leads_nobody_astray(ledger):
    card = Outgoing(STAFF, "cartão da ana", "system", urgency=Urgency.INSIDE, shows_case=True)
    await turn(ledger, PUSHED, card, changes=[OpenCase("asked")])
    (parcel,) = await take(ledger)
    new = replace(STAFF, chat="-1002")
    await ledger.moved(STAFF, new, NOON)
    await ledger.sent(parcel.seq, "w", "5", NOON)  # its number in the old chat
    bia = replace(PUSHED, chat="bia")
    await turn(ledger, bia, replace(card, to=new), changes=[OpenCase("asked")])
    (parcel,) = await take(ledger)
    await ledger.sent(parcel.seq, "w", "5", NOON)
    assert await ledger.case_shown(new, "5", 2) == 2


async def test_what_is_being_decided_on_both_sides_of_a_move_is_decided_once(ledger, rows):
    for chat in (PUSHED, MOVED):
        await ledger.accept(arrival(incoming(id=f"m-{chat.chat}", chat=chat)))
        await ledger.begin(chat, OWNER, NOON + 60, BOOK, 1)
    await ledger.moved(PUSHED, MOVED, NOON)
    answers = []
    while True:
        opened = await ledger.begin(MOVED, OWNER, NOON + 90, BOOK, 1)
        if not isinstance(opened, Opened):
            break
        answers += opened.turn.answers
        await ledger.settle(settlement(opened, answered(opened)))
    assert sorted(answers) == [1, 2]


async def test_a_person_who_holds_a_chat_still_holds_it_where_it_goes_on(ledger):
    await turn(ledger, PUSHED, changes=[OpenCase("asked")])
    await ledger.accept_act(act(Action.CLAIM, 1), NOON)
    await turn(ledger, MOVED)
    await ledger.moved(PUSHED, MOVED, NOON)
    await ledger.accept(arrival(incoming(id="m2", chat=MOVED)))
    opened = await ledger.begin(MOVED, OWNER, NOON + 90, BOOK, 1)
    assert opened.turn.ownership is Ownership.HUMAN


async def test_what_waits_for_a_staff_chat_that_was_given_up_goes_to_the_new_one(ledger, rows):
    card = Outgoing(STAFF, "cartão", "system", urgency=Urgency.INSIDE, shows_case=True)
    other = replace(card, to=replace(STAFF, account="other"), text="de outro robô")
    await turn(ledger, PUSHED, card, other, changes=(OpenCase("asked", {}),))
    (parcel,) = await ledger.take("w", NOON, NOON + 9, 1, ["telegram_staff"])
    await ledger.delayed(parcel.seq, "w", NOON + 900)
    await ledger.bring_to_staff(replace(STAFF, chat="-2"), NOON)

    found = {p.text: (p.to, p.case) for p in await take(ledger, "telegram_staff")}
    assert found["cartão"] == (replace(STAFF, chat="-2"), 1)
    assert found["de outro robô"][0].account == "other"
