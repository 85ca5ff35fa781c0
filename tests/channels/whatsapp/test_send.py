"""Out to WhatsApp: what is asked of Twilio, within which limits."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.channels.whatsapp import WINDOW_SECONDS, indicator
from bot.channels.whatsapp.send import SANDBOX, SANDBOX_RATE, rate_of
from bot.delivery.ports import WINDOW_CLOSED
from bot.errors import DeliveryRefused, DeliveryUnknown
from bot.model import ConversationKey
from bot.outcome import Template
from tests.channels.whatsapp.out import ANA, BIA, NOW, URL, parcel
from tests.channels.whatsapp.tiny_twilio import DROP, HANG, NUMBER, refused

HX = "HX" + "a" * 32


async def test_an_answer_is_sent_with_all_that_twilio_has_to_know(out, api):
    sid = await out.sender.send(parcel("Olá!", seq=12, attempt=3))
    assert sid == "SM" + f"{1:032x}"
    assert api.sends() == [
        {
            "To": "whatsapp:+5511987654321",
            "From": f"whatsapp:{NUMBER}",
            "Body": "Olá!",
            "StatusCallback": f"{URL}/hooks/whatsapp/status?m=12.3",
            "ValidityPeriod": "14400",
        }
    ]


async def test_somebody_who_hides_the_number_is_written_to_all_the_same(out, api):
    await out.sender.send(parcel(to=BIA))
    await out.sender.send(parcel(address="BR.77"))
    assert [form["To"] for form in api.sends()] == [f"whatsapp:{BIA.chat}", "whatsapp:BR.77"]


@pytest.mark.parametrize(
    ("heard", "validity"),
    [
        (0, "14400"),
        (20 * 3600, str(3600 * 4 - 300)),
        (23 * 3600, "3300"),
        (WINDOW_SECONDS - 0.5, "1"),
        (-3_600, "14400"),  # the clock went back
    ],
)
async def test_a_message_is_not_delivered_after_its_window(out, api, heard, validity):
    await out.sender.send(parcel(heard_at=NOW - heard))
    assert api.sends()[0]["ValidityPeriod"] == validity


@pytest.mark.parametrize("heard_at", [NOW - WINDOW_SECONDS, NOW - 90_000, 0.0])
async def test_outside_the_window_nothing_is_asked_of_twilio(out, api, heard_at):
    with pytest.raises(DeliveryRefused) as caught:
        await out.sender.send(parcel(heard_at=heard_at))
    assert caught.value.reason == WINDOW_CLOSED
    assert api.asked == []


async def test_an_approved_template_goes_at_any_time_without_a_body(out, api):
    template = Template(HX, {"1": "Ana", "2": "Loja"})
    await out.sender.send(parcel("Oi Ana", heard_at=0.0, template=template))
    await out.sender.send(parcel("Oi", heard_at=0.0, template=Template(HX)))
    first, second = api.sends()
    assert (first["ContentSid"], json.loads(first["ContentVariables"])) == (
        HX,
        {"1": "Ana", "2": "Loja"},
    )
    assert "Body" not in first
    assert "ContentVariables" not in second
    assert first["ValidityPeriod"] == "14400"
    assert "m=12.1" in first["StatusCallback"]


async def test_markdown_becomes_marks_and_plain_text_stays_as_written(out, api):
    await out.sender.send(parcel("**Sim**, 2*3 é 6", marked=True))
    await out.sender.send(parcel("2*3 é *seis*"))
    await out.sender.send(parcel("[a]: http://x.y", marked=True))
    assert [form["Body"] for form in api.sends()] == [
        "*Sim*, 2*3 é 6",
        "2*3 é *\u200bseis*",
        "[a]: http://x.y",
    ]


@pytest.mark.parametrize(
    ("text", "marked", "body"),
    [
        ("*a* " * 400, False, "*a* " * 400),  # a guard for each would be too long
        ("**a**b " * 200 + "**c**", True, "ab " * 200 + "*c*"),
        ("![](https://x.y/" + "z" * 700 + ") `" + "a" * 700 + "`", True, None),
    ],
)
async def test_no_body_is_longer_than_twilio_takes(out, api, text, marked, body):
    await out.sender.send(parcel(text, marked=marked))
    sent = api.sends()[0]["Body"]
    assert len(sent.encode("utf-16-le")) // 2 <= 1600
    assert body is None or sent == body


async def test_an_answer_that_says_the_send_has_failed_is_a_refusal(out, api):
    made = {"sid": "SM1", "status": "failed", "error_code": 63003}
    api.answers = {"POST Messages": [(201, made)]}
    with pytest.raises(DeliveryRefused) as caught:
        await out.sender.send(parcel())
    assert caught.value.reason == "gone"


async def test_an_answer_without_a_sid_is_unknown(out, api):
    api.answers = {"POST Messages": [(201, {"status": "queued"})]}
    with pytest.raises(DeliveryUnknown):
        await out.sender.send(parcel())


def test_the_budget_is_our_numbers_and_the_sandbox_has_its_own(out):
    assert out.sender.rates(ANA) == out.sender.rates(BIA) == {NUMBER: rate_of(80)}
    sandbox = ConversationKey("whatsapp", SANDBOX, ANA.chat)
    assert out.sender.rates(sandbox) == {SANDBOX: SANDBOX_RATE}
    assert SANDBOX_RATE.seconds > 3.0


@pytest.mark.parametrize("per_second", [0.1, 0.5, 1.0, 2.5, 80.0, 1000.0])
def test_any_rate_is_kept_with_room_for_what_is_slow(per_second):
    """Twilio counts arrivals: of what left in one of our windows, none falls into its next one."""
    rate = rate_of(per_second)
    assert rate.most >= 1
    assert 0.9 * per_second < rate.most / rate.seconds < 0.95 * per_second


async def test_typing_is_shown_for_the_newest_message(out, api):
    await out.sender.typing(ANA)
    assert api.asked == []  # nobody has written yet
    out.heard.note(ANA, "SM1")
    out.heard.note(ANA, "SM2")
    await out.sender.typing(ANA)
    assert [(each.path, each.fields) for each in api.asked] == [
        ("/v2/Indicators/Typing.json", {"channel": "whatsapp", "messageId": "SM2"})
    ]


async def test_typing_is_not_repeated_while_it_shows(out, api):
    out.heard.note(ANA, "SM1")
    out.heard.note(BIA, "SM2")
    await out.sender.typing(ANA)
    out.now += 19
    await out.sender.typing(ANA)
    await out.sender.typing(BIA)
    assert len(api.asked) == 2
    out.now += 1.5
    await out.sender.typing(ANA)
    assert len(api.asked) == 3
    out.now -= 3_600
    await out.sender.typing(ANA)
    assert len(api.asked) == 4


async def test_an_answer_ends_typing_so_the_next_question_shows_it_again(out, api):
    out.heard.note(ANA, "SM1")
    await out.sender.typing(ANA)
    await out.sender.send(parcel())
    await out.sender.typing(ANA)
    assert len(api.calls("POST", "Typing")) == 2


@pytest.mark.parametrize("answer", [DROP, HANG, refused(400, 63030), (200, "x"), (500, "x")])
async def test_typing_never_raises_and_never_takes_long(out, api, answer):
    api.answers = {"POST Typing": [answer]}
    out.heard.note(ANA, "SM1")
    async with asyncio.timeout(4):
        await out.sender.typing(ANA)
    assert len(api.asked) == 1
    assert out.brake.left() == 0
    assert await out.sender.send(parcel())


async def test_typing_has_little_time_of_its_own(out, api, http, monkeypatch):
    http._seconds = 20.0
    monkeypatch.setattr(indicator, "CALL_SECONDS", 0.2)
    api.answers = {"POST Typing": [HANG]}
    out.heard.note(ANA, "SM1")
    async with asyncio.timeout(4):
        await out.sender.typing(ANA)


async def test_a_flood_seen_by_typing_holds_sending_back_too(out, api):
    api.answers = {"POST Typing": [refused(429, 20429)]}
    out.heard.note(ANA, "SM1")
    await out.sender.typing(ANA)
    assert out.brake.left() > 0


def test_only_so_many_chats_are_remembered(out):
    for n in range(10_050):
        out.heard.note(ConversationKey("whatsapp", NUMBER, f"+{n}"), "SM1")
    assert len(out.heard._sids) == 10_000
    assert out.heard.of(ConversationKey("whatsapp", NUMBER, "+10049")) == "SM1"
