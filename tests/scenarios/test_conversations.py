"""Whole conversations with the templates that ship: what a customer reads, on every channel."""

from __future__ import annotations

import asyncio
import re

import pytest

from bot.rules.match import _ranked
from tests.customers import LONGEST, customers
from tests.desk_in_process import Desk, running_desk


async def test_the_same_question_is_answered_in_each_language(desk):
    questions = {
        "pt": ("Vocês aceitam Pix?", "Aceitamos"),
        "en": ("Which payment methods do you take?", "We take"),
        "es": ("¿Qué medios de pago aceptan?", "Aceptamos"),
    }
    for language, (question, answer) in questions.items():
        assert answer in await desk.ask(question, "m1", language)


async def test_an_order_number_is_asked_for_once_and_goes_to_a_person(desk):
    asked = await desk.ask("cadê meu pedido?", "m1")
    assert "número" in asked
    done = await desk.ask("é o 48213", "m2")
    assert "48213" in done
    (case,) = await desk.cases()
    card = "\n".join((await desk.case(case["id"]))["lines"])
    assert "48213" in card
    assert "form" in card


async def test_nobody_is_asked_for_what_they_already_said(desk):
    assert "77123" in await desk.ask("Where is my order 77123?", "m1")


async def test_two_answers_that_do_not_fit_end_the_form_at_a_person(desk):
    await desk.ask("cadê meu pedido?", "m1")
    await desk.ask("não lembro não", "m2")
    await desk.ask("sei lá", "m3")
    assert [case["why"] for case in await desk.cases()]


async def test_another_question_leaves_the_form(desk):
    await desk.ask("cadê meu pedido?", "m1")
    assert "Pix" in await desk.ask("vocês aceitam pix?", "m2")
    assert await desk.cases() == []


async def test_an_unknown_question_offers_a_person_and_yes_calls_one(desk):
    offer = await desk.answer_to_new("qual a capital da Mongólia?", "m1")
    assert any("pessoa" in button["label"] for button in offer["buttons"])
    await desk.ask("sim", "m2")
    assert [case["why"] for case in await desk.cases()] == ["asked for a person"]


async def test_two_unknown_questions_in_a_row_call_a_person_unasked(desk):
    await desk.ask("qual a capital da Mongólia?", "m1")
    await desk.ask("quem ganhou a copa de 1950?", "m2")
    assert len(await desk.cases()) == 1


async def test_a_promise_of_a_person_is_only_made_when_somebody_can_see_it(desk):
    kept = await desk.ask("quero falar com uma pessoa", "m1", "nobody-there")
    assert "Guardei" in kept
    assert re.search(r"\d{1,2}[:h]", kept)  # when the desk opens, or its hours
    await desk.cases()  # Rita looks at her desk
    coming = await desk.ask("quero falar com uma pessoa", "m1", "rita-is-there")
    assert "Guardei" not in coming


async def test_a_second_request_for_a_person_opens_no_second_case(desk):
    first = await desk.ask("quero falar com uma pessoa", "m1")
    second = await desk.ask("atendente!!", "m2")
    assert first != second
    assert len(await desk.cases()) == 1


async def test_while_a_person_holds_the_chat_the_bot_is_silent_and_comes_back(desk):
    await desk.ask("quero falar com uma pessoa", "m1")
    await desk.act("claim", 1)
    await desk.post("vocês aceitam pix?", "m2")
    await desk.post("/help", "m3")
    await until_quiet(desk)
    assert len(outgoing(await desk.messages())) == 1

    await desk.act("note", 1, "canário interno")
    await desk.act("reply", 1, "Aceitamos sim!")
    reply = await desk.answer_to("m2")
    assert (reply["author"], reply["text"]) == ("staff", "Aceitamos sim!")
    assert reply["answers"] == ["m2", "m3"]

    await desk.act("resolve", 1)
    assert "boleto" in (await desk.ask("e boleto?", "m4")).lower()
    assert "canário" not in str(await desk.messages())
    farewell = outgoing(await desk.messages())[2]
    assert farewell["answers"] == []


async def test_staff_replies_of_two_chats_do_not_cross(desk):
    for name in ("ana", "bia"):
        await desk.ask("quero falar com uma pessoa", "m1", name)
    for n in range(3):
        await desk.act("reply", 1, f"para ana {n}", id=f"a{n}")
        await desk.act("reply", 2, f"para bia {n}", id=f"b{n}")
    for name in ("ana", "bia"):
        texts = [m["text"] for m in await desk.messages(name) if m["author"] == "staff"]
        assert texts == [f"para {name} {n}" for n in range(3)]


