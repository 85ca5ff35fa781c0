"""What counts as a claim, where it stands, and how it is read."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.book import Hours
from bot.checks.book_ground import book_ground
from bot.checks.claims import claims_in
from bot.checks.folding import fold
from bot.checks.mentions import mentions
from bot.checks.number_words import spoken
from bot.prompt import FactSpec
from tests.handlers.conftest import BOOK, both


def found(text):
    return [(claim.check, claim.text) for claim in claims_in(fold(text)) if not claim.small]


def values(text):
    return [amount.value for claim in claims_in(fold(text)) for amount in claim.amounts]


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Pay $5 or 10% for order #A-10293.", ["$5", "10%", "A-10293"]),
        ("R$47,15.", ["R$47,15"]),
        ("from 10-20% to $30-40", ["20%", "$30"]),
        ("47 reais e 15 centavos, e 3 reais", ["47 reais e 15 centavos", "3 reais"]),
        ("On 25/12/2026 at 09:00, 2026 reais.", ["2026 reais"]),
        ("ana@x.example, +55 31 5550-0142", ["ana@x.example", "+55 31 5550-0142"]),
        ("Ligue para (11) 98765-4321", ["(11) 98765-4321"]),
        ("order 12345 2 items", ["12345 2"]),
        ("12345.Obrigado", ["12345"]),
        ("x.example/a/12345.", ["x.example/a/12345"]),
        ("COVID-19, 4K, 24/7, 2 days, 9h30, 9 pm, 1/5", []),
        ("1. one\n2) two", []),
        ("Em 25/12 12345", ["12345"]),
        ("555-10/12/2026", ["555-10/12/2026"]),
        ("o valor dos reais, dos dólares", ["dos dólares"]),
    ],
)
def test_a_claim_is_found_as_it_is_said(text, claims):
    assert [said for _, said in found(text)] == claims


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$127k", "127000"),
        ("US$ 3 bi", "3000000000"),
        ("3 mil millones de pesos", "3000000000"),
        ("1,5 milhão", "1500000"),
        ("₹1,27,549.00", "127549"),
        ("5 lakh rupees", "500000"),
        ("50 centavos", "0.5"),
        ("25¢", "0.25"),
        ("$.50", "0.5"),
        ("-$5", "-5"),
        ("$ -5", "-5"),
        ("$(9.8) million", "-9800000"),
        ("um saldo negativo de R$ 20", "-20"),
        ("menos 47,15", "-47.15"),
        ("menos cinco reais", "-5"),
        ("-5 reais e 50 centavos", "-5.5"),
        ("- R$ 47,15", "47.15"),  # a list
        ("saldo\u201447,15", "47.15"),  # a dash
        ("0.125", "0.125"),
        ("1,234,567", "1234567"),
    ],
)
def test_an_amount_is_read_as_people_read_it(text, value):
    assert values(text) == [Decimal(value)]


def test_an_amount_in_brackets_may_be_less_than_nothing_or_only_an_aside():
    assert set(values("($5)")) == {Decimal(5), Decimal(-5)}


@pytest.mark.parametrize("text", ["R$ 1.2.3", "$1,2.3,4", "$47,15,00"])
def test_what_nobody_can_read_is_a_claim_without_a_value(text):
    (claim, *_) = claims_in(text)
    assert claim.check == "amount"
    assert claim.amounts == ()


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("**$47**.15", "$47.15"),
        ("***6789", "***6789"),
        ("1\u200b2\u00ad3", "123"),
        ("４７，１５ ＵＳＤ", "47,15 USD"),
        ("\u0661\u066c\u0662", "1,2"),
        ("R$\u00a0\u20095", "R$ 5"),
        ("&euro;&nbsp;5", "€ 5"),
        ("<b>4</b>7 \\$5 `6` ~~7~~ __8__", "47 $5 6 7 8"),
        ("a_b@x.example", "a_b@x.example"),
        ("um\nção, nº 5", "um\nção, nº 5"),
        ("\u22125 \u20135 \u20145", "-5 -5 \u20145"),
    ],
)
def test_a_text_is_folded_to_what_its_reader_sees(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("one hundred twenty-seven thousand five hundred forty-nine", 127549),
        ("cento e vinte e sete mil quinhentos e quarenta e nove", 127549),
        ("ciento veintisiete mil quinientos cuarenta y nueve", 127549),
        ("two million three", 2_000_003),
        ("mil e um", 1001),
        ("dois mil", 2000),
        ("três milhões", 3_000_000),
        ("dieciséis", 16),
        ("twenty fifty", None),
        ("hundreds", None),
    ],
)
def test_a_number_in_words_is_read(words, value):
    (said,) = spoken(words)
    assert said.value == value
    assert words[said.start : said.end] == words


def test_joining_words_belong_to_a_number_only_between_its_words():
    text = "e dois e, and three."
    assert [text[said.start : said.end] for said in spoken(text)] == ["dois", "three"]


# Of which fact a sentence speaks

DECLARED = {
    "balance": FactSpec("balance", "amount", {"en": ("balance",), "pt": ("saldo",)}),
    "points_balance": FactSpec(
        "points_balance", "amount", {"en": ("points balance", "balance of points")}
    ),
    "city": FactSpec("city", "text", {"en": ("city",)}),
    "order": FactSpec("order", "identifier", {"pt": ("pedido", "código")}),
}


def facts_of(text):
    """The facts that each figure of a text has to be one of."""
    claims = claims_in(text)
    told = mentions(text, claims, DECLARED)
    return [
        sorted(next((each.facts for each in told if claim.start < each.end), ()))
        for claim in claims
    ]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("Your balance is $100.", [["balance"]]),
        ("SÁLDO: $100", [["balance"]]),
        ("The two balances: $100", [["balance"]]),
        ("Your points balance is $100.", [["points_balance"]]),
        ("The balance of points is $100.", [["points_balance"]]),
        ("Your points_balance is $100.", [["points_balance"]]),
        ("Your imbalance is $100.", [[]]),
        ("Your city has $100.", [[]]),
        ("O codigo e o saldo: $100", [["balance", "order"]]),
        ("I saw your balance. It is $100. And $200.", [["balance"], []]),
        ("Balance:\n- $100\n- $200\nAnd $300", [["balance"], ["balance"], ["balance"]]),
        ("Your balance is $100. Then $200.", [["balance"], []]),
        ("It costs $100. Your balance is fine.", [[]]),
    ],
)
def test_a_sentence_speaks_of_the_facts_that_it_names(text, facts):
    assert facts_of(text) == facts


def test_nothing_is_named_where_nothing_is_declared():
    assert mentions("Your balance is $1.", claims_in("Your balance is $1."), {}) == ()


# What the book bears out


def bears(text, **book):
    ground = book_ground(replace(BOOK, **book))
    claims = claims_in(fold(text))
    assert claims
    return all(ground.bears(claim) for claim in claims)


def test_the_book_is_read_in_every_language_with_the_facts_of_the_house():
    house = {**BOOK.house, "price": "199", "price.en": "299", "note": "R$ 5"}
    texts = {**BOOK.texts, "x": both("texts.x", "R$ {{ house.price }}", "R$ {{ house.price }}")}
    assert bears("R$ 199 R$ 299 R$ 5", house=house, texts=texts)
    assert not bears("R$ 399", house=house, texts=texts)


def test_every_branch_of_a_choice_is_the_books():
    choice = both("texts.x", "{% if a == '700' %}R$ 500{% else %}R$ 600{% endif %}", "-")
    texts = {**BOOK.texts, "x": choice}
    assert bears("R$ 500 R$ 600", texts=texts)
    assert not bears("R$ 700", texts=texts)


def test_a_value_in_a_sentence_is_not_the_books_and_joins_nothing():
    texts = {**BOOK.texts, "x": both("texts.x", "R$ {{ sum }}", "R$ 1{{ sum }}000")}
    assert not bears("R$ 1.000", texts=texts)


def test_buttons_and_forms_are_the_books():
    assert bears("R$ 321", menu=(replace(BOOK.menu[0], label=both("menu.1", "R$ 321", "-")),))
    slot = replace(BOOK.forms["order"].slots[0], invalid=both("f", "como 48213", "-"))
    forms = {**BOOK.forms, "order": replace(BOOK.forms["order"], slots=(slot,))}
    assert bears("pedido 48213", forms=forms)


def test_what_customers_say_in_the_examples_is_not_the_books():
    intents = (replace(BOOK.intents[0], examples={"pt": ("rastreio do pedido 77665",)}),)
    assert not bears("pedido 77665", intents=intents)


def test_a_book_without_hours_is_read():
    assert not bears("R$ 1", hours=Hours("UTC", {}))
