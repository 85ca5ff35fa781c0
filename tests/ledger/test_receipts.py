"""Receipts: whatever the order and however often they come, the end is the same."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from bot.delivery.ports import LOOKING
from bot.delivery.receipts import MOST_ATTEMPTS, Heard, Receipt, Report, rank_of
from bot.model import Action, ConversationKey
from bot.outcome import OpenCase, Outgoing
from tests.builders import NOON, act, answered, arrival, incoming, settlement
from tests.ledger.conftest import STAFF

ANA = ConversationKey("wire", "shop", "ana")
SID = "SM" + "a" * 32


@pytest.fixture
def send(ledger, open_turn):
    """One answer on its way to Ana; returns its parcel."""

    async def sending(*changes, at: float = NOON):
        await ledger.accept(arrival(incoming(chat=ANA, at=at, id=f"m{at}")))
        turn = await open_turn(chat=ANA, at=at + 4)
        await ledger.settle(settlement(turn, answered(turn, "olá", *changes), at=at + 5))
        (parcel,) = await ledger.take("w", at + 6, at + 26, 10, ["wire"])
        return parcel

    return sending


def report(parcel, receipt: Receipt, **more) -> Report:
    told = Report(
        receipt, "wire", SID, "ana", parcel.seq, parcel.attempt, reason="gone", again_after=None
    )
    return replace(told, **more)


async def state(rows, parcel):
    (row,) = await rows("SELECT * FROM messages WHERE seq = :seq", seq=parcel.seq)
    return row


STORY = (Receipt.QUEUED, Receipt.SENT, Receipt.DELIVERED, Receipt.READ)


@pytest.mark.parametrize("order", list(itertools.permutations(STORY)), ids=lambda o: "-".join(o))
async def test_in_any_order_the_end_is_read(ledger, send, rows, order):
    parcel = await send()
    for receipt in (*order, *order):
        await ledger.note(report(parcel, receipt), NOON + 7)
    await ledger.sent(parcel.seq, "w", SID, NOON + 8)
    row = await state(rows, parcel)
    assert (row["state"], row["receipt"], row["external_id"]) == ("sent", "read", SID)


@pytest.mark.parametrize("order", [(Receipt.SENT, Receipt.FAILED), (Receipt.FAILED, Receipt.SENT)])
async def test_a_failure_ends_it_whatever_came_before_or_after(ledger, send, rows, order):
    parcel = await send()
    for receipt in order:
        await ledger.note(report(parcel, receipt), NOON + 7)
    row = await state(rows, parcel)
    assert (row["state"], row["receipt"], row["failure"]) == ("failed", "failed", "gone")
    await ledger.note(report(parcel, Receipt.DELIVERED), NOON + 8)  # so it did arrive
    row = await state(rows, parcel)
    assert (row["state"], row["receipt"], row["failure"]) == ("sent", "delivered", "")


async def test_a_report_before_its_send_has_returned_settles_it(ledger, send, rows):
    parcel = await send()
    noted = await ledger.note(report(parcel, Receipt.SENT), NOON + 7)
    assert noted.heard is Heard.NEWS
    assert noted.responded is not None
    await ledger.unknown(parcel.seq, "w", NOON + 8, reason=LOOKING)  # no answer came in time
    assert (await state(rows, parcel))["state"] == "sent"
    assert await ledger.adrift("wire") == []


async def test_an_unknown_send_is_settled_by_a_report(ledger, send, rows):
    parcel = await send()
    await ledger.unknown(parcel.seq, "w", NOON + 8, reason=LOOKING)
    (adrift,) = await ledger.adrift("wire")
    assert (adrift.parcel.seq, adrift.since) == (parcel.seq, NOON + 8)
    assert await ledger.adrift("other") == []
    await ledger.note(report(parcel, Receipt.DELIVERED), NOON + 9)
    assert (await state(rows, parcel))["state"] == "sent"
    assert await ledger.adrift("wire") == []


async def test_a_repeat_tells_nothing_new(ledger, send):
    parcel = await send()
    assert (await ledger.note(report(parcel, Receipt.SENT), NOON)).heard is Heard.NEWS
    assert (await ledger.note(report(parcel, Receipt.SENT), NOON)).heard is Heard.OLD
    assert (await ledger.note(report(parcel, Receipt.QUEUED), NOON)).heard is Heard.OLD


async def test_what_is_not_about_a_message_of_ours_changes_nothing(ledger, send, rows):
    parcel = await send()
    before = await rows("SELECT * FROM messages")
    for strange in (
        report(parcel, Receipt.READ, chat="somebody-else"),
        report(parcel, Receipt.READ, seq=parcel.seq + 1),
        report(parcel, Receipt.READ, seq=parcel.seq - 1),  # the customer's own message
        report(parcel, Receipt.READ, channel="other"),
        report(parcel, Receipt.READ, seq=None, account="shop"),
    ):
        assert (await ledger.note(strange, NOON)).heard is Heard.STRANGE
    assert await rows("SELECT * FROM messages") == before


async def test_without_our_number_the_platforms_id_tells(ledger, send, rows):
    parcel = await send()
    await ledger.sent(parcel.seq, "w", SID, NOON)
    told = report(parcel, Receipt.READ, seq=None, attempt=None, account="shop")
    assert (await ledger.note(replace(told, account="other"), NOON)).heard is Heard.STRANGE
    assert (await ledger.note(told, NOON)).heard is Heard.NEWS
    assert (await state(rows, parcel))["receipt"] == "read"


async def test_without_our_number_another_name_of_the_recipient_leads_there_too(ledger, send):
    parcel = await send()
    await ledger.sent(parcel.seq, "w", SID, NOON)
    await ledger.met(ANA, ["ana", "BR.1"], NOON)
    told = report(parcel, Receipt.READ, seq=None, attempt=None, account="shop", chat="BR.1")
    assert (await ledger.note(told, NOON)).heard is Heard.NEWS


async def test_another_message_under_a_number_of_an_older_database_is_strange(ledger, send):
    parcel = await send()
    await ledger.sent(parcel.seq, "w", SID, NOON)
    other = report(parcel, Receipt.FAILED, external_id="SM" + "b" * 32)
    assert (await ledger.note(other, NOON)).heard is Heard.STRANGE


async def test_what_the_platform_says_may_be_tried_again_is(ledger, send, rows):
    parcel = await send()
    await ledger.sent(parcel.seq, "w", SID, NOON + 7)
    slow = report(parcel, Receipt.FAILED, again_after=20.0)
    assert (await ledger.note(slow, NOON + 8)).to_send
    assert (await ledger.note(slow, NOON + 9)).heard is Heard.OLD  # repeated: one more try, not two
    assert await ledger.take("w", NOON + 27, NOON + 50, 10, ["wire"]) == ()
    (again,) = await ledger.take("w", NOON + 29, NOON + 50, 10, ["wire"])
    assert (again.seq, again.attempt) == (parcel.seq, 2)
    await ledger.sent(parcel.seq, "w", SID, NOON + 30)  # the first attempt's answer, very late
    assert (await state(rows, parcel))["state"] == "sending"
    assert (await ledger.note(slow, NOON + 30)).heard is Heard.OLD  # of the first attempt
    second = report(again, Receipt.DELIVERED, external_id="SM" + "b" * 32)
    await ledger.note(second, NOON + 31)
    row = await state(rows, parcel)
    assert (row["state"], row["external_id"]) == ("sent", "SM" + "b" * 32)


async def test_it_is_not_tried_without_end(ledger, send, rows):
    parcel = await send()
    at = NOON + 10
    for n in range(1, MOST_ATTEMPTS + 1):
        sid = f"SM{n:032}"
        await ledger.sent(parcel.seq, "w", sid, at)
        failed = report(parcel, Receipt.FAILED, external_id=sid, again_after=5.0, attempt=n)
        await ledger.note(failed, at)
        assert await ledger.take("w", at + 5 * 2 ** (n - 1) - 1, at, 10, ["wire"]) == ()
        at += 5 * 2**n
        taken = await ledger.take("w", at, at + 20, 10, ["wire"])
        assert len(taken) == (n < MOST_ATTEMPTS)
    row = await state(rows, parcel)
    assert (row["state"], row["failure"], row["attempt"]) == ("failed", "gone", MOST_ATTEMPTS)


async def test_what_only_waited_was_not_tried(ledger, send, rows):
    parcel = await send()
    at = NOON + 10
    for _ in range(MOST_ATTEMPTS):  # the platform could not be reached, again and again
        await ledger.delayed(parcel.seq, "w", at)
        at += 1
        (parcel,) = await ledger.take("w", at, at + 20, 10, ["wire"])
    assert parcel.attempt == 1
    await ledger.sent(parcel.seq, "w", SID, at)
    await ledger.note(report(parcel, Receipt.FAILED, again_after=5.0), at)
    (again,) = await ledger.take("w", at + 5, at + 25, 10, ["wire"])
    assert again.attempt == 2


async def test_a_message_tried_again_after_a_person_took_the_chat_is_not(ledger, send, rows):
    parcel = await send(OpenCase("asked"))
    await ledger.sent(parcel.seq, "w", SID, NOON + 7)
    await ledger.accept_act(act(Action.CLAIM), NOON + 8)
    await ledger.note(report(parcel, Receipt.FAILED, again_after=1.0), NOON + 9)
    assert await ledger.take("w", NOON + 99, NOON + 120, 10, ["wire"]) == ()
    assert (await state(rows, parcel))["state"] == "superseded"


async def test_a_final_failure_tells_staff_once(ledger, send, rows):
    parcel = await send(OpenCase("asked"))
    await ledger.sent(parcel.seq, "w", SID, NOON + 7)
    notice = Outgoing(STAFF, "não chegou", "system", shows_case=True)
    failed = report(parcel, Receipt.FAILED)
    assert (await ledger.parcel_of(failed)).text == "olá"
    assert (await ledger.note(failed, NOON + 8, notice)).to_send
    await ledger.note(failed, NOON + 9, notice)
    told = await rows("SELECT text, case_id FROM messages WHERE conversation LIKE 'telegram_s%'")
    assert told == [{"text": "não chegou", "case_id": 1}]


async def test_what_stays_unknown_is_told_once(ledger, send, rows):
    parcel = await send()
    await ledger.unknown(parcel.seq, "w", NOON + 8, reason=LOOKING)
    notice = Outgoing(STAFF, "não sei", "system")
    await ledger.give_up(parcel.seq, NOON + 70, notice)
    await ledger.give_up(parcel.seq, NOON + 71, notice)
    told = await rows("SELECT text FROM messages WHERE conversation LIKE 'telegram_staff%'")
    assert told == [{"text": "não sei"}]
    row = await state(rows, parcel)
    assert (row["state"], row["failure"]) == ("unknown", "unknown")
    await ledger.note(report(parcel, Receipt.READ), NOON + 99)  # and it did arrive
    assert (await state(rows, parcel))["state"] == "sent"


async def test_which_ids_are_taken(ledger, send):
    parcel = await send()
    await ledger.sent(parcel.seq, "w", SID, NOON)
    other = await adrift_again(ledger, send, NOON + 60)
    assert await ledger.taken(other, [SID, "SMx"]) == {SID}
    assert await ledger.taken(other, ["SMx"]) == frozenset()
    assert await ledger.taken(10_000, ["SMx"]) == {"SMx"}  # a row that is gone gets none


async def test_while_another_answer_is_under_way_no_id_is_free(ledger, send):
    """Twilio lists it before its send returns: an older one of the same words must not get it."""
    parcel = await send()
    await ledger.unknown(parcel.seq, "w", NOON + 7, reason=LOOKING)
    later = await send(at=NOON + 60)
    assert await ledger.taken(parcel.seq, ["SMlater"]) == {"SMlater"}
    await ledger.delayed(later.seq, "w", NOON + 70)
    assert await ledger.taken(parcel.seq, ["SMlater"]) == frozenset()


def test_ranks_rise_along_the_way_of_a_message():
    assert [rank_of(each) for each in ("", *Receipt)] == list(range(-1, len(Receipt)))
    assert rank_of("nonsense") == -1


async def test_what_staff_were_told_of_is_not_sent_again_by_itself(ledger, send, rows):
    """They may have said it by hand meanwhile."""
    parcel = await send()
    await ledger.unknown(parcel.seq, "w", NOON + 8, reason=LOOKING)
    await ledger.give_up(parcel.seq, NOON + 70, None)
    busy = report(parcel, Receipt.FAILED, again_after=1.0)
    await ledger.note(busy, NOON + 80)
    row = await state(rows, parcel)
    assert (row["state"], row["failure"]) == ("failed", "gone")


async def adrift_again(ledger, send, at: float):
    """The same words to the same chat, and again nobody knows what became of them."""
    parcel = await send(at=at)
    await ledger.unknown(parcel.seq, "w", at + 8, reason=LOOKING)
    return parcel.seq


async def test_of_two_alike_and_adrift_neither_is_taken_for_the_other(ledger, send):
    """One was taken by the platform, the other never: which of them, nobody can tell."""
    one = await adrift_again(ledger, send, NOON)
    assert await ledger.taken(one, [SID]) == frozenset()
    other = await adrift_again(ledger, send, NOON + 20)
    for seq in (one, other):
        assert await ledger.taken(seq, [SID]) == {SID}
        assert await ledger.taken(seq, [SID, "SM2"]) == frozenset()  # both arrived
    await ledger.give_up(other, NOON + 90, None)
    assert await ledger.taken(one, [SID]) == {SID}  # staff know of the other: it may be that one


async def test_once_one_of_two_alike_is_settled_the_other_can_be_told(ledger, send):
    one = await adrift_again(ledger, send, NOON)
    other = await adrift_again(ledger, send, NOON + 20)
    arrived = Report(Receipt.SENT, "wire", SID, "ana", other, 1)
    assert (await ledger.note(arrived, NOON + 30)).heard is Heard.NEWS
    assert await ledger.taken(one, [SID]) == {SID}
    assert await ledger.taken(one, [SID, "SM2"]) == {SID}


async def test_what_was_lost_long_before_cannot_be_what_is_listed_now(ledger, send):
    long_ago = await adrift_again(ledger, send, NOON)
    now = await adrift_again(ledger, send, NOON + 3_601)
    assert await ledger.taken(now, [SID]) == frozenset()
    assert await ledger.taken(long_ago, [SID]) == {SID}
