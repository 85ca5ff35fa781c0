"""Whatever the figure and however it is written: true ones leave, changed ones stay."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.checks.amounts import read_number
from bot.checks.approve import approve
from bot.checks.claims import claims_in
from bot.checks.folding import fold
from bot.checks.grounding import ungrounded
from bot.model import Fact, KnownFacts
from bot.outcome import Draft, Origin, Span
from tests.handlers.conftest import make_turn


def grouped(whole: str, mark: str) -> str:
    first = len(whole) % 3 or 3
    return mark.join([whole[:first], *(whole[i : i + 3] for i in range(first, len(whole), 3))])


def indian(whole: str, mark: str = ",") -> str:
    if len(whole) <= 3:
        return whole
    head, last = whole[:-3], whole[-3:]
    first = len(head) % 2 or 2
    pairs = [head[:first], *(head[i : i + 2] for i in range(first, len(head), 2))]
    return mark.join([*pairs, last])


# How a whole part and two decimals are put together
STYLES = {
    "en": lambda whole, cents: f"{grouped(whole, ',')}.{cents}",
    "pt": lambda whole, cents: f"{grouped(whole, '.')},{cents}",
    "plain dot": lambda whole, cents: f"{whole}.{cents}",
    "plain comma": lambda whole, cents: f"{whole},{cents}",
    "blank": lambda whole, cents: f"{grouped(whole, ' ')},{cents}",
    "thin blank": lambda whole, cents: f"{grouped(whole, chr(0x2009))}.{cents}",
    "hard blank": lambda whole, cents: f"{grouped(whole, chr(0xA0))},{cents}",
    "Swiss": lambda whole, cents: f"{grouped(whole, chr(0x2019))}.{cents}",
    "Indian": lambda whole, cents: f"{indian(whole)}.{cents}",
    "fullwidth": lambda whole, cents: "".join(chr(ord(d) + 0xFEE0) for d in f"{whole}.{cents}"),
    "Arabic": lambda whole, cents: f"{whole}.{cents}".translate(
        {ord(str(n)): chr(0x660 + n) for n in range(10)} | {ord("."): "\u066b"}
    ),
}
AROUND = ("US$ {}", "US${}", "{} USD", "${}", "$ {}", "{} dólares", "**${}**", "`$`{}", "USD {}")
styles, around = st.sampled_from(sorted(STYLES)), st.sampled_from(AROUND)
sums = st.integers(min_value=1, max_value=10**11)  # in cents


def written(cents: int, style: str) -> str:
    return STYLES[style](str(cents // 100), f"{cents % 100:02}")


def leaves(answer: str, value: str, currency: str = "USD") -> bool:
    facts = KnownFacts({"balance": Fact("balance", "amount", value, 0.0, "erp", currency)})
    draft = Draft((Span(answer, Origin.MODEL),), "model")
    return not list(ungrounded(draft, make_turn("oi", facts=facts)))


@given(cents=sums, style=styles, around=around)
def test_a_true_figure_leaves_however_it_is_written(cents, style, around):
    answer = f"Seu saldo: {around.format(written(cents, style))}."
    assert leaves(answer, str(Decimal(cents) / 100))


@given(cents=sums, style=styles, around=around, data=st.data())
def test_a_figure_with_one_digit_changed_stays(cents, style, around, data):
    told = f"{cents:03}"
    place = data.draw(st.integers(0, len(told) - 1))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != told[place]]))
    wrong = int(told[:place] + digit + told[place + 1 :])
    answer = f"Seu saldo: {around.format(written(wrong, style))}."
    assert not leaves(answer, str(Decimal(cents) / 100))


@given(cents=sums, style=styles, around=around, power=st.sampled_from([1, 2, 3, 6]))
def test_a_figure_of_another_size_stays(cents, style, around, power):
    answer = f"Seu saldo: {around.format(written(cents * 10**power, style))}."
    assert not leaves(answer, str(Decimal(cents) / 100))


@given(cents=sums, style=styles, sign=st.sampled_from(["-", "- ", "\u2212", "\u2013"]))
def test_a_figure_below_nothing_stays(cents, style, sign):
    assume(sign != "- ")
    for answer in (f"Saldo: {sign}US$ {written(cents, style)}", f"$ {sign}{written(cents, style)}"):
        assert not leaves(answer, str(Decimal(cents) / 100))
        assert leaves(answer, str(-Decimal(cents) / 100))


@given(cents=sums, style=styles, other=st.sampled_from(["R$ {}", "€{}", "{} EUR", "{}%", "£ {}"]))
def test_a_figure_in_another_currency_stays(cents, style, other):
    assert not leaves(other.format(written(cents, style)), str(Decimal(cents) / 100))


@given(cents=sums, style=styles)
def test_separators_are_read_as_people_read_them(cents, style):
    read = read_number(fold(written(cents, style)))
    assert read is not None
    assert read.value == Decimal(cents) / 100


@given(whole=st.integers(1000, 999_999), mark=st.sampled_from(".,' "))
def test_one_separator_before_three_digits_parts_thousands(whole, mark):
    read = read_number(grouped(str(whole), mark))
    assert read is not None
    assert read.value == whole


# Whatever stands in a text

SIGNS = st.text(
    st.one_of(
        st.sampled_from("0123456789.,-/ '$€%#+()*_`~@&;:<>[]{}RUSDkmil\n\u200b\u20e3\u0661\uff11"),
        st.characters(codec="utf-8"),
    ),
    max_size=80,
)


@settings(max_examples=300)
@given(answer=SIGNS, customer=SIGNS, value=SIGNS, kind=st.sampled_from(["amount", "text"]))
def test_no_text_breaks_the_gate(answer, customer, value, kind):
    facts = KnownFacts({"sum": Fact("sum", kind, value, 0.0, "erp", "USD")})
    turn = make_turn(customer, facts=facts)
    found = approve(Draft((Span(answer, Origin.MODEL),), "model"), turn)
    assert found


@given(text=SIGNS)
def test_a_claim_stands_where_it_says(text):
    folded = fold(text)
    for claim in claims_in(folded):
        assert 0 <= claim.start < claim.end <= len(folded)


@given(text=SIGNS)
def test_what_the_customer_said_a_model_may_repeat_word_for_word(text):
    """The same words make the same claims, unless they are told to be of something else."""
    assume("negative" not in text)
    turn = make_turn(text)
    found = ungrounded(Draft((Span(text, Origin.MODEL),), "model"), turn)
    assert [problem for problem in found if "%" not in problem.excerpt] == []


SLOW = {
    "digits": "1",
    "commas": "1,",
    "blanks": "1 ",
    "groups": "123 ",
    "brackets": "(1) ",
    "abroad": "+1 (",
    "money": "R$ 1 ",
    "dates": "1/1/",
    "months": "1 de ",
    "codes": "a-1",
    "stars": "*",
    "masks": "xX",
    "addresses": "a@",
    "dotted": "a.",
    "spelled": "a arroba b ponto ",
    "words": "um e ",
    "scales": "mil ",
    "dollars": "1 US dollars ",
    "nouns": "order 1 ",
    "entities": "&#49;",
    "invisible": "1\u200b",
    "keycaps": "1\ufe0f\u20e3",
}


@pytest.mark.parametrize("pattern", SLOW.values(), ids=SLOW.keys())
def test_no_text_takes_long(pattern):
    """The longest answer there is, in processor time; usually far below the bound."""
    text = (pattern * 4096)[:4096]
    draft, turn = Draft((Span(text, Origin.MODEL),), "model"), make_turn("oi")
    started = time.process_time()
    list(ungrounded(draft, turn))
    assert time.process_time() - started < 0.25
