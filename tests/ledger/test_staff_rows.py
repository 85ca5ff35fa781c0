"""Rows for a staff chat: which case they show, how they join, what an erasure leaves."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.intake.ports import Poison
from bot.model import Action
from bot.outcome import (
    Button,
    CloseCase,
    Erase,
    OpenCase,
    Outcome,
    Outgoing,
    Urgency,
    Verdict,
)
from tests.builders import BOOK, CHAT, NOON, OWNER, PUSHED, act, arrival, incoming, settlement
from tests.ledger.conftest import STAFF

ROWS = "SELECT text, state FROM messages WHERE direction='out' ORDER BY seq"


def shown(text: str) -> Outgoing:
    return Outgoing(STAFF, text, "system", urgency=Urgency.INSIDE, shows_case=True)


def reply(text: str, **more) -> Outgoing:
    return Outgoing(PUSHED, text, "rule", **more)


@pytest.fixture
def turn(ledger):
    """One message in, one outcome out."""

    async def one(id: str, *sends: Outgoing, changes=(), chat=PUSHED, text="oi"):
        await ledger.accept(arrival(incoming(text, id=id, chat=chat)))
        opened = await ledger.begin(chat, OWNER, NOON + 60, BOOK, 1)
        sends = tuple(replace(s, to=chat) if s.to == PUSHED else s for s in sends)
        sends = tuple(replace(s, answers=opened.turn.answers) if s.to == chat else s for s in sends)
        outcome = Outcome(Verdict.HANDED_OFF, "x", sends, tuple(changes))
        return await ledger.settle(settlement(opened, outcome))

    return one


async def take(ledger, *channels: str):
    return await ledger.take("w", NOON + 60, NOON + 90, 10, channels or ("wire", "telegram_staff"))


async def test_a_card_knows_the_case_that_its_turn_opens(ledger, turn):
    await turn("m1", reply("chamei"), shown("cartão"), changes=[OpenCase("asked")])
    answer, card = await take(ledger)
    assert (answer.text, answer.case) == ("chamei", 1)
    assert (card.to, card.text, card.case) == (STAFF, "cartão", 1)

    await ledger.sent(card.seq, "w", "77", NOON)
    assert await ledger.case_shown(STAFF, "77") == 1
    assert await ledger.case_shown(replace(STAFF, chat="-2"), "77") is None
    assert await ledger.case_shown(STAFF, "78") is None


async def test_what_shows_no_case_leads_to_no_customer(ledger, turn):
    note = replace(shown("só aqui"), shows_case=False)
    await turn("m1", note, changes=[OpenCase("asked")])
    (row,) = await take(ledger)
    await ledger.sent(row.seq, "w", "78", NOON)
    assert await ledger.case_shown(STAFF, "78") is None


async def test_customers_are_served_before_staff_are_shown(ledger, turn):
    await turn("m1", shown("cartão"), changes=[OpenCase("asked")])
    bia = replace(PUSHED, chat="bia")
    await turn("m1", reply("oi bia"), chat=bia)
    assert [p.text for p in await take(ledger)] == ["oi bia", "cartão"]


async def test_what_waits_is_joined_per_case(ledger, turn, rows):
    bia = replace(PUSHED, chat="bia")
    await turn("m1", shown("cartão ana"), changes=[OpenCase("asked")])
    await turn("m1", shown("cartão bia"), changes=[OpenCase("asked")], chat=bia)
    await turn("m2", shown("Ana: alô?"))
    await turn("m2", shown("Bia: oi?"), chat=bia)

    assert [r["text"] for r in await rows(ROWS)] == [
        "cartão ana\nAna: alô?",
        "cartão bia\nBia: oi?",
    ]


async def test_what_is_on_its_way_is_not_added_to(ledger, turn, rows):
    await turn("m1", shown("cartão"), changes=[OpenCase("asked")])
    await take(ledger)
    await turn("m2", shown("Ana: alô?"))
    assert [r["text"] for r in await rows(ROWS)] == ["cartão", "Ana: alô?"]


async def test_what_is_repeated_stays_alone(ledger, turn, rows):
    """It is not repeated a second time: what is new would go down with it."""
    await turn("m1", shown("cartão"), changes=[OpenCase("asked")])
    (card,) = await take(ledger)
    await turn("m2", shown("Ana: alô?"))
    await ledger.unknown(card.seq, "w", NOON, shown("🔁 cartão"))
    await turn("m3", shown("Ana: e aí?"))
    texts = [r["text"] for r in await rows(ROWS)]
    assert texts == ["cartão", "Ana: alô?", "🔁 cartão", "Ana: e aí?"]


async def test_joining_ends_before_a_message_grows_too_long(ledger, turn, rows):
    await turn("m1", shown("a" * 2_000), changes=[OpenCase("asked")])
    await turn("m2", shown("b" * 2_000))
    assert len(await rows(ROWS)) == 2


async def test_joining_counts_as_platforms_do(ledger, turn, rows):
    """An emoji is two units: 2,801 of them would be refused as too long, and nobody would see."""
    await turn("m1", shown("😀" * 1_400), changes=[OpenCase("asked")])
    await turn("m2", shown("😀" * 1_400))
    assert len(await rows(ROWS)) == 2


async def test_a_claim_in_the_chat_does_not_stop_what_staff_are_shown(ledger, turn):
    await turn("m1", shown("cartão"), changes=[OpenCase("asked")])
    await ledger.accept_act(act(Action.CLAIM, 1), NOON)
    await turn("m2", shown("Ana: alô?"))
    assert [p.text for p in await take(ledger)] == ["cartão\nAna: alô?"]


async def test_the_farewell_still_shows_the_case_that_it_closes(ledger, turn):
    await turn("m1", changes=[OpenCase("asked")])
    await ledger.accept_act(act(Action.RESOLVE, 1), NOON)
    opened = await ledger.begin(PUSHED, OWNER, NOON + 60, BOOK, 1)
    done = Outcome(Verdict.RELAYED, "resolve", (shown("fechado"),), (CloseCase(1),))
    await ledger.settle(settlement(opened, done))
    (row,) = await take(ledger)
    assert row.case == 1


async def test_an_erasure_takes_the_words_and_leaves_the_way_back(ledger, turn, rows):
    await turn("m1", shown("segredo 1"), changes=[OpenCase("asked")])
    (card,) = await take(ledger)
    await ledger.sent(card.seq, "w", "77", NOON)
    await turn("m2", shown("segredo 2"))
    await turn("m3", shown("apagou"), changes=[Erase()])

    found = await rows(ROWS)
    assert [r["text"] for r in found] == ["", "", "apagou"]
    assert [r["state"] for r in found] == ["sent", "superseded", "pending"]
    assert await ledger.case_shown(STAFF, "77") == 1


@pytest.mark.parametrize("after_a_kill", [False, True])
async def test_an_erasure_takes_what_a_notice_without_a_case_repeats(
    ledger, turn, rows, after_a_kill
):
    await turn("m1", reply("segredo"))
    (answer,) = await take(ledger)
    notice = replace(shown("não sei se chegou «segredo»"), shows_case=False)
    if after_a_kill:
        await ledger.start_afresh()
    await ledger.unknown(answer.seq, "w", NOON, notice)
    (told,) = await take(ledger)
    await ledger.sent(told.seq, "w", "77", NOON)
    await turn("m2", changes=[Erase()])
    assert [r["text"] for r in await rows(ROWS)] == [""]


async def test_what_is_erased_on_its_way_is_never_said_again(ledger, turn, rows):
    await turn("m1", shown("segredo 1"), changes=[OpenCase("asked")])
    (card,) = await take(ledger)
    await turn("m2", changes=[Erase()])
    await ledger.unknown(card.seq, "w", NOON, shown(f"🔁 {card.text}"))
    assert await rows(ROWS) == [{"text": "", "state": "unknown"}]
    await ledger.delayed(card.seq, "w", NOON)  # it had not left after all
    assert not await take(ledger)


async def test_an_erasure_in_a_thread_takes_what_nobody_could_read(ledger, turn, rows):
    await ledger.keep(Poison("wire", "shop", "not_json", b"segredo", NOON, PUSHED))
    await turn("m1", changes=[Erase()], chat=replace(PUSHED, thread="5"))
    assert await rows("SELECT 1 FROM quarantine") == []


async def test_an_erasure_takes_what_came_under_the_persons_other_name(ledger, turn, rows):
    hidden = replace(PUSHED, chat="BR.1")
    await ledger.met(PUSHED, [PUSHED.chat, hidden.chat], NOON)
    for chat in (hidden, replace(hidden, chat="BR.2")):
        await ledger.keep(Poison("wire", "shop", "failed", b"segredo", NOON, chat))
    await turn("m1", changes=[Erase()])
    left = await rows("SELECT conversation FROM quarantine")
    assert left == [{"conversation": str(replace(hidden, chat="BR.2"))}]


async def test_a_long_answer_leaves_in_parts_that_answer_once(ledger, turn, rows):
    buttons = (Button("Sim", "/yes"),)
    long = reply("Uma frase de vinte e tal. " * 3, buttons=buttons)
    await turn("m1", long)
    found = await rows(
        "SELECT text, part, answers, buttons FROM messages WHERE direction='out' ORDER BY seq"
    )
    assert len(found) == 3
    assert [r["part"] for r in found] == [0, 1, 2]
    assert [r["answers"] for r in found] == ["[1]", "[]", "[]"]
    assert [bool(r["buttons"]) for r in found] == [False, False, True]
    assert all(len(r["text"]) <= 40 for r in found)


async def test_marked_text_goes_to_the_platform_and_plain_text_to_the_page(ledger, turn, rows):
    marked = Outgoing(PUSHED, "*2*", "rule", marked=r"\*2\*")
    await turn("m1", marked)
    await turn("m2", replace(marked, to=CHAT), chat=CHAT)
    found = await rows("SELECT text, marked FROM messages WHERE direction='out' ORDER BY seq")
    assert [(r["text"], r["marked"]) for r in found] == [(r"\*2\*", 1), ("*2*", 0)]


async def test_in_a_group_the_message_is_quoted(ledger, rows):
    await ledger.accept(arrival(replace(incoming(id="501", chat=PUSHED), public=True)))
    opened = await ledger.begin(PUSHED, OWNER, NOON + 60, BOOK, 1)
    assert opened.turn.public
    outcome = Outcome(Verdict.ANSWERED, "x", (reply("oi", answers=opened.turn.answers),))
    await ledger.settle(settlement(opened, outcome))
    (parcel,) = await take(ledger)
    assert parcel.quote == "501"


async def test_the_case_of_one_chat_is_not_that_of_another(ledger, turn):
    await turn("m1", changes=[OpenCase("asked")])
    bia = replace(PUSHED, chat="bia")
    await turn("m1", reply("oi bia"), chat=bia)
    await ledger.tell(replace(shown("só aqui"), shows_case=False), None, NOON)
    assert [(p.text, p.case) for p in await take(ledger)] == [("oi bia", None), ("só aqui", None)]


async def test_an_agent_is_answered_under_the_own_message(ledger):
    said = replace(act(Action.ASIDE, None), surface=STAFF, message="9", why="help")
    accepted = await ledger.accept_act(said, NOON)
    assert accepted.conversation == STAFF
    opened = await ledger.begin(STAFF, OWNER, NOON + 60, BOOK, 1)
    assert opened.turn.act == said
    told = Outgoing(STAFF, "ajuda", "system", urgency=Urgency.INSIDE)
    await ledger.settle(settlement(opened, Outcome(Verdict.RELAYED, "x", (told,))))
    (parcel,) = await take(ledger)
    assert (parcel.quote, parcel.case) == ("9", None)


async def test_a_message_whose_id_is_not_known_is_told_by_the_number_it_bears(ledger, turn):
    await turn("m1", shown("cartão"), changes=[OpenCase("asked")])
    assert await ledger.case_shown(STAFF, "77", 1) is None  # nothing has left yet
    (card,) = await take(ledger)
    assert await ledger.case_shown(STAFF, "77", 1) == 1  # it is there before we know its id
    assert await ledger.case_shown(STAFF, "77", 2) is None
    await ledger.sent(card.seq, "w", "77", NOON)
    assert await ledger.case_shown(STAFF, "77", 1) == 1
    assert await ledger.case_shown(STAFF, "77", 2) is None  # it bears the number of another case
    assert await ledger.case_shown(STAFF, "5", 1) is None  # a card of another database


async def test_a_card_that_may_have_arrived_leads_to_its_case(ledger, turn):
    await turn("m1", shown("cartão"), changes=[OpenCase("asked")])
    (card,) = await take(ledger)
    await ledger.unknown(card.seq, "w", NOON)
    assert await ledger.case_shown(STAFF, "77", 1) == 1


async def test_joining_counts_what_platforms_count(ledger, turn, rows):
    await turn("m1", shown("😀" * 1_400), changes=[OpenCase("asked")])
    await turn("m2", shown("😀" * 1_400))
    assert len(await rows(ROWS)) == 2


async def test_a_reply_finds_its_case_while_the_send_is_being_recorded(ledger, turn):
    """Between two statements the row may change from being sent to being known."""
    await turn("m1", shown("cartão"), changes=[OpenCase("asked")])
    (card,) = await take(ledger)
    asked = asyncio.Event()

    async def ask() -> set[int | None]:
        asked.set()
        return {await ledger.case_shown(STAFF, "77", 1) for _ in range(50)}

    asking = [asyncio.create_task(ask()) for _ in range(4)]
    await asked.wait()
    await ledger.sent(card.seq, "w", "77", NOON)
    assert {case for found in await asyncio.gather(*asking) for case in found} == {1}
