"""Forms, topics for people only and fixed answers are decided before any model."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import Fact, Form, KnownFacts
from bot.outcome import Button, OpenCase, Outcome, Outgoing, Remember, SetForm, SetTries, Verdict
from handlers.obey_rule import ObeyRule
from tests.handlers.conftest import BOOK, CHAT, MONDAY_10, Desk, make_turn, said

step = ObeyRule(Desk())
HALF_AN_HOUR = MONDAY_10 + 1800
ORDER = Form("order", "order_number", {}, "v1", MONDAY_10 + 60)
RETURN = Form("return", "order_number", {}, "v1", MONDAY_10 + 60)


def fact(name, value, source="customer"):
    return Fact(name, "text", value, as_of=MONDAY_10, source=source)


def rule(text, answers=(1,)):
    return Outgoing(CHAT, text, "rule", answers=answers)


def system(text, answers=(1,)):
    return Outgoing(CHAT, text, "system", answers=answers)


# Topics


async def test_a_rule_marked_always_is_obeyed():
    outcome = await step(make_turn("qual a chave pix", tries=1))
    assert outcome == Outcome(
        Verdict.ANSWERED,
        "rule",
        sends=(rule("A chave está no boleto."),),
        changes=(SetTries(0),),
        trail={"intent": "pix", "score": 1.0},
    )


async def test_a_topic_for_people_says_its_line_and_then_the_promise():
    assert await step(make_turn("quero reclamar")) == Outcome(
        Verdict.HANDED_OFF,
        "topic",
        sends=(rule("Sinto muito."), system("Alguém já vem.", ())),
        changes=(OpenCase("topic", {"topic": "complaint"}),),
        trail={"intent": "complaint", "score": 1.0, "promise": "human_coming"},
    )


async def test_a_topic_for_people_without_a_line_says_the_promise():
    outcome = await step(make_turn("meu advogado"))
    assert outcome.sends == (system("Alguém já vem."),)


@pytest.mark.parametrize("text", ["qual o horário", "onde está meu pedido", "xyzzy", "tudo bem"])
async def test_the_rest_is_left_to_the_models_and_to_match_rule(text):
    assert await step(make_turn(text)) is None


# Forms


async def test_an_answer_finishes_the_form_and_is_remembered():
    assert await step(make_turn("é o 12345", form=ORDER, tries=1)) == Outcome(
        Verdict.ANSWERED,
        "form_done",
        sends=(rule("O pedido 12345 saiu."),),
        changes=(Remember(fact("order_number", "12345")), SetForm(None), SetTries(0)),
        trail={"form": "order"},
    )


async def test_an_answer_leads_to_the_next_question():
    assert await step(make_turn("12345", form=replace(RETURN, invalid=1))) == Outcome(
        Verdict.ANSWERED,
        "form_question",
        sends=(rule("Por quê?"),),
        changes=(
            Remember(fact("order_number", "12345")),
            SetForm(Form("return", "why", {"order_number": "12345"}, "v1", HALF_AN_HOUR)),
        ),
        trail={"form": "return", "step": "why"},
    )


async def test_the_last_answer_goes_to_a_person_with_everything_collected():
    form = Form("return", "why", {"order_number": "12345"}, "v1", MONDAY_10 + 60)
    assert await step(make_turn("veio quebrado", form=form)) == Outcome(
        Verdict.HANDED_OFF,
        "form",
        sends=(rule("Anotado: veio quebrado."), system("Alguém já vem.", ())),
        changes=(
            Remember(fact("why", "veio quebrado")),
            OpenCase("form", {"order_number": "12345", "why": "veio quebrado"}),
            SetForm(None),
        ),
        trail={"form": "return", "promise": "human_coming"},
    )


async def test_a_form_without_a_closing_sentence_gives_the_promise():
    form = Form("silent", "colour", {}, "v1", MONDAY_10 + 60)
    outcome = await step(make_turn("azul", form=form))
    assert outcome.sends == (system("Alguém já vem."),)


async def test_a_topic_for_people_makes_its_form_go_to_a_person():
    intents = tuple(replace(i, hand_off=i.form == "order") for i in BOOK.intents)
    outcome = await step(make_turn("12345", form=ORDER, book=replace(BOOK, intents=intents)))
    assert OpenCase("form", {"order_number": "12345"}) in outcome.changes


async def test_an_answer_that_does_not_fit_is_asked_for_once_more():
    assert await step(make_turn("não sei", form=ORDER)) == Outcome(
        Verdict.ANSWERED,
        "form_invalid",
        sends=(rule("São 5 dígitos."),),
        changes=(SetForm(replace(ORDER, invalid=1, expires=HALF_AN_HOUR)),),
        trail={"form": "order", "step": "order_number"},
    )


async def test_two_misfits_in_a_row_call_a_person_with_what_is_known():
    form = Form("return", "order_number", {"why": "quebrou"}, "v1", MONDAY_10 + 60, invalid=1)
    assert await step(make_turn("não sei", form=form)) == Outcome(
        Verdict.HANDED_OFF,
        "form_given_up",
        sends=(system("Melhor uma pessoa ver."), system("Alguém já vem.", ())),
        changes=(OpenCase("form_given_up", {"why": "quebrou"}), SetForm(None)),
        trail={"form": "return", "step": "order_number", "promise": "human_coming"},
    )


async def test_a_clear_question_in_the_middle_is_answered_and_ends_the_form():
    assert await step(make_turn("qual o horário", form=ORDER)) == Outcome(
        Verdict.ANSWERED,
        "rule",
        sends=(
            Outgoing(
                CHAT,
                "Das 9 às 18, Recife.",
                "rule",
                answers=(1,),
                buttons=(Button("Meu pedido", "onde está meu pedido"),),
            ),
        ),
        changes=(SetForm(None),),
        trail={"intent": "hours", "score": 1.0},
    )


async def test_the_question_that_opened_the_form_asks_its_slot_again():
    assert (await step(make_turn("rastrear pedido", form=ORDER))).reason == "form_invalid"


async def test_an_answer_that_fits_is_an_answer_even_when_it_looks_like_a_question():
    outcome = await step(make_turn("qual o horário do 12345", form=ORDER))
    assert outcome.reason == "form_done"


async def test_a_voice_note_is_no_misfit():
    voice = said("", media=("voice",))
    assert await step(make_turn(messages=(voice,), form=ORDER)) is None


async def test_an_expired_form_is_not_gone_on_with():
    form = replace(ORDER, expires=MONDAY_10)
    assert await step(make_turn("12345", form=form)) is None


async def test_a_new_book_keeps_the_form_while_its_question_exists():
    form = replace(ORDER, book="v0")
    assert (await step(make_turn("12345", form=form))).reason == "form_done"
    assert (await step(make_turn("?", form=form))).changes == (
        SetForm(replace(ORDER, invalid=1, expires=HALF_AN_HOUR)),
    )


@pytest.mark.parametrize("gone", [{"name": "vanished"}, {"step": "vanished"}])
async def test_a_new_book_without_the_question_ends_the_form(gone):
    form = replace(ORDER, book="v0", **gone)
    assert await step(make_turn("12345", form=form)) is None


@pytest.mark.parametrize("text", ["ABC1", "?"])
async def test_a_sentence_that_may_not_go_out_leaves_the_message_to_the_next_step(text):
    form = Form("stuck", "code", {}, "v1", MONDAY_10 + 60)
    assert await step(make_turn(text, form=form)) is None


async def test_facts_are_not_asked_for_by_a_form_that_is_answered():
    turn = make_turn("12345", form=ORDER, facts=KnownFacts({"order_number": fact("x", "99999")}))
    assert (await step(turn)).sends == (rule("O pedido 12345 saiu."),)
