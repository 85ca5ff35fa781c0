"""Facts as customers read them: amounts in the manner of their language, all else untouched."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.checks.approve import approve
from bot.model import Fact, KnownFacts
from bot.outcome import Draft, Origin, Outgoing, Span
from bot.words.amounts import prepare, written
from handlers.sentence import say
from tests.handlers.conftest import both, make_turn


def amount(value: str, currency: str = "BRL") -> Fact:
    return Fact("balance", "amount", value, 0.0, "shop", currency)


@pytest.mark.parametrize(
    ("value", "currency", "language", "text"),
    [
        ("47.15", "BRL", "pt", "R$ 47,15"), ("47.15", "BRL", "en", "R$47.15"),
        ("47.15", "BRL", "es", "47,15 BRL"), ("47.1", "USD", "en", "$47.10"),
        ("-1234567.5", "USD", "pt", "-US$ 1.234.567,50"), ("1234.5", "EUR", "fr", "1 234,50 €"),
        ("0.1255", "BRL", "pt", "R$ 0,1255"), ("1000", "JPY", "en", "¥1,000"),
        ("0.5", "KWD", "en", "KWD 0.500"), ("5", "QQQ", "pt", "QQQ 5,00"),
        ("5", "XXX", "en", "XXX 5.00"), ("-5", "CHF", "en", "-CHF 5.00"),
        ("1234.5", "", "pt", "1.234,5"), ("7", "", "en", "7"), ("47.15", "BRL", "xx", "R$47.15"),
        ("five", "BRL", "pt", "five"), ("NaN", "BRL", "pt", "NaN"),
    ],
)  # fmt: skip
def test_an_amount_is_written_as_the_language_does(value, currency, language, text):
    assert written(amount(value, currency), language) == text


@given(some.decimals(-(10**9), 10**9, places=2), some.sampled_from(["pt", "en", "es", "fr", "hi"]))
def test_no_digit_is_lost_and_every_blank_is_a_plain_one(number, language):
    text = written(amount(f"{number:f}"), language)
    assert "".join(c for c in text if c.isdigit()).lstrip("0") == (
        f"{number:f}".replace(".", "").replace("-", "").lstrip("0")
    )
    assert not set(text) & set("\u00a0\u202f")


@pytest.mark.parametrize("kind", ["text", "identifier", "date"])
def test_what_is_no_amount_stays_as_it_is(kind):
    assert written(Fact("x", kind, "1234.5", 0.0, "shop"), "pt") == "1234.5"


def test_preparing_any_language_is_harmless():
    prepare(("pt", "xx"))


async def test_a_sentence_says_an_amount_in_the_customers_language():
    turn = make_turn("oi", facts=KnownFacts({"balance": amount("1047.5")}))
    sentence = both("rules.debt.reply", "Saldo: {{ balance }}.", "Balance: {{ balance }}.")
    intent = replace(turn.book.intents[0], reply=sentence)
    turn = replace(turn, book=replace(turn.book, intents=(intent,)))
    assert (await say(sentence, turn)).text == "Saldo: R$ 1.047,50."
    assert (await say(sentence, replace(turn, language="en"))).text == "Balance: R$1,047.50."


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("R$ 1.047,50", True),
        ("1047.5", True),
        ("R$1,047.50", False),
        ("1047.50", False),
        ("", True),
    ],
)
def test_only_the_fact_itself_and_its_spelling_count_as_the_fact(text, passes):
    turn = make_turn("oi", facts=KnownFacts({"balance": amount("1047.5")}))
    spans = (Span("oi ", Origin.CUSTOMER), Span(text, Origin.FACT, "balance"))
    draft = Draft(spans if text else (Span("oi", Origin.CUSTOMER),), "rule")
    verdict = approve(draft, make_turn("oi ", facts=turn.facts))
    assert isinstance(verdict, Outgoing) is passes
