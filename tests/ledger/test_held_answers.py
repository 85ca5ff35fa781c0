"""What a platform takes only once the customer has written again is kept, and sent then."""

from __future__ import annotations

import pytest

from bot.delivery.ports import WINDOW_CLOSED
from bot.ledger.holding import HELD_SECONDS
from bot.model import Action, ConversationKey
from bot.outcome import CloseCase, OpenCase, Outcome, Outgoing, Verdict
from tests.builders import NOON, act, answered, arrival, incoming, settlement

ANA = ConversationKey("wire", "shop", "ana")
LATER = NOON + 2 * 86_400


@pytest.fixture
def desk(ledger, open_turn):
    """Ana has asked, and what was written to her is refused: she wrote too long ago."""

    class Desk:
        async def heard(self, at: float) -> None:
            await ledger.accept(arrival(incoming(chat=ANA, at=at, id=f"m{at}")))

        async def says(self, text: str, at: float, *changes, author: str = "rule") -> None:
            turn = await open_turn(chat=ANA, at=at)
            outcome = answered(turn, text, *changes, author=author)
            await ledger.settle(settlement(turn, outcome, at=at))

        async def staff(self, text: str, at: float, action=Action.REPLY, *changes) -> None:
            await ledger.accept_act(act(action, text=text, id=f"a{at}"), at)
            turn = await open_turn(chat=ANA, at=at + 1)
            sends = (Outgoing(ANA, text, "staff"),) if text else ()
            outcome = Outcome(Verdict.RELAYED, "x", sends, changes)
            await ledger.settle(settlement(turn, outcome, at=at + 2))

        async def taken(self, at: float) -> list[str]:
            texts = []
            while parcels := await ledger.take("w", at, at + 20, 10, ["wire"]):
                for parcel in parcels:
                    texts.append(parcel.text)
                    await ledger.sent(parcel.seq, "w", f"e{parcel.seq}", at)
            return texts

        async def refused(self, at: float) -> None:
            while parcels := await ledger.take("w", at, at + 20, 10, ["wire"]):
                for parcel in parcels:
                    await ledger.refused(parcel.seq, "w", WINDOW_CLOSED, at)

    return Desk()


async def test_what_a_person_wrote_goes_out_when_the_customer_writes(desk):
    await desk.heard(NOON)
    await desk.says("um momento", NOON + 4, OpenCase("asked"))
    await desk.taken(NOON + 5)
    for n in range(3):
        await desk.staff(f"resposta {n}", LATER + n * 10)
    await desk.refused(LATER + 40)
    assert await desk.taken(LATER + 50) == []
    await desk.heard(LATER + 60)
    assert await desk.taken(LATER + 61) == ["resposta 0", "resposta 1", "resposta 2"]
    await desk.heard(LATER + 70)
    assert await desk.taken(LATER + 71) == []  # each once


async def test_what_a_person_wrote_goes_out_though_the_case_is_over(desk):
    await desk.heard(NOON)
    await desk.says("um momento", NOON + 4, OpenCase("asked"))
    await desk.taken(NOON + 5)
    await desk.staff("resposta", LATER)
    await desk.refused(LATER + 5)
    await desk.staff("", LATER + 10, Action.RESOLVE, CloseCase(1))
    await desk.heard(LATER + 60)
    assert await desk.taken(LATER + 61) == ["resposta"]


async def test_what_the_bot_wrote_goes_out_too_unless_a_person_has_the_chat(desk, ledger):
    await desk.heard(NOON)
    await desk.says("olá", NOON + 4, OpenCase("asked"))
    await desk.refused(LATER)
    await desk.heard(LATER + 60)
    assert await desk.taken(LATER + 61) == ["olá"]

    await desk.says("oi de novo", LATER + 70)
    await desk.refused(LATER + 80)
    await ledger.accept_act(act(Action.CLAIM), LATER + 90)
    await desk.heard(LATER + 100)
    assert await desk.taken(LATER + 101) == []


