"""Commands work at the first try, in every language, at night and in the limiter."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.book import Hours
from bot.model import Form, Limit, Ownership
from bot.outcome import (
    Button,
    Erase,
    OpenCase,
    Outcome,
    Outgoing,
    SetForm,
    SetLanguage,
    SetTries,
    Verdict,
)
from handlers.open_form import FORGET, HUMAN, question
from handlers.run_command import RunCommand
from tests.handlers.conftest import BOOK, CASE, CHAT, MONDAY_10, SUNDAY_10, Desk, make_turn, said

watched = RunCommand(Desk(seen=True))
deserted = RunCommand(Desk(seen=False))
FORGET_FORM = Form("forget", "confirm", {}, "v1", MONDAY_10 + 1800)
HUMAN_FORM = Form("human", "confirm", {}, "v1", MONDAY_10 + 1800)
ORDER_FORM = Form("order", "order_number", {}, "v1", MONDAY_10 + 60)
YES_NO = (Button("Sim", "/forget yes"), Button("Não", "/forget no"))


def answered(reason, text, *, buttons=(), changes=()):
    sends = (Outgoing(CHAT, text, "system", answers=(1,), buttons=buttons),)
    return Outcome(Verdict.ANSWERED, reason, sends=sends, changes=changes)


def handed(promise, text, *changes, reason="asked"):
    return Outcome(
        Verdict.HANDED_OFF,
        reason,
        sends=(Outgoing(CHAT, text, "system", answers=(1,)),),
        changes=changes,
        trail={"promise": promise},
    )


async def test_what_is_no_command_goes_on():
    assert await watched(make_turn("qual o horário")) is None


@pytest.mark.parametrize("text", ["/start", "começar"])
async def test_start_greets_and_offers_the_menu(text):
    menu = (
        Button("Horário", "qual o horário"),
        Button("Meu pedido", "onde está meu pedido"),
        Button("Pessoa", "/human"),
    )
    assert await watched(make_turn(text)) == answered(
        "welcome", "Olá, sou o robô da Padaria Sol.", buttons=menu
    )


async def test_start_begins_again():
    outcome = await watched(make_turn("/start", form=ORDER_FORM, tries=1))
    assert outcome.changes == (SetForm(None), SetTries(0))


async def test_help_in_the_middle_of_a_form_leaves_the_form_alone():
    assert await watched(make_turn("/help", form=ORDER_FORM)) == answered(
        "help", "Peça /human a qualquer hora."
    )


async def test_an_unknown_command_is_named_as_such():
    assert await watched(make_turn("/refund")) == answered(
        "unknown_command", "Não conheço esse comando."
    )


async def test_a_command_over_its_own_budget_is_left_to_the_limiter():
    assert await watched(make_turn("/help", limit=Limit.NOTICE)) is None


async def test_the_last_command_of_a_burst_counts():
    outcome = await watched(make_turn("/help", "e também", "/language en"))
    assert outcome.reason == "language_set"
    assert outcome.sends[0].answers == (1, 2, 3)


async def test_a_request_in_fragments_is_read_as_one():
    outcome = await watched(make_turn("quero falar", "com uma pessoa"))
    assert outcome.reason == "asked"


# A person


@pytest.mark.parametrize("text", ["/human", "atendente", "quero falar com uma pessoa"])
async def test_a_person_is_promised_when_somebody_can_see_it(text):
    assert await watched(make_turn(text)) == handed(
        "human_coming", "Alguém já vem.", OpenCase("asked")
    )


async def test_when_the_desk_is_closed_the_customer_hears_when_it_opens():
    assert await deserted(make_turn("/human", now=SUNDAY_10)) == handed(
        "human_kept_closed",
        "Guardado. Abrimos segunda-feira, 23/11, 09:00.",
        OpenCase("asked"),
    )


async def test_somebody_who_can_see_it_out_of_hours_is_still_somebody():
    outcome = await watched(make_turn("/human", now=SUNDAY_10))
    assert outcome.trail == {"promise": "human_coming"}


async def test_in_hours_with_nobody_there_nothing_is_promised():
    assert await deserted(make_turn("/human")) == handed(
        "human_kept_open", "Guardado.", OpenCase("asked")
    )


NEXT_MONTH = frozenset(date(2026, 11, 22) + timedelta(days=n) for n in range(30))


@pytest.mark.parametrize(
    "hours",
    [Hours("America/Sao_Paulo", {}), replace(BOOK.hours, holidays=NEXT_MONTH)],
    ids=["no hours at all", "closed for the next fortnight"],
)
async def test_without_an_opening_time_none_is_named(hours):
    turn = make_turn("/human", book=replace(BOOK, hours=hours))
    assert await deserted(turn) == handed("human_kept", "Guardado, sem horário.", OpenCase("asked"))


async def test_an_open_case_is_not_opened_twice():
    assert await watched(make_turn("/human", case=CASE)) == handed(
        "human_already", "Já está com a equipe."
    )


async def test_asking_for_a_person_ends_the_form_and_the_count_of_failures():
    outcome = await watched(make_turn("/human", form=ORDER_FORM, tries=1))
    assert outcome.changes == (OpenCase("asked"), SetForm(None), SetTries(0))


async def test_yes_to_the_offer_calls_a_person():
    assert await watched(make_turn("sim", form=HUMAN_FORM, tries=1)) == handed(
        "human_coming", "Alguém já vem.", OpenCase("asked"), SetForm(None), SetTries(0)
    )


async def test_no_to_the_offer_is_accepted_and_the_next_failure_offers_again():
    assert await watched(make_turn("não", form=HUMAN_FORM, tries=1)) == answered(
        "human_declined", "Tudo bem.", changes=(SetForm(None), SetTries(0))
    )


@pytest.mark.parametrize(
    "form", [None, ORDER_FORM, replace(HUMAN_FORM, expires=MONDAY_10)], ids=["none", "other", "old"]
)
async def test_yes_without_a_fresh_question_means_nothing_here(form):
    assert await watched(make_turn("sim", form=form)) is None


# Language


async def test_language_without_a_name_offers_them_all():
    buttons = (Button("Português", "/language pt"), Button("English", "/language en"))
    assert await watched(make_turn("/language")) == answered(
        "language_ask", "Qual idioma?", buttons=buttons
    )


@pytest.mark.parametrize("name", ["en", "EN", "en-GB", "en_US", "English", " english "])
async def test_language_answers_in_the_new_language_and_pins_it(name):
    assert await watched(make_turn(f"/language {name}")) == answered(
        "language_set", "I speak English now.", changes=(SetLanguage("en", pinned=True),)
    )


async def test_a_language_is_found_without_its_accents():
    assert (await watched(make_turn("/language portugues"))).reason == "language_set"


async def test_a_language_that_is_not_spoken_is_said_so():
    outcome = await watched(make_turn("/language klingon"))
    assert outcome.reason == "language_unknown"
    assert [button.value for button in outcome.sends[0].buttons] == ["/language pt", "/language en"]


# Forget


@pytest.mark.parametrize("text", ["/forget", "apagar meus dados"])
async def test_forget_asks_once_for_half_an_hour(text):
    assert await watched(make_turn(text)) == answered(
        "forget_ask", "Apagar tudo?", buttons=YES_NO, changes=(SetForm(FORGET_FORM),)
    )


@pytest.mark.parametrize("text", ["sim", "/forget yes"])
async def test_yes_erases(text):
    assert await watched(make_turn(text, form=FORGET_FORM)) == answered(
        "forget_done", "Apagado.", changes=(Erase(), SetForm(None))
    )


@pytest.mark.parametrize("text", ["não", "/forget no"])
async def test_no_keeps_everything(text):
    assert await watched(make_turn(text, form=FORGET_FORM)) == answered(
        "forget_kept", "Nada foi apagado.", changes=(SetForm(None),)
    )


@pytest.mark.parametrize("form", [None, replace(FORGET_FORM, expires=MONDAY_10), HUMAN_FORM])
async def test_an_old_yes_button_asks_again_and_erases_nothing(form):
    turn = make_turn(messages=(said("Sim", button="/forget yes"),), form=form)
    assert (await watched(turn)).changes == (SetForm(FORGET_FORM),)


async def test_an_old_no_button_changes_nothing():
    assert (await watched(make_turn("/forget no"))).changes == ()


async def test_anything_else_is_no_answer_to_forget():
    assert await watched(make_turn("qual o horário", form=FORGET_FORM)) is None


async def test_while_a_person_holds_the_chat_only_forget_is_a_command():
    turn = make_turn("/forget", "/help", ownership=Ownership.HUMAN)
    assert (await watched(turn)).reason == "forget_ask"


async def test_the_two_questions_last_half_an_hour():
    assert question(FORGET, make_turn()) == FORGET_FORM
    assert question(HUMAN, make_turn()) == HUMAN_FORM
