"""What a call costs, to the billionth of a dollar, and the most that it can cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import Clock
from bot.model_settings import Price
from bot.prompt import NANO, Prompt, Speaker, Spoken, Usage
from bot.providers.prices import PriceBook, needs_list, price_list
from bot.providers.tariff import Rates, Tariff, Tier, most_tokens, stated
from tests.providers.fakes import NOON, QUESTION, access

LUNA = access("luna", model="gpt-6-luna", price=None)
HAIKU = access("haiku", kind="anthropic", model="claude-haiku-5-5", price=None)
MILLION = 1_000_000


@pytest.fixture(scope="module")
def listed():
    return price_list()


@pytest.fixture
def book(listed):
    return PriceBook(Clock(now=lambda: NOON), listed)


def rates(plain, output, cached=None, cache_write=None):
    whole = (plain, output, plain if cached is None else cached, cache_write or plain)
    return Rates(*map(Decimal, whole))


# A price in config.yaml


def test_a_stated_price_is_exact():
    price = Price(input=0.1, output=0.5, cached=0.01, cache_write=0.125)
    usage = Usage(read=1_000, cached=600, cache_written=300, written=7)
    book = PriceBook(Clock())
    # 100 x 100 + 600 x 10 + 300 x 125 + 7 x 500 billionths
    assert book.cost(access(price=price), usage) == 10_000 + 6_000 + 37_500 + 3_500


def test_ten_million_small_calls_add_up_to_the_dollar():
    price = Price(input=0.1, output=0.3)
    cost = PriceBook(Clock()).cost(access(price=price), Usage(read=1, written=3))
    assert cost * 10 * MILLION == 10 * NANO


def test_what_is_not_said_of_the_cache_is_never_too_cheap():
    price = Price(input=1.0, output=0.0)
    book = PriceBook(Clock())
    cached = book.cost(access(price=price), Usage(read=MILLION, cached=MILLION))
    written = book.cost(access(price=price), Usage(read=MILLION, cache_written=MILLION))
    assert (cached, written) == (NANO, NANO * 5 // 4)


def test_a_fraction_of_a_billionth_is_rounded_up():
    tariff = stated(Price(input=0.000_1, output=0))
    assert tariff.cost(Usage(read=1)) == 1
    assert tariff.cost(Usage(read=11)) == 2
    assert tariff.cost(Usage()) == 0


def test_a_model_that_costs_nothing_costs_nothing():
    free = access(price=Price(input=0, output=0))
    book = PriceBook(Clock())
    assert book.most(free, QUESTION) == 0
    assert book.cost(free, Usage(10, 0, 0, 10)) == 0


# The list


def test_the_models_of_config_yaml_are_in_the_list(book):
    a_million = Usage(read=MILLION // 10, written=MILLION)
    assert book.cost(LUNA, a_million) == NANO // 100 + NANO // 2
    assert book.cost(HAIKU, a_million) == NANO // 100 + NANO // 2


def test_a_long_prompt_is_dearer_where_the_list_says_so(book):
    at, beyond = Usage(read=100_000), Usage(read=100_001)
    assert book.cost(HAIKU, at) == 100_000 * 100
    assert book.cost(HAIKU, beyond) == 100_001 * 500


def test_cached_tokens_count_for_the_length_of_a_prompt(book):
    usage = Usage(read=100_001, cached=100_000)
    assert book.cost(HAIKU, usage) == 100_000 * 50 + 500


def test_nobody_knows_the_price_of_an_unknown_model(book):
    unknown = replace(LUNA, model="house-model-7b")
    assert book.most(unknown, QUESTION) is None
    assert book.cost(unknown, Usage(read=1)) is None


@pytest.mark.parametrize("base_url", ["", "https://api.openai.com/v1", "https://gateway.example"])
def test_a_name_that_the_list_knows_has_its_price_wherever_it_is_asked(base_url, book):
    """A gateway passes on to the provider; a call must never count as free because of its way."""
    asked = replace(LUNA, base_url=base_url)
    assert book.cost(asked, Usage(read=1_000_000)) == book.cost(LUNA, Usage(read=1_000_000)) > 0


def test_a_stated_price_goes_before_the_list_and_holds_for_any_server(book):
    mine = access(model="gpt-6-luna", base_url="http://127.0.0.1:1", price=Price(input=7, output=9))
    assert book.cost(mine, Usage(read=1, written=1)) == 16_000
    assert not needs_list(mine)


def test_without_the_list_only_stated_prices_are_known():
    assert PriceBook(Clock()).most(LUNA, QUESTION) is None


def test_a_price_that_changes_on_a_date_changes_that_day():
    today = [NOON]

    def changing(kind, model, day):
        return Tariff(rates(2 if day > date(2027, 1, 15) else 1, 0))

    book = PriceBook(Clock(now=lambda: today[0]), changing)
    assert book.cost(LUNA, Usage(read=1)) == 1_000
    today[0] += 86_400
    assert book.cost(LUNA, Usage(read=1)) == 2_000


def test_a_list_of_another_shape_is_a_list_that_knows_nothing():
    def odd(kind, model, day):
        raise AttributeError("input_mtok")

    assert PriceBook(Clock(now=lambda: NOON), odd).cost(LUNA, Usage(read=1)) is None


def test_every_model_of_both_providers_can_be_read(listed):
    """Prices by a date, by length, without a cache: whatever the list holds today."""
    from genai_prices.data import providers

    seen = unknown = 0
    for provider in providers:
        if provider.id in ("openai", "anthropic"):
            for model in provider.models:
                seen += 1
                try:
                    tariff = listed(provider.id, model.id, date(2026, 11, 23))
                except LookupError:
                    unknown += 1  # priced by the minute or the picture
                    continue
                assert tariff.most(1_000_000, 1) >= tariff.cost(Usage(1_000_000, 0, 500_000, 1))
    assert seen > 100
    assert unknown < seen / 3


# The upper bound

DOLLARS = st.decimals(0, 100, places=4)
RATES = st.builds(Rates, DOLLARS, DOLLARS, DOLLARS, DOLLARS)
TIERS = st.lists(st.tuples(st.integers(0, 5_000), RATES), max_size=3, unique_by=lambda t: t[0])
TARIFFS = st.builds(
    lambda base, tiers: Tariff(base, tuple(Tier(above, each) for above, each in tiers)),
    RATES,
    TIERS.map(lambda tiers: sorted(tiers, key=lambda tier: tier[0])),
)


@st.composite
def usages(draw):
    read = draw(st.integers(0, 6_000))
    cached = draw(st.integers(0, read))
    cache_written = draw(st.integers(0, read - cached))
    return Usage(read, cached, cache_written, draw(st.integers(0, 2_000)))


@given(
    tariff=TARIFFS, usage=usages(), more_read=st.integers(0, 900), more_written=st.integers(0, 9)
)
def test_no_usage_within_the_bound_costs_more_than_the_bound(
    tariff, usage, more_read, more_written
):
    """Whatever was cached, and however the tiers are priced: cheaper ones included."""
    most = tariff.most(usage.read + more_read, usage.written + more_written)
    assert tariff.cost(usage) <= most


@given(tariff=TARIFFS, usage=usages())
def test_a_cost_is_the_exact_sum_rounded_up(tariff, usage):
    rate = next((t.rates for t in reversed(tariff.tiers) if usage.read > t.above), tariff.base)
    plain = usage.read - usage.cached - usage.cache_written
    exact = 1_000 * (
        plain * Fraction(rate.input)
        + usage.cached * Fraction(rate.cached)
        + usage.cache_written * Fraction(rate.cache_write)
        + usage.written * Fraction(rate.output)
    )
    assert 0 <= tariff.cost(usage) - exact < 1


@given(text=st.text())
def test_no_tokenizer_over_bytes_makes_more_tokens_than_the_bound(text):
    prompt = Prompt(text, text, (Spoken(Speaker.CUSTOMER, text),), 100)
    size = 3 * len(text.encode("utf-8", "surrogatepass"))
    assert most_tokens("openai", prompt) >= size
    assert most_tokens("anthropic", prompt) >= 1.4 * size


def test_every_line_of_the_conversation_takes_something_beside_its_words():
    lines = (Spoken(Speaker.CUSTOMER, ""),) * 10
    assert most_tokens("openai", Prompt("", "", lines, 1)) >= 10 * 8


def test_half_an_emoji_is_no_reason_to_fail():
    broken = replace(QUESTION, said=(Spoken(Speaker.CUSTOMER, "\ud83d"),))
    assert most_tokens("openai", broken) > 0


def test_the_bound_holds_for_the_answer_too(book):
    one, more = replace(QUESTION, answer_tokens=0), replace(QUESTION, answer_tokens=1_000)
    assert book.most(LUNA, more) - book.most(LUNA, one) == 1_000 * 500
