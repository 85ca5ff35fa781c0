"""Buttons: quick replies where they fit, numbers where they do not, and never nothing."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.channels.whatsapp.buttons import LONGEST_TITLE, fitted, titles_of, units
from bot.channels.whatsapp.codes import LATER
from bot.channels.whatsapp.contents import DISTRUST_SECONDS, name_of
from bot.errors import DeliveryDelayed, DeliveryRefused, DeliveryUnknown
from bot.outcome import Button, Template
from tests.channels.whatsapp.out import Out, parcel
from tests.channels.whatsapp.tiny_twilio import DROP, HANG, refused

YES_NO = (Button("Sim", "yes"), Button("Não", "no"))
AS_NUMBERS = "Confirma?\n\n1. Sim\n2. Não"


def buttons(*labels: str) -> tuple[Button, ...]:
    return tuple(Button(label, f"v{n}") for n, label in enumerate(labels))


async def asked(out, text="Confirma?", choices=YES_NO, **more) -> str:
    return await out.sender.send(parcel(text, buttons=choices, **more))


@pytest.mark.parametrize(
    ("label", "title"),
    [
        ("Sim", "Sim"),
        ("Falar com uma pessoa", "Falar com uma pessoa"),
        ("Falar com uma pessoa agora", "Falar com uma…"),
        ("Ver o horário de funcionamento", "Ver o horário de…"),
        ("Otorrinolaringologista já", "Otorrinolaringologi…"),
        ("É otorrinolaringologista já", "É otorrinolaringolo…"),
        ("  Duas\n linhas ", "Duas linhas"),
        ("👍🏽" * 8, "👍🏽" * 4 + "…"),
        ("x" * 18 + "e\u0301" * 4, "x" * 18 + "…"),
        ("Segunda-feira, 23 de", "Segunda-feira, 23 de"),
        ("Segunda-feira, 23 de novembro", "Segunda-feira, 23…"),
    ],
)
def test_labels_are_cut_at_words_and_never_inside_a_sign(label, title):
    assert fitted(label) == title


@given(some.text(max_size=60))
def test_no_title_is_longer_than_whatsapp_takes(label):
    assert units(fitted(label)) <= LONGEST_TITLE


@pytest.mark.parametrize(
    "labels",
    [
        (),
        ("a", "b", "c", "d"),
        ("a\u200d" * 20, "b"),  # of which nothing would be left but the sign of a cut
        ("Agendar uma visita à loja", "Agendar uma visita à casa"),
        ("sim", "SIM"),
        ("Oi {{1}}", "b"),
        ("", "b"),
        (" \n ", "b"),
    ],
)
def test_what_quick_replies_cannot_tell_apart_has_numbers(labels):
    assert titles_of(buttons(*labels)) is None


async def test_buttons_are_a_resource_that_holds_no_text_of_anybody(out, api):
    await asked(out, "Oi *Ana*, confirma?")
    (made,) = api.calls("POST", "Content")
    assert made.json == {
        "friendly_name": name_of(("Sim", "Não")),
        "language": "en",
        "variables": {"1": " "},
        "types": {
            "twilio/quick-reply": {
                "body": "{{1}}",
                "actions": [
                    {"type": "QUICK_REPLY", "title": "Sim", "id": "0"},
                    {"type": "QUICK_REPLY", "title": "Não", "id": "1"},
                ],
            }
        },
    }
    (form,) = api.sends()
    assert form["ContentSid"] == api.contents[0]["sid"]
    assert json.loads(form["ContentVariables"]) == {"1": "Oi *\u200bAna*, confirma?"}
    assert "Body" not in form


async def test_a_resource_is_made_once_and_found_again_after_a_restart(out, api, client):
    for _ in range(3):
        await asked(out)
    again = Out(client)
    await asked(again)
    await asked(again, choices=buttons("Outra"))
    assert len(api.calls("POST", "Content")) == 2
    assert len(api.calls("GET", "Content")) == 2
    assert len({form["ContentSid"] for form in api.sends()[:4]}) == 1


async def test_a_resource_that_somebody_has_changed_is_not_used(out, api, client):
    await asked(out)
    api.contents[0]["types"]["twilio/quick-reply"]["actions"][0]["title"] = "Nunca"
    await asked(Out(client))
    assert len(api.calls("POST", "Content")) == 2


async def test_many_at_once_make_one(out, api):
    await asyncio.gather(*(asked(out) for _ in range(5)))
    assert len(api.calls("POST", "Content")) == 1
    assert all("ContentSid" in form for form in api.sends())


@pytest.mark.parametrize("word", ["GET Content", "POST Content"])
@pytest.mark.parametrize(
    "answer", [refused(400, 20001), (500, "x"), DROP, HANG, refused(401, 20003)]
)
async def test_where_the_resource_cannot_be_had_numbers_go_at_once(out, api, word, answer):
    api.answers = {word: [answer, answer]}
    assert await asked(out)
    assert api.sends()[0]["Body"] == AS_NUMBERS
    tries = len(api.calls("POST", "Content")) + len(api.calls("GET", "Content"))
    out.now += DISTRUST_SECONDS - 1
    assert await asked(out)
    assert tries == len(api.calls("POST", "Content")) + len(api.calls("GET", "Content"))
    api.answers = {}
    out.now += 2
    assert await asked(out)
    assert "ContentSid" in api.sends()[-1]


async def test_a_resource_made_without_an_answer_is_found_later_instead_of_made_twice(out, api):
    await asked(out)
    lost = {**api.contents[0], "friendly_name": name_of(("Ok",)), "sid": "HX9"}
    lost["types"] = {
        "twilio/quick-reply": {
            "body": "{{1}}",
            "actions": [{"type": "QUICK_REPLY", "title": "Ok", "id": "0"}],
        }
    }
    api.answers = {"POST Content": [DROP]}
    await asked(out, choices=buttons("Ok"))
    api.contents.append(lost)
    out.now += DISTRUST_SECONDS + 1
    await asked(out, choices=buttons("Ok"))
    assert api.sends()[-1]["ContentSid"] == "HX9"
    assert len(api.calls("POST", "Content")) == 2


async def test_one_send_ends_in_time_however_slow_each_call_is(api, client, http):
    http._seconds = 20.0
    out = Out(client, send_seconds=1.0)
    api.answers = {"GET Content": [HANG], "POST Messages": [HANG]}
    loop = asyncio.get_running_loop()
    before = loop.time()
    with pytest.raises(DeliveryUnknown):
        await asked(out)
    assert loop.time() - before < 4


BLAMED = [*range(21654, 21662), 63005, 63013, 63021, 63030]


@pytest.mark.parametrize("code", BLAMED)
async def test_a_send_refused_for_its_content_goes_once_more_with_numbers(out, api, code):
    api.answers = {"POST Messages": [refused(400, code)]}
    assert await asked(out)
    first, second = api.sends()
    assert "ContentSid" in first
    assert second["Body"] == AS_NUMBERS
    assert second["StatusCallback"] == first["StatusCallback"]
    await asked(out)
    assert len(api.sends()) == 3  # and the next ones go with numbers from the start


async def test_a_resource_that_is_gone_is_made_anew(out, api):
    await asked(out)
    api.contents.clear()
    api.answers = {"POST Messages": [refused(404, 20404)]}
    assert await asked(out)
    out.now += DISTRUST_SECONDS + 1
    await asked(out)
    assert len(api.calls("POST", "Content")) == 2


async def test_content_refused_with_numbers_too_is_refused(out, api):
    api.answers = {"POST Messages": [refused(400, 63013), refused(400, 63013)]}
    with pytest.raises(DeliveryRefused) as caught:
        await asked(out)
    assert caught.value.reason == "policy"
    assert len(api.sends()) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (DROP, DeliveryUnknown),
        (HANG, DeliveryUnknown),
        ((500, "x"), DeliveryUnknown),
        (refused(400, 30008), DeliveryUnknown),
        (refused(400, 63014), DeliveryRefused),
        (refused(429, 20429), DeliveryDelayed),
    ],
)
async def test_never_a_second_send_after_anything_else(out, api, answer, error):
    api.answers = {"POST Messages": [answer]}
    with pytest.raises(error):
        await asked(out)
    assert len(api.sends()) == 1


async def test_a_message_that_was_made_and_failed_at_once_is_another_attempt_with_numbers(out, api):
    """Its status callback names the first attempt, and must not speak of what went instead."""
    made = {"sid": "SM1", "status": "failed", "error_code": 63013}
    api.answers = {"POST Messages": [(201, made)]}
    with pytest.raises(DeliveryDelayed) as caught:
        await asked(out)
    assert caught.value.retry_after == 0
    assert len(api.sends()) == 1
    assert await asked(out, attempt=2)
    first, second = api.sends()
    assert second["Body"] == AS_NUMBERS
    assert second["StatusCallback"] != first["StatusCallback"]


async def test_what_fails_later_for_its_content_may_go_once_without_buttons(out, api):
    with_buttons = parcel("Confirma?", buttons=YES_NO)
    await out.sender.send(with_buttons)
    for other, reason in (
        (parcel("Confirma?"), "policy"),
        (with_buttons, "gone"),
        (replace(with_buttons, attempt=2), "policy"),
        (replace(with_buttons, template=Template("HX1")), "policy"),
    ):
        assert out.sender.bare_after(other, reason) is None
    assert "ContentSid" in (await asked(out) and api.sends()[-1])
    assert out.sender.bare_after(with_buttons, "policy") == LATER
    await asked(out)
    assert api.sends()[-1]["Body"] == AS_NUMBERS
    assert out.made(quick_replies=False).bare_after(with_buttons, "policy") is None


async def test_plain_text_is_never_sent_twice(out, api):
    api.answers = {"POST Messages": [refused(400, 63013)]}
    with pytest.raises(DeliveryRefused):
        await out.sender.send(parcel())
    assert len(api.sends()) == 1


@pytest.mark.parametrize("body", ["x" * 1025, "👍" * 513])
async def test_a_long_body_has_numbers(out, api, body):
    await asked(out, body)
    assert api.sends()[0]["Body"] == body + "\n\n1. Sim\n2. Não"
    assert api.calls("GET", "Content") == []


async def test_a_body_of_the_longest_length_has_buttons(out, api):
    await asked(out, "x" * 1024)
    assert "ContentSid" in api.sends()[0]


async def test_numbers_have_the_whole_labels(out, api):
    labels = ("Falar com uma pessoa agora mesmo", "Falar com uma pessoa amanhã", "c", "d *e*")
    await asked(out, "**Oi**", buttons(*labels), marked=True)
    assert api.sends()[0]["Body"] == (
        "*Oi*\n\n1. Falar com uma pessoa agora mesmo\n2. Falar com uma pessoa amanhã\n3. c\n"
        "4. d *\u200be*"
    )


async def test_a_house_may_want_numbers_only(out, api):
    out.sender = out.made(quick_replies=False)
    await asked(out)
    assert api.sends()[0]["Body"] == AS_NUMBERS
    assert len(api.asked) == 1
