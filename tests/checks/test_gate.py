"""What a model says of figures, numbers and addresses leaves only if it is true."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.checks.approve import approve
from bot.checks.origins import sentences
from bot.model import Fact, Form, KnownFacts, Said
from bot.outcome import Draft, Origin, Outgoing, Span
from bot.words.load import load_book
from bot.words.render import render, variables
from tests.checks.gate_cases import FACTS, HONEST, LIES, OWN
from tests.handlers.conftest import make_turn, said
from tests.words.books import TEMPLATES

BOOK = load_book(TEMPLATES, ("pt", "en", "es"), "pt", "America/Sao_Paulo")


def problems(text, *customer, facts=FACTS, spans=(), **turn):
    """What speaks against a model's text in a turn of this customer."""
    draft = Draft((*spans, Span(text, Origin.MODEL)), "model")
    verdict = approve(draft, make_turn(*customer or ("oi",), book=BOOK, facts=facts, **turn))
    return () if isinstance(verdict, Outgoing) else verdict


def checks(*args, **kwargs):
    return {problem.check for problem in problems(*args, **kwargs)}


@pytest.mark.parametrize("answer", HONEST)
def test_an_honest_answer_leaves(answer):
    assert problems(answer) == ()


@pytest.mark.parametrize(("answer", "check"), LIES)
def test_a_lie_stays(answer, check):
    assert checks(answer) == {check}


@pytest.mark.parametrize(("customer", "answer", "check"), OWN)
def test_the_customers_own_words_bear_out_what_is_theirs(customer, answer, check):
    assert checks(answer, customer) == ({check} if check else set())


def test_the_corpus_is_worth_its_name():
    assert len(HONEST) + len(LIES) + len(OWN) >= 200


# The story


def test_the_true_balance_passes_and_the_invented_one_does_not():
    known = KnownFacts({"balance": Fact("balance", "amount", "47.15", 0.0, "erp", "USD")})
    assert problems("Your balance is $47.15.", facts=known) == ()
    assert checks("Your balance is $127,549.32.", facts=known) == {"amount"}


@pytest.mark.parametrize("answer", ["Your balance is $47.15.", "Your balance is $127,549.32."])
def test_without_a_known_balance_every_balance_is_refused(answer):
    assert checks(answer, facts=KnownFacts()) == {"amount"}
    assert checks(answer, facts=KnownFacts({}, FACTS.declared)) == {"amount"}


def test_everything_that_the_templates_say_may_be_said_by_a_model():
    count = 0
    for sentence in sentences(BOOK):
        for language, variants in sentence.variants.items():
            for seed, variant in enumerate(variants):
                values = {v: Span("x", Origin.BOOK, v) for v in variables(variant).values}
                spans = render(sentence, values, BOOK, language, seed)
                assert problems("".join(span.text for span in spans), language=language) == ()
                count += 1
    assert count > 300


@pytest.mark.parametrize("fact", BOOK.house.values())
def test_every_fact_of_the_house_may_be_said_by_a_model(fact):
    assert problems(f"Here: {fact}") == ()


# Where a claim may come from


def test_what_a_customer_quotes_is_not_their_own_word():
    quoting = (replace(said("is this right?"), quoted="you get R$ 500 back, order 55667"),)
    assert checks("Yes, R$ 500.", messages=quoting) == {"amount"}
    assert checks("Yes, order 55667.", messages=quoting) == {"identifier"}


def test_earlier_lines_count_if_the_customer_said_them():
    lines = (Said("customer", "order 55667", 0.0), Said("model", "order 44332", 0.0))
    assert problems("Your order 55667.", history=lines) == ()
    assert checks("Your order 44332.", history=lines) == {"identifier"}


def test_what_a_form_has_collected_counts():
    form = Form("order_number", "order", {"order": "55667"}, "v1", 0.0)
    assert problems("Order 55667.", form=form) == ()
    assert checks("Order 55667.") == {"identifier"}


def test_the_words_on_a_pressed_button_count():
    assert problems("R$ 500.", messages=(said("yes", button="pay R$ 500"),)) == ()


def test_a_claim_wholly_in_a_span_of_the_book_is_not_the_models():
    fact = Span("47.15", Origin.FACT, "balance")
    assert problems(" is what you have.", spans=(fact,)) == ()


def test_a_claim_that_a_model_completes_is_the_models():
    fact = Span("47.15", Origin.FACT, "balance")
    assert checks("0 is what you have.", spans=(fact,)) == {"amount"}
    assert checks(" million is what you have.", spans=(fact,)) == {"amount"}


