"""The example business: complete, honest, and sure of its own sentences."""

from dataclasses import replace

import pytest

from bot.book import Sentence
from bot.checks.approve import inside, line
from bot.delivery.notices import REASONS, STOPS, stopped, undelivered, works_again
from bot.delivery.ports import UNKNOWN, WINDOW_CLOSED, Parcel
from bot.model import ConversationKey
from bot.rules import forms
from bot.rules.commands import recognise
from bot.rules.match import classify
from bot.rules.noise import is_noise
from bot.words.load import load_book
from bot.words.names import TEXTS
from bot.words.render import text_of
from tests.words.books import TEMPLATES

LANGUAGES = ("pt", "en", "es")
BOOK = load_book(TEMPLATES, LANGUAGES, "pt", "America/Sao_Paulo")


def sentences() -> list[Sentence]:
    intents = [intent.reply for intent in BOOK.intents if intent.reply]
    asked = [said for form in BOOK.forms.values() for slot in form.slots
             for said in (slot.ask, slot.invalid)]  # fmt: skip
    return [*BOOK.texts.values(), *intents, *asked]


def test_every_line_that_the_program_says_is_there() -> None:
    assert set(BOOK.texts) == set(TEXTS)


def test_every_intent_has_a_dozen_examples_in_each_language_and_does_something() -> None:
    for intent in BOOK.intents:
        assert intent.decides, intent.name
        for language in LANGUAGES:
            assert len(intent.examples[language]) >= 12, (intent.name, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_welcome_says_what_it_is_and_when_people_are_there(language: str) -> None:
    welcome = text_of(BOOK.texts["welcome"], BOOK, language)
    assert {"pt": "robô", "en": "bot", "es": "bot"}[language] in welcome
    assert "09:00" in welcome
    assert 2 <= len(BOOK.menu) <= 4
    assert any(button.value == "/human" for button in BOOK.menu)


def test_every_example_is_understood_as_its_own_intent_and_as_nothing_else() -> None:
    for intent in BOOK.intents:
        for language, examples in intent.examples.items():
            for example in examples:
                assert classify(example, BOOK, language).intent == intent.name, example
                assert recognise(example, BOOK) is None, example
                assert not is_noise(example, BOOK), example


def test_every_button_leads_somewhere() -> None:
    buttons = [*BOOK.menu, *(b for intent in BOOK.intents for b in intent.buttons)]
    for button in buttons:
        command = recognise(button.value, BOOK)
        assert command or classify(button.value, BOOK).intent
        for language in LANGUAGES:
            assert len(text_of(button.label, BOOK, language)) <= 20


def test_an_order_number_in_the_first_message_is_not_asked_for_again() -> None:
    intent = classify("cadê meu pedido 48213?", BOOK).intent
    form = BOOK.forms[next(i.form for i in BOOK.intents if i.name == intent)]
    (order,) = form.slots
    assert forms.find(order, "cadê meu pedido 48213?") == "48213"
    assert form.hand_off


def test_money_and_complaints_always_go_to_a_person() -> None:
    by_name = {intent.name: intent for intent in BOOK.intents}
    assert by_name["refund"].hand_off
    assert by_name["complaint"].hand_off


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_short_and_need_no_more_than_they_say(language: str) -> None:
    for sentence in sentences():
        for said in sentence.variants[language]:
            assert 0 < len(said) <= 420, sentence.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_there_is_no_case_or_number_none_is_told(language):
    desk = ConversationKey("desk", "", "rita")
    for name, value in (
        ("staff_no_case", "case"),
        ("staff_stranger", "id"),
        ("staff_blocked", "case"),
        ("staff_unknown", "case"),
        ("staff_window_closed", "case"),
        ("staff_window_no_template", "case"),
    ):
        none, some = (
            inside(name, {value: n}, BOOK, to=desk, language=language).text for n in (0, 7)
        )
        assert "0" not in none
        assert "7" in some


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", sorted(REASONS | {"blocked", UNKNOWN, WINDOW_CLOSED, "new"}))
def test_whatever_did_not_arrive_is_told_with_its_reason_and_its_case(reason, language):
    book = replace(BOOK, default_language=language)
    desk = ConversationKey("telegram_staff", "1", "-1")
    parcel = Parcel(1, ConversationKey("whatsapp", "1", "2"), "Oi", "staff", (), case=77)
    with_case = undelivered(parcel, reason, book, desk)
    without = undelivered(replace(parcel, case=None), reason, book, desk)
    assert with_case is not None
    assert without is not None
    assert "77" in with_case.text
    assert "\n\n«Oi»" in with_case.text
    assert "0" not in without.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_channel_that_stops_and_works_again_is_named(language):
    book = replace(BOOK, default_language=language)
    desk = ConversationKey("telegram_staff", "1", "-1")
    told = {stopped("whatsapp", why, book, desk).text for why in (*STOPS, "new")}
    assert len(told) == 4
    assert all("WhatsApp" in each for each in told)
    assert "WhatsApp" in works_again("whatsapp", book, desk).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_told_that_no_messages_wait(language):
    chat = ConversationKey("web", "", "ana")

    def told(messages: int) -> str:
        return line("queue_full", {"messages": messages}, BOOK, to=chat, language=language).text

    assert not any(sign.isdecimal() for sign in told(0))
    assert "1 m" in told(1)
    assert not any(many in told(1) for many in ("suas", "messages", "tuyos"))
    assert "50 m" in told(50)