async def test_what_is_never_sent_has_answered_nothing(desk, ledger, rows):
    """The next reply of a person names it, as after a claim that was faster."""
    await desk.heard(NOON)
    await desk.says("olá", NOON + 4, OpenCase("asked"))
    await desk.refused(NOON + 5)
    await ledger.accept_act(act(Action.CLAIM), NOON + 6)
    await desk.heard(LATER)
    assert await rows("SELECT state FROM messages WHERE direction = 'out'") == [
        {"state": "superseded"}
    ]
    first, _ = await rows(
        "SELECT answered_by, verdict FROM messages WHERE direction = 'in' ORDER BY seq"
    )
    assert first == {"answered_by": None, "verdict": "relayed"}


async def test_what_is_older_than_a_week_is_no_answer_any_more(desk):
    await desk.heard(NOON)
    await desk.says("olá", NOON + 4)
    await desk.refused(LATER)
    await desk.heard(NOON + HELD_SECONDS + 10)
    assert await desk.taken(NOON + HELD_SECONDS + 11) == []


async def test_a_failure_of_another_kind_is_not_sent_again(desk, ledger):
    await desk.heard(NOON)
    await desk.says("olá", NOON + 4)
    (parcel,) = await ledger.take("w", NOON + 5, NOON + 20, 10, ["wire"])
    await ledger.refused(parcel.seq, "w", "gone", NOON + 6)
    await desk.heard(LATER)
    assert await desk.taken(LATER + 1) == []


async def test_a_parcel_tells_when_the_customer_was_heard_and_where_they_are(desk, ledger):
    await desk.heard(NOON)
    await desk.says("olá", NOON + 4)
    (parcel,) = await ledger.take("w", NOON + 5, NOON + 20, 10, ["wire"])
    assert (parcel.heard_at, parcel.written_at, parcel.address) == (NOON, NOON + 4, "")
    assert parcel.attempt == 1


async def test_a_reply_that_is_refused_after_its_case_is_over_goes_out_too(desk, ledger):
    await desk.heard(NOON)
    await desk.says("um momento", NOON + 4, OpenCase("asked"))
    await desk.taken(NOON + 5)
    await desk.staff("resposta", LATER)
    (parcel,) = await ledger.take("w", LATER + 5, LATER + 20, 10, ["wire"])
    await desk.staff("", LATER + 10, Action.RESOLVE, CloseCase(1))
    await ledger.refused(parcel.seq, "w", WINDOW_CLOSED, LATER + 12)
    await desk.heard(LATER + 60)
    assert await desk.taken(LATER + 61) == ["resposta"]


async def test_a_colleague_who_takes_over_does_not_keep_it_back(desk, ledger):
    await desk.heard(NOON)
    await desk.says("um momento", NOON + 4, OpenCase("asked"))
    await desk.taken(NOON + 5)
    await desk.staff("resposta", LATER)
    await desk.refused(LATER + 5)
    await ledger.accept_act(act(Action.CLAIM, id="tom", agent="Tom"), LATER + 9)
    await desk.heard(LATER + 60)
    assert await desk.taken(LATER + 61) == ["resposta"]


async def test_only_what_was_refused_for_that_reason_is_kept(desk, ledger):
    await desk.heard(NOON)
    await desk.says("primeira", NOON + 4, OpenCase("asked"))
    (parcel,) = await ledger.take("w", NOON + 5, NOON + 20, 10, ["wire"])
    await ledger.refused(parcel.seq, "w", "policy", NOON + 6)
    await desk.heard(NOON + 10)
    await desk.says("segunda", NOON + 14)
    await desk.refused(LATER)
    await desk.heard(LATER + 60)
    assert await desk.taken(LATER + 61) == ["segunda"]


async def test_what_the_bot_wrote_outlives_the_case(desk):
    await desk.heard(NOON)
    await desk.says("do robô", NOON + 4, OpenCase("asked"))
    await desk.refused(LATER)
    await desk.staff("", LATER + 10, Action.RESOLVE, CloseCase(1))
    await desk.heard(LATER + 60)
    assert await desk.taken(LATER + 61) == ["do robô"]
