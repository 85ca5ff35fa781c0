"""One spelling for each value, and none for what could be two."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.facts.values import LONGEST, BadValue, clean, value_of


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (47.15, "47.15"), (47.150000000000006, "47.15"), (0.1 + 0.2, "0.3"), (47.10, "47.1"),
        (1e21, "1000000000000000000000"), (1e-7, "0.0000001"), (-0.0, "0"), (12, "12"),
        (Decimal("47.10"), "47.1"), (Decimal("1E+3"), "1000"), (10**25, "1" + "0" * 25),
        ("47.15", "47.15"), ("47,15", "47.15"), ("1.234,56", "1234.56"), ("1,234.56", "1234.56"),
        ("1.234.567", "1234567"), ("1,234,567.5", "1234567.5"), ("12 345,60", "12345.6"),
        ("12\u202f345,60", "12345.6"), ("1'234.50", "1234.5"), ("-5", "-5"), ("\u22125", "-5"),
        ("+5", "5"), ("0.125", "0.125"), ("1234.567", "1234.567"), ("007", "7"), (" 5 ", "5"),
        ("", ""), ("  ", ""), (None, ""),
    ],
)  # fmt: skip
def test_an_amount_is_a_plain_number(raw, value):
    assert value_of(raw, "amount") == value


@pytest.mark.parametrize(
    "raw",
    ["1.234", "1,234", "12.345", "R$ 5", "5 BRL", "1.2.3", "1,2,3", "1.234,567,8", "12.34.56",
     "five", "5%", "1e3", "0x10", "nan", "inf", float("nan"), float("inf"), Decimal("NaN"), True,
     b"5", [5], "1.23,456", "1 2", "٣", "1" * 61],
)  # fmt: skip
def test_what_could_be_two_amounts_or_none_is_refused(raw):
    if raw == "٣":  # a digit of another script is a digit
        assert value_of(raw, "amount") == "3"
        return
    with pytest.raises(BadValue) as caught:
        value_of(raw, "amount")
    assert not isinstance(raw, str) or raw not in str(caught.value).split()


@pytest.mark.parametrize(
    ("raw", "kind", "value"),
    [
        ("00481", "identifier", "00481"), (481, "identifier", "481"), (481.0, "identifier", "481"),
        ("A-7\n", "identifier", "A-7"), (2.5, "text", "2.5"),
        ("a\tb\x00c\u202ed", "text", "a b cd"),
        ("x" * 600, "text", "x" * LONGEST), ("👩\u200d👧 ok", "text", "👩\u200d👧 ok"),
        ("a\ud800b\ue000", "text", "ab"),
        ("2026-12-25", "date", "2026-12-25"), (20261225, "date", "2026-12-25"),
        ("2026-12-25T10:30:00Z", "date", "2026-12-25 10:30+00:00"),
        ("2026-12-25 10:30", "date", "2026-12-25 10:30"),
        (date(2026, 12, 25), "date", "2026-12-25"),
        (datetime(2026, 12, 25, 10, 30), "date", "2026-12-25 10:30"),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_texts_identifiers_and_dates(raw, kind, value):
    assert value_of(raw, kind) == value


@pytest.mark.parametrize("raw", ["03/04/2026", "25.12.2026", "2026-13-01", 1795438800, "soon"])
def test_what_is_no_sure_day_is_refused(raw):
    with pytest.raises(BadValue):
        value_of(raw, "date")


@given(some.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_a_float_is_written_so_that_it_reads_back(number):
    text = value_of(number, "amount")
    assert "e" not in text
    assert float(text) == pytest.approx(number, rel=1e-14, abs=1e-300)
    assert value_of(text, "identifier") == text


@given(some.decimals(allow_nan=False, allow_infinity=False, places=2))
def test_a_number_written_by_a_program_is_itself(number):
    assert Decimal(value_of(f"{number:f}", "amount")) == number


@given(some.text())
def test_clean_text_is_one_line_of_signs_that_can_be_seen(text):
    found = clean(text)
    assert found == clean(found)
    assert not set(found) & set("\n\r\t\x00\x1b\u202e\u2066\ufeff\u200b\ue000")
    assert found == found.strip()
    found.encode()
