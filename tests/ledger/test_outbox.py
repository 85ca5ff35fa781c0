"""The outbox: one row of a chat on its way, never sent twice blindly."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.outcome import Outcome, Outgoing, Urgency, Verdict
from tests.builders import NOON, PUSHED, answered, arrival, incoming, settlement
from tests.ledger.conftest import STAFF

UNTIL = NOON + 20


@pytest.fixture
def pending(ledger, open_turn):
    """Chats with answers that wait to be sent."""

    async def fill(*names: str, parts: int = 1):
        for name in names:
            chat = replace(PUSHED, chat=name)
            await ledger.accept(arrival(incoming(chat=chat)))
            turn = await open_turn(chat=chat)
            first = answered(turn, f"1 {name}").sends[0]
            rest = [Outgoing(chat, f"{n + 1} {name}", "rule") for n in range(1, parts)]
            outcome = Outcome(Verdict.ANSWERED, "x", (first, *rest))
            await ledger.settle(settlement(turn, outcome))

    return fill


async def take(ledger, at=NOON + 6, owner="w", most=10):
    return [p.text for p in await ledger.take(owner, at, UNTIL, most, ["wire"])]


async def test_one_row_of_a_chat_at_a_time_in_order(ledger, pending):
    await pending("ana", "bia", parts=2)

    first = await ledger.take("w", NOON, UNTIL, 10, ["wire"])
    assert [p.text for p in first] == ["1 ana", "1 bia"]
    assert await take(ledger) == []
    await ledger.sent(first[0].seq, "w", "ext", NOON)
    assert await take(ledger) == ["2 ana"]


async def test_no_more_are_taken_than_there_are_senders(ledger, pending):
    await pending("a", "b", "c")

    assert await take(ledger, most=2) == ["1 a", "1 b"]


async def test_a_channel_without_a_sender_keeps_its_rows(ledger, pending):
    await pending("ana")

    assert await ledger.take("w", NOON, UNTIL, 10, ["other"]) == ()


@pytest.mark.parametrize(
    ("finish", "state"), [("sent", "sent"), ("refused", "failed"), ("unknown", "unknown")]
)
async def test_a_send_ends_in_the_state_that_is_known(ledger, pending, rows, finish, state):
    await pending("ana", parts=2)
    (parcel,) = await ledger.take("w", NOON, UNTIL, 10, ["wire"])
    more = {"sent": ("ext-1", NOON), "refused": ("too_long", NOON), "unknown": (NOON,)}[finish]
    await getattr(ledger, finish)(parcel.seq, "w", *more)

    (row,) = await rows(
        "SELECT state, external_id, failure FROM messages WHERE seq=:s", s=parcel.seq
    )
    why = {"sent": "", "refused": "too_long", "unknown": "unknown"}[finish]
    assert (row["state"], row["failure"]) == (state, why)
    assert row["external_id"] == ("ext-1" if finish == "sent" else "")
    assert await take(ledger) == ["2 ana"]  # what follows still goes, in order


async def test_a_wait_ends_when_the_clock_has_gone_far_back(ledger, pending):
    await pending("ana")
    (parcel,) = await ledger.take("w", NOON, UNTIL, 10, ["wire"])
    await ledger.delayed(parcel.seq, "w", NOON + 86_400)  # as long as a platform may ask for
    assert await take(ledger, NOON) == []
    assert await take(ledger, NOON - 9 * 86_400) == ["1 ana"]


async def test_a_platform_that_asks_for_time_holds_back_that_chat_alone(ledger, pending):
    await pending("ana", "bia", parts=2)
    ana, bia = await ledger.take("w", NOON, UNTIL, 10, ["wire"])
    await ledger.delayed(ana.seq, "w", NOON + 17)
    await ledger.sent(bia.seq, "w", "", NOON)

    assert await take(ledger, NOON + 16) == ["2 bia"]
    assert await take(ledger, NOON + 17) == ["1 ana"]


async def test_a_sender_that_vanished_leaves_an_unknown_row_not_a_second_send(
    ledger, pending, rows
):
    await pending("ana")
    (parcel,) = await ledger.take("w", NOON, UNTIL, 10, ["wire"])

    assert await ledger.lapsed(UNTIL - 1) == []
    assert await ledger.lapsed(UNTIL) == [(parcel, "w")]
    await ledger.unknown(parcel.seq, "w", UNTIL)
    assert await ledger.lapsed(UNTIL) == []
    assert await take(ledger, UNTIL + 1) == []
    await ledger.sent(parcel.seq, "w", "late", NOON)  # its answer did come: the truth wins
    assert await rows("SELECT state FROM messages WHERE external_id = 'late'") == [
        {"state": "sent"}
    ]


async def test_a_delay_that_is_told_after_the_sweep_loses_nothing(ledger, pending):
    """The program stood still for a while; the platform had said that it took nothing."""
    await pending("ana")
    (parcel,) = await ledger.take("w", NOON, UNTIL, 10, ["wire"])
    await ledger.unknown(parcel.seq, "w", UNTIL)
    await ledger.delayed(parcel.seq, "w", UNTIL + 1)
    assert await take(ledger, UNTIL + 1) == ["1 ana"]


async def test_after_a_kill_rows_on_their_way_have_lapsed(ledger, pending, rows):
    await pending("ana", parts=2)
    (parcel,) = await ledger.take("w", NOON, UNTIL, 10, ["wire"])
    await ledger.start_afresh()

    assert await ledger.lapsed(NOON) == [(parcel, "w")]
    assert await take(ledger) == []  # nothing overtakes it before it is told what became of it


async def test_another_owner_cannot_finish_a_send(ledger, pending, rows):
    await pending("ana")
    (parcel,) = await ledger.take("w", NOON, UNTIL, 10, ["wire"])
    await ledger.sent(parcel.seq, "stranger", "x", NOON)

    assert await rows("SELECT state FROM messages WHERE direction='out'") == [{"state": "sending"}]
    assert await ledger.being_sent(parcel.to)


async def test_a_row_knows_how_urgent_it_is(ledger, open_turn, rows):
    """What staff are to see as well, whoever writes it."""
    await ledger.accept(arrival(incoming(chat=PUSHED)))
    turn = await open_turn(chat=PUSHED)
    sends = [Outgoing(PUSHED, each.value, "rule", urgency=each) for each in list(Urgency)[:2]]
    sends += [Outgoing(STAFF, each.value, "rule", urgency=each) for each in list(Urgency)[2:]]
    await ledger.settle(settlement(turn, Outcome(Verdict.ANSWERED, "x", tuple(sends))))
    await ledger.tell(Outgoing(STAFF, "told", "system", urgency=Urgency.INSIDE), None, NOON)

    found = await rows("SELECT text, inside, can_wait FROM messages WHERE direction = 'out'")
    assert {row["text"]: (bool(row["inside"]), bool(row["can_wait"])) for row in found} == {
        "reply": (False, False),
        "routine": (False, True),
        "card": (True, False),
        "inside": (True, True),
        "told": (True, True),
    }
