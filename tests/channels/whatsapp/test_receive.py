"""From a form to something stored: once, in the right chat, with what a press stands for."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.delivery.ports import Parcel
from bot.delivery.receipts import Heard, Noted, Receipt
from bot.errors import LedgerError
from bot.intake.ports import Person
from bot.model import ConversationKey
from bot.outcome import Button
from bot.record import Responded
from tests.channels.whatsapp.payloads import (
    ANA,
    HIDDEN,
    NOW,
    OURS,
    body,
    from_ad,
    place,
    press,
    said,
    sent_file,
    sid,
    status,
)
from tests.channels.whatsapp.rig import CHAT, DESK, busy

YES, NO = Button("Sim", "yes please"), Button("Não", "rather not")
LONG = Button("Falar com uma pessoa da loja", "a person")


async def test_a_message_is_stored_once_however_often_it_comes(rig):
    await rig.take(said("Abre domingo?"), said("Abre domingo?"))
    await asyncio.gather(*(rig.take(said("Abre domingo?")) for _ in range(20)))
    [row] = await rig.messages()
    assert (row["conversation"], row["external_id"]) == (str(CHAT), sid())
    assert (row["identity"], row["text"], row["at"]) == (f"whatsapp:{ANA}", "Abre domingo?", NOW)
    assert await rig.quarantined() == []
    assert rig.rung == [(CHAT, True)]
    assert rig.heard == [(CHAT, sid())]


async def test_two_texts_under_one_id_are_a_conflict_and_the_first_counts(rig):
    await rig.take(said("um"), said("dois"))
    assert [row["text"] for row in await rig.messages()] == ["um"]
    [kept] = await rig.quarantined()
    assert (kept["reason"], kept["conversation"], kept["account"]) == ("conflict", str(CHAT), OURS)
    assert kept["body"] == body(said("dois"))
    assert rig.heard == [(CHAT, sid())]


async def test_somebody_is_served_in_the_chat_where_they_are_known(rig):
    rig.slips.homes[HIDDEN] = Person(CHAT, ANA)
    await rig.take(said("oi", sender=HIDDEN, ExternalUserId=HIDDEN))
    [row] = await rig.messages()
    assert (row["conversation"], row["identity"]) == (str(CHAT), f"whatsapp:{ANA}")
    assert rig.slips.met_names == [(HIDDEN,)]
    assert rig.rung == [(CHAT, False)]
    assert rig.heard == [(CHAT, sid())]


@pytest.mark.parametrize(("sender", "address"), [(HIDDEN, HIDDEN), (ANA, "")])
async def test_the_answer_goes_to_the_name_they_wrote_under(rig, monkeypatch, sender, address):
    taken = []
    accept = type(rig.receiver.intake).accept

    async def spied(self, message):
        taken.append(message)
        return await accept(self, message)

    monkeypatch.setattr(type(rig.receiver.intake), "accept", spied)
    rig.slips.homes[sender] = Person(CHAT, ANA)
    await rig.take(said("oi", sender=sender))
    assert [message.address for message in taken] == [address]


async def test_a_press_means_what_this_chat_was_offered_under_that_message(rig):
    rig.slips.under[CHAT, sid(50)] = (YES, NO, LONG)
    rig.slips.under[CHAT, ""] = (NO, YES)
    await rig.take(press("Não", "1", under=50), press("Falar com uma…", "2", under=50, number=2))
    first, second = await rig.messages()
    assert (first["text"], first["button"]) == ("Não", "rather not")
    assert (second["text"], second["button"]) == ("Falar com uma…", "a person")
    assert rig.rung[0] == (CHAT, True)  # a press is not waited after


async def test_what_another_chat_was_offered_means_nothing_here(rig):
    rig.slips.under[ConversationKey("whatsapp", OURS, "+5511900000000"), sid(50)] = (YES, NO)
    await rig.take(press("Não", "1", under=50))
    [row] = await rig.messages()
    assert (row["text"], row["button"], row["kind"]) == ("Não", "", "button")


@pytest.mark.parametrize("under", [None, 99])
async def test_a_press_under_nobody_knows_what_counts_for_the_last_thing_said(rig, under):
    rig.slips.under[CHAT, ""] = (YES, NO)
    await rig.take(press("Não", "1", under=under), press("Não", "0", under=under, number=2))
    agreed, not_agreed = await rig.messages()
    assert (agreed["text"], agreed["button"]) == ("Não", "rather not")
    assert (not_agreed["text"], not_agreed["button"]) == ("Não", "")


async def test_a_press_on_an_approved_template_is_what_it_says(rig):
    rig.slips.under[CHAT, ""] = (YES,)
    await rig.take(press("Continuar", "continue", under=70))
    [row] = await rig.messages()
    assert (row["text"], row["button"], row["kind"]) == ("Continuar", "", "button")


async def test_a_press_that_shows_no_label_has_the_one_that_was_offered(rig):
    rig.slips.under[CHAT, sid(50)] = (YES, NO)
    await rig.take(press("", "1", under=50))
    [row] = await rig.messages()
    assert (row["text"], row["button"]) == ("Não", "rather not")


async def test_a_repeated_press_is_a_repeat_though_its_buttons_are_gone(rig):
    rig.slips.under[CHAT, ""] = (YES, NO)
    await rig.take(press("Sim", "0", under=None), said("2", number=2))
    del rig.slips.under[CHAT, ""]
    await rig.take(press("Sim", "0", under=None), said("2", number=2))
    assert [row["button"] for row in await rig.messages()] == ["yes please", "rather not"]
    assert await rig.quarantined() == []


async def test_a_plain_number_presses_the_button_of_that_number(rig):
    rig.slips.under[CHAT, ""] = (YES, NO)
    for number, text in enumerate(("2", "opção 1", "3", "2 mesas"), 1):
        await rig.take(said(text, number=number))
    found = [(row["text"], row["button"], row["kind"]) for row in await rig.messages()]
    assert found == [
        ("2 (Não)", "rather not", "button"),  # whoever reads it later sees what was chosen
        ("opção 1 (Sim)", "yes please", "button"),
        ("3", "", "text"),
        ("2 mesas", "", "text"),
    ]


async def test_nobody_is_asked_about_buttons_unless_the_text_is_a_number(rig):
    rig.slips.under[CHAT, ""] = (YES, NO)
    await rig.take(said("sim"), said("quero 2", number=2), sent_file("image/png", "2"))
    assert rig.slips.asked == []
    assert [row["button"] for row in await rig.messages()] == ["", "", ""]


async def test_a_number_in_reply_to_a_message_counts_for_that_message(rig):
    rig.slips.under[CHAT, ""] = (YES, NO)
    rig.slips.under[CHAT, sid(50)] = (NO, YES)
    await rig.take(said("1", OriginalRepliedMessageSid=sid(50)))
    await rig.take(said("1", number=2, OriginalRepliedMessageSid=sid(51)))
    assert [row["button"] for row in await rig.messages()] == ["rather not", ""]


async def test_what_is_replied_to_is_quoted_and_an_advertisement_stands_behind_it(rig):
    rig.slips.texts[CHAT, sid(50)] = "Posso ajudar?"
    reply = {"OriginalRepliedMessageSid": sid(50)}
    await rig.take(said("sim", **reply), from_ad("oi", number=2))
    await rig.take(from_ad("oi", number=3, **reply))
    assert [row["quoted"] for row in await rig.messages()] == [
        "Posso ajudar?",
        "Mesas em promoção\nAté domingo",
        "Posso ajudar?\nMesas em promoção\nAté domingo",
    ]


async def test_files_and_places_are_stored_and_nothing_is_fetched(rig):
    await rig.take(sent_file("audio/ogg", "ouça"), place(number=2, Label="MASP"))
    voice, shared = await rig.messages()
    [medium] = json.loads(voice["media"])
    assert (voice["text"], medium["kind"], medium["mime"]) == ("ouça", "voice", "audio/ogg")
    assert json.loads(shared["media"]) == [
        {"kind": "location", "detail": "MASP (-23.561350, -46.656500)"}
    ]


async def test_what_nobody_can_read_is_put_out_of_the_way(rig):
    await rig.take(said(MessageSid="x"), said(From="x", number=2), b"", b"\xff\xfe=\x00&&&==")
    kept = await rig.quarantined()
    assert [row["reason"] for row in kept] == [
        "wrong_sid",
        "wrong_sender",
        "wrong_sid",
        "wrong_sid",
    ]
    assert kept[0]["conversation"] == str(CHAT)
    assert kept[3]["body"] == b"\xff\xfe=\x00&&&=="
    assert await rig.messages() == []


async def test_whatever_breaks_is_put_out_of_the_way_and_a_busy_ledger_is_told(rig):
    rig.slips.fails = RuntimeError("boom")
    await rig.take(said())
    [kept] = await rig.quarantined()
    assert kept["reason"] == "failed"
    rig.slips.fails = busy()
    with pytest.raises(LedgerError):
        await rig.take(said(number=2))
    with pytest.raises(LedgerError):
        await rig.take(status())
    await rig.ledger.close()
    with pytest.raises(LedgerError):
        await rig.take(said(MessageSid="x"))


async def test_a_status_is_noted_with_our_own_number(rig):
    responded = Responded("whatsapp", 1.5, 0.2)
    rig.slips.answer = Noted(Heard.NEWS, responded=responded)
    rig.slips.parcels[sid(50)] = Parcel(12, CHAT, "Olá", "rule", ())
    await rig.take(status("delivered"), query="m=12.2")
    [(report, at, notice)] = rig.slips.noted
    assert (report.receipt, report.seq, report.attempt) == (Receipt.DELIVERED, 12, 2)
    assert (at, notice, rig.told, rig.woken) == (NOW, None, [], 0)
    assert rig.observed == [responded]
    assert await rig.messages() == []


async def test_of_a_failure_staff_are_told_and_the_courier_goes(rig):
    parcel = Parcel(12, CHAT, "Olá", "rule", ())
    rig.slips.parcels[sid(50)] = parcel
    rig.slips.answer = Noted(Heard.NEWS, to_send=True)
    await rig.take(status("failed", ErrorCode="63016"), query="m=12.1")
    [(report, _, notice)] = rig.slips.noted
    assert (report.reason, rig.told) == ("code 63016", [(parcel, "code 63016")])
    assert (notice.to, notice.text, rig.woken) == (DESK, "code 63016", 1)


async def test_a_failure_of_nothing_of_ours_is_noted_without_a_word_to_staff(rig):
    rig.slips.answer = Noted(Heard.STRANGE)
    await rig.take(status("undelivered", number=77, ErrorCode="30008"))
    [(_, _, notice)] = rig.slips.noted
    assert (notice, rig.told, rig.woken, rig.observed) == (None, [], 0, [])
