"""Nothing automatic leaves unchecked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from bot.checks.approve import MAX_CHARACTERS, approve, inside, line, relay, shown
from bot.checks.values import BookName
from bot.model import Action, Fact, Form, KnownFacts, Said
from bot.outcome import Button, Draft, Origin, Outgoing, Problem, Span, Urgency
from bot.words.render import render
from tests.handlers.conftest import BOOK, CASE, CHAT, DESK, act, both, make_turn, said

REPLY = "rules.hours.reply"
BURST = (said("oi 12345"), said("sim", 2))


def book(text, name=REPLY):
    return Span(text, Origin.BOOK, name)


def checks(*spans, buttons=(), **turn):
    verdict = approve(Draft(spans, "rule", buttons=buttons), make_turn("oi 12345", **turn))
    return [problem.check for problem in verdict] if isinstance(verdict, tuple) else "approved"


# What goes out


def test_an_approved_draft_answers_the_turn():
    spans = render(BOOK.intents[0].reply, {}, BOOK, "pt", 0)
    buttons = (Button("Horário", "qual o horário"),)
    turn = make_turn("oi", "qual o horário")
    assert approve(Draft(spans, "rule", buttons=buttons), turn) == Outgoing(
        CHAT, "Das 9 às 18, Recife.", "rule", answers=(1, 2), buttons=buttons
    )


# Shape


@pytest.mark.parametrize("spans", [(), (book(""),), (book("  \n"),)])
def test_an_empty_draft_is_refused(spans):
    assert "empty" in checks(*spans)


def test_the_longest_text_is_approved_and_one_more_character_is_not():
    longest = "a" * MAX_CHARACTERS
    turn = make_turn(longest + "a")
    fits = Draft((Span(longest, Origin.CUSTOMER),), "rule")
    over = Draft((Span(longest + "a", Origin.CUSTOMER),), "rule")
    assert isinstance(approve(fits, turn), Outgoing)
    assert [problem.check for problem in approve(over, turn)] == ["length"]


def test_every_problem_is_named_at_once_with_excerpt_and_advice():
    draft = Draft((Span("we pay you 100%", Origin.MODEL), book("Das 8")), "rule")
    problems = approve(draft, make_turn("oi"))
    assert [problem.check for problem in problems] == ["book", "amount"]
    assert problems[0] == Problem("book", "Das 8", f"{REPLY} does not say this.")
    assert all(problem.excerpt and problem.advice for problem in problems)


# The book


@pytest.mark.parametrize("left", ["{{", "}}", "{%", "%}"])
def test_a_variable_left_unfilled_is_refused(left):
    broken = both("texts.broken", f"Olá {left} name", f"Hi {left} name")
    assert checks(
        book(f"Olá {left} name", "texts.broken"),
        book=replace(BOOK, texts={**BOOK.texts, "broken": broken}),
    ) == ["variable"]


@pytest.mark.parametrize(
    "span",
    [
        book("Das 9 às 18, "),
        book("Das 9 às 18, Recife."),  # the house's own fact, filled in
        book("Recife"),
        book("Nine to six."),  # any language of the same sentence
        book("Qual o número?", "forms.order.order_number.ask"),
        book("São 5 dígitos.", "forms.order.order_number.invalid"),
        book("O pedido ", "forms.order.done"),
        book("Tudo bem.", "texts.human_declined"),
    ],
)
def test_what_the_book_says_is_approved(span):
    assert checks(span) == "approved"


@pytest.mark.parametrize(
    "span",
    [
        book("Das 8 às 20."),
        book("Tudo bem."),  # another sentence's words
        book("Tudo bem.", ""),
        book("Tudo bem.", "texts.nowhere"),
        book("Volte em 5 min.", "texts.limited"),  # the number is not the book's
        book("Das 9 às 18, Olinda."),
    ],
)
def test_what_the_book_does_not_say_is_refused(span):
    assert checks(span) == ["book"]


@pytest.mark.parametrize("label", ["Horário", "Hours", "Falar com alguém", "English"])
def test_a_button_with_a_label_of_the_book_is_approved(label):
    assert checks(book("Nine to six."), buttons=(Button(label, "x"),)) == "approved"


@pytest.mark.parametrize("label", ["", " ", "Ganhe dinheiro", "Hor"])
def test_a_button_with_another_label_is_refused(label):
    assert checks(book("Nine to six."), buttons=(Button(label, "x"),)) == ["button"]


CHOOSING = both(
    "texts.choosing",
    "Oi{% if name %}, {{ name }}{% endif %}. {% if vip %}Que honra! {% endif %}{{ house.city }}.",
    "Hi.",
)


@pytest.mark.parametrize("name", ["", "12345"])
@pytest.mark.parametrize("vip", ["", "x"])
def test_a_sentence_that_chooses_is_approved_however_it_chose(name, vip):
    house = {**BOOK.house, "city": "Recife", "city.en": "the city of Recife"}
    choosing = replace(BOOK, house=house, texts={**BOOK.texts, "choosing": CHOOSING})
    values = {"name": Span(name, Origin.CUSTOMER), "vip": Span(vip, Origin.CUSTOMER)}
    for language in ("pt", "en"):
        spans = render(CHOOSING, values, choosing, language, 0)
        assert checks(*spans, book=choosing) == "approved"
    assert checks(book("Que honra, senhor!", "texts.choosing"), book=choosing) == ["book"]
    assert checks(book("Que honra! Oi", "texts.choosing"), book=choosing) == ["book"]


def test_the_words_around_a_value_are_not_said_without_it():
    assert checks(book("O pedido  saiu.", "forms.order.done")) == ["book"]


# Facts


def test_a_fact_is_said_exactly_as_known():
    known = KnownFacts({"balance": Fact("balance", "amount", "R$ 10", 0.0, "erp")})
    assert checks(Span("R$ 10", Origin.FACT, "balance"), facts=known) == "approved"
    assert checks(Span("R$ 100", Origin.FACT, "balance"), facts=known) == ["fact"]
    assert checks(Span("R$ 1", Origin.FACT, "balance"), facts=known) == ["fact"]
    assert checks(Span("R$ 10", Origin.FACT, "limit"), facts=known) == ["fact"]
    assert checks(Span("R$ 10", Origin.FACT), facts=known) == ["fact"]


# The customer's words


def test_the_customers_words_may_be_quoted_from_anywhere_in_this_conversation():
    history = (
        Said("customer", "moro em Olinda", 0.0),
        Said("staff", "senha 777", 0.0),
        Said("rule", "cupom 888", 0.0),
    )
    form = Form("order", "x", {"colour": "azul"}, "v1", 0.0)
    turn = {"history": history, "form": form}
    for text in ("12345", "Olinda", "azul"):
        assert checks(Span(text, Origin.CUSTOMER), **turn) == "approved"
    for text in ("777", "888", "oi 12345 e mais"):
        assert checks(Span(text, Origin.CUSTOMER), **turn) == ["customer"]


def test_a_burst_is_one_text_and_earlier_messages_are_not_glued_to_it():
    history = (Said("customer", "não quero", 0.0), Said("customer", "pagar", 0.0))
    assert checks(Span("oi 12345\nsim", Origin.CUSTOMER), messages=BURST) == "approved"
    assert checks(Span("quero\npagar", Origin.CUSTOMER), history=history) == ["customer"]


def test_a_variable_that_the_customer_typed_is_only_text():
    turn = make_turn("{{ secret }}")
    draft = Draft((Span("{{ secret }}", Origin.CUSTOMER),), "rule")
    assert approve(draft, turn).text == "{{ secret }}"


# Lines


def say(name, language="pt", **values):
    return line(name, values, BOOK, to=CHAT, language=language).text


def test_a_line_is_the_systems_own():
    assert line("help", {}, BOOK, to=CHAT, language="en", answers=(4,)) == Outgoing(
        CHAT, "Ask /human at any time.", "system", answers=(4,)
    )


@pytest.mark.parametrize(
    ("value", "pt", "en"),
    [
        (5, "5", "5"),
        (2.5, "2,5", "2.5"),
        (2.0, "2", "2"),
        (time(9, 5), "09:05", "09:05"),
        (date(2026, 3, 4), "quarta-feira, 04/03", "Wednesday, 4 Mar"),
        (
            datetime(2026, 3, 4, 9, 0),  # noqa: DTZ001 # how it is written is all that counts
            "quarta-feira, 04/03, 09:00",
            "Wednesday, 4 Mar, 09:00",
        ),
        (BookName("kind_voice"), "áudio", "voice notes"),
        (BookName("en"), "English", "English"),
        (BookName("city"), "Recife", "Recife"),
    ],
)
def test_values_are_written_as_the_customer_writes_them(value, pt, en):
    assert say("limited", minutes=value) == f"Volte em {pt} min."
    assert say("limited", "en", minutes=value) == f"Come back in {en} min."


def test_a_language_without_weekdays_gets_the_iso_date():
    assert say("limited", "eo", minutes=date(2026, 3, 4)) == "Volte em 2026-03-04 min."


@pytest.mark.parametrize("value", ["free text", True, None, b"x"])
def test_free_text_is_no_value(value):
    with pytest.raises(TypeError):
        say("limited", minutes=value)


def test_a_name_that_the_book_does_not_hold_is_refused():
    with pytest.raises(KeyError):
        say("limited", minutes=BookName("any words I like"))


# Staff


def test_a_reply_is_relayed_word_for_word():
    turn = make_turn(act=act(Action.REPLY, " oi "), case=CASE, unanswered=(2,))
    assert relay(turn.act, turn) == Outgoing(CHAT, " oi ", "staff", answers=(2,))


@pytest.mark.parametrize("action", [action for action in Action if action is not Action.REPLY])
def test_only_a_reply_can_be_relayed(action):
    with pytest.raises(ValueError, match="not for the customer"):
        relay(act(action, "cliente difícil"), make_turn())


def test_an_empty_reply_is_not_relayed():
    with pytest.raises(ValueError, match="empty"):
        relay(act(Action.REPLY, " "), make_turn())


def test_what_is_said_inside_goes_to_a_staff_surface():
    sent = inside("staff_no_case", {"case": 3}, BOOK, to=DESK, language="en")
    assert sent == Outgoing(DESK, "Case 3 is not open.", "system", urgency=Urgency.INSIDE)


@pytest.mark.parametrize("channel", ["web", "api", "terminal", "Desk", ""])
def test_what_is_said_inside_never_goes_to_a_customer(channel):
    with pytest.raises(ValueError, match="not a staff surface"):
        inside("help", {}, BOOK, to=replace(DESK, channel=channel), language="pt")


def test_whoever_answers_what_shows_a_case_speaks_to_its_customer():
    sent = inside("staff_failed", {}, BOOK, to=DESK, language="en", shows_case=True)
    assert sent.shows_case
    assert shown("📇 Ana\n*oi*\n", to=DESK) == Outgoing(
        DESK, "📇 Ana\n*oi*", "system", urgency=Urgency.INSIDE, shows_case=True
    )
    assert not shown("Ana", to=DESK, shows_case=False).shows_case


@pytest.mark.parametrize("channel", ["web", "api", "terminal", "telegram", "Telegram_staff", ""])
def test_what_is_shown_to_staff_never_goes_to_a_customer(channel):
    with pytest.raises(ValueError, match="not a staff surface"):
        shown("Ana: oi", to=replace(DESK, channel=channel))


def test_nothing_is_not_shown():
    with pytest.raises(ValueError, match="nothing"):
        shown(" \n", to=DESK)