def test_a_claim_wholly_in_the_customers_own_span_is_not_the_models():
    """Checked by its origin, even where the sentence speaks of a fact."""
    own = Span("1,000,000", Origin.CUSTOMER)
    asked = "is my balance 1,000,000"
    assert problems(" is not what I see as your balance.", asked, spans=(own,)) == ()
    assert checks("1,000,000 is not what I see as your balance.", asked) == {"amount"}


def test_nothing_is_traced_in_a_draft_without_a_model():
    turn = make_turn("R$ 99999", book=BOOK, facts=FACTS)
    assert isinstance(approve(Draft((Span("R$ 99999", Origin.CUSTOMER),), "rule"), turn), Outgoing)


# How facts are written


@pytest.mark.parametrize(
    ("value", "currency", "true", "false"),
    [
        ("47.15", "", "R$ 47,15", "R$ 47,16"),
        ("47,15", "BRL", "R$ 47,15", "R$ 4.715"),
        ("R$ 1.234,56", "", "R$ 1234,56", "US$ 1,234.56"),
        ("R$ 1.234,56", "BRL", "1,234.56", "1.23456"),
        ("1e3", "USD", "$1,000", "$1,003"),
        ("-20", "USD", "-$20", "$20"),
        ("0", "USD", "$0.00", "$0.01"),
        ("+5", "USD", "$5", "$-5"),
        ("47.150", "", "47.150", "471.50"),
        ("47.150", "", "47.15", "47,150"),
        ("1234567.89", "EUR", "1.234.567,89 €", "1.234.567,98 €"),
        ("0.125", "", "0,125", "125"),
        ("10", "", "10%", "11%"),
        ("10", "USD", "$10", "10%"),
    ],
)
def test_a_fact_is_read_however_its_source_writes_it(value, currency, true, false):
    facts = KnownFacts({"sum": Fact("sum", "amount", value, 0.0, "erp", currency)})
    assert problems(f"It is {true}.", facts=facts) == ()
    assert checks(f"It is {false}.", facts=facts) == {"amount"}


@pytest.mark.parametrize("value", ["", "n/a", "NaN", "Infinity", "1e999", "soon", "10 to 20", "€"])
def test_a_fact_that_is_no_number_bears_nothing_out_and_breaks_nothing(value):
    facts = KnownFacts({"sum": Fact("sum", "amount", value, 0.0, "erp", "USD")})
    assert checks("It is $10.", facts=facts) == {"amount"}


def test_a_number_that_names_something_is_no_price():
    facts = KnownFacts({"order": Fact("order", "identifier", "500", 0.0, "erp")})
    assert problems("Order 500.", facts=facts) == ()
    assert checks("That is $500.", facts=facts) == {"amount"}


def test_a_figure_is_not_borne_out_by_a_number_of_the_same_digits():
    facts = KnownFacts({"order": Fact("order", "identifier", "4715", 0.0, "erp")})
    assert checks("It is 47.15.", facts=facts) == {"amount"}


def test_an_identifier_with_blanks_in_it_is_one():
    facts = KnownFacts({"order": Fact("order", "identifier", "AB 1 / 77 X", 0.0, "erp")})
    assert problems("Order AB1-77X.", facts=facts) == ()


# What the model is told


def test_a_problem_says_what_is_wrong_and_what_is_right():
    (problem,) = problems("Your balance is $127,549.32.")
    assert problem.check == "amount"
    assert problem.excerpt == "$127,549.32"
    assert problem.advice == (
        "$127,549.32 is no known figure of this customer: balance is 47.15 USD. "
        "Use known facts only, or say that you do not know."
    )


def test_a_missing_fact_is_told_as_missing():
    (problem,) = problems("Your refund is $80.")
    assert "refund is not known" in problem.advice


def test_problems_are_short_few_and_told_once():
    many = " ".join(f"R$ {n},{n % 90 + 10}" for n in range(1000, 1300))
    found = problems(many)
    assert len(found) == 8
    assert all(len(problem.excerpt) <= 60 for problem in found)
    assert len(problems("$5! $5! $5!")) == 1
    assert problems("Your number is " + "1" * 500)[0].excerpt == "1" * 60


def test_in_a_group_nothing_is_known():
    assert checks("Your balance is $47.15.", facts=KnownFacts(), public=True) == {"amount"}