async def test_forget_asks_once_then_deletes(desk):
    await desk.ask("meu pedido é o 55555, cadê?", "m1")
    question = await desk.answer_to_new("/forget", "m2")
    assert len(question["buttons"]) == 2
    assert len(await desk.messages()) > 2
    await desk.ask("sim", "m3")
    left = await desk.messages()
    assert [m["direction"] for m in left] == ["in", "out"]
    assert "55555" not in str(left)
    assert "55555" not in "\n".join((await desk.case(1))["lines"])
    assert _ranked.cache_info().currsize == 0  # nor does matching remember what was written


async def test_forget_can_be_declined(desk):
    await desk.ask("vocês aceitam pix?", "m1")
    await desk.ask("/forget", "m2")
    await desk.ask("não", "m3")
    assert len(await desk.messages()) == 6


async def test_a_chosen_language_stays_chosen(desk):
    assert "English" in await desk.ask("/language en", "m1")
    assert "a person" in await desk.ask("qual a capital da Mongólia?", "m2")


async def test_a_thank_you_needs_no_answer_and_the_next_question_does(desk):
    await desk.ask("vocês aceitam pix?", "m1")
    await desk.post("obrigado 👍", "m2")
    await until_quiet(desk)
    assert await desk.ask("e qual o horário?", "m3")
    assert not any("m2" in m["answers"] for m in await desk.messages())
    assert len(outgoing(await desk.messages())) == 2


async def test_fragments_are_one_question(channel, monkeypatch, tmp_path):
    slow = {"NIGHTDESK__INBOX__PAUSE_SECONDS": "10"}  # not waited for: the last one is a question
    async with customers(channel, monkeypatch, tmp_path, **slow) as desk:
        for n, text in enumerate(("oi", "tudo bem?", "vocês aceitam", "pix?")):
            await desk.post(text, f"m{n}")
        answer = await desk.answer_to("m3")
        assert answer["answers"] == ["m0", "m1", "m2", "m3"]
        assert len(outgoing(await desk.messages())) == 1


async def test_a_flood_on_a_chat_platform_gets_one_notice_then_silence(monkeypatch, tmp_path):
    import aiohttp

    from tests.desk_in_process import read_events

    async with running_desk(
        monkeypatch, tmp_path, NIGHTDESK__LIMITS__MESSAGES_PER_HOUR="4"
    ) as desk:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as http:
            await http.get(desk.url)
            for n in range(12):
                body = {"id": f"m{n}", "text": f"pergunta número {n} sobre pix"}
                await http.post(f"{desk.url}/chat/messages", json=body)
                await asyncio.sleep(0.1)
            body = {"id": "human", "text": "quero falar com uma pessoa"}
            await http.post(f"{desk.url}/chat/messages", json=body)
            await until_quiet(desk)
            async with http.get(f"{desk.url}/chat/events") as r:
                events = await read_events(r, lambda e: e[-1][0] == "ready")
    lines = [data for name, data in events if name == "message"]
    notices = [m for m in lines if "muitas mensagens" in m["text"].lower()]
    assert len(notices) == 1, [m["text"] for m in lines if m["direction"] == "out"]
    states = [m["state"] for m in lines if m["direction"] == "in"]
    assert states[-2:] == ["limited", "done"]  # the person was called all the same
    assert states.count("limited") >= 7


@pytest.mark.parametrize(
    "text",
    [
        "{{7*7}}",
        "{0.__class__}",
        "%(x)s ${x}",
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "'; DROP TABLE messages; --",
        "\u202egnirts\x1b[31m",
        "!!python/object:os.system x",
        "a" * 4096,
        "\n".join(["linha"] * 500),
    ],
)
async def test_what_customers_write_is_only_ever_text(channel, desk, text):
    text = text[: LONGEST[channel]]
    await desk.ask("cadê meu pedido?", "m0")
    answer = await desk.ask(text, "m1")
    assert "49" not in answer
    first = next(m for m in await desk.messages() if m["id"] == "m1")
    assert first["text"] == text
    assert await desk.ask("vocês aceitam pix?", "m2")


async def until_quiet(desk: Desk) -> None:
    """Wait until nothing waits any more."""
    async with asyncio.timeout(6):
        while await desk.app.ledger.backlog():
            await asyncio.sleep(0.02)


def outgoing(messages: list[dict]) -> list[dict]:
    return [m for m in messages if m["direction"] == "out"]
