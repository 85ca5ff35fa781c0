"""What a source says, as the one spelling in which a fact is kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from bot.model import Fact
from bot.model_settings import FactEntry

LONGEST = 500  # signs of a value; what is longer is cut
LONGEST_AMOUNT = 60  # signs
EXACT_DIGITS = 15  # decimal digits that a binary float holds for sure
# Joiners hold letters and emoji together; everything else that is unseen may mislead.
_KEPT = frozenset("\u200c\u200d")
_UNSEEN = frozenset({"Cf", "Cs", "Co"})
_PLAIN = re.compile(r"([+-]?\d+)(?:([.,])(\d+))?")
_GROUPED = re.compile(r"([+-]?\d{1,3}(?:([., '])\d{3})(?:\2\d{3})*)(?:(?!\2)[.,](\d+))?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d|\d{8}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")


class BadValue(ValueError):
    """The value is none of its kind. Says what to write instead, and never the value."""


def value_of(raw: object, kind: str) -> str:
    """The value as text; "" where there is none. Raises BadValue.

    Numbers have no exponent and no zeros that say nothing: 47.10 is "47.1". Dates are ISO 8601.
    """
    if raw is None:
        return ""
    if isinstance(raw, bool):
        raise BadValue("is yes or no: write a word between quotes, such as 'active'")
    if isinstance(raw, int | float | Decimal):
        text = _number(raw)
        if kind == "amount":
            return text
    elif isinstance(raw, date):  # a datetime is a date
        text = raw.isoformat()
    elif isinstance(raw, str):
        text = clean(raw)
    else:
        raise BadValue("is neither a text nor a number")
    if not text:
        return ""
    if kind == "amount":
        return _amount(text)
    if kind == "date":
        return _date(text)
    return text[:LONGEST].rstrip()


def fact_of(name: str, entry: FactEntry, value: str, source: str, now: float) -> Fact:
    """The fact, as known at `now` (Unix time)."""
    return Fact(name, entry.kind, value, as_of=now, source=source, currency=entry.currency)


def clean(text: str) -> str:
    """On one line, without signs that cannot be seen."""
    if text.isprintable():
        return " ".join(text.split())
    seen = (" " if _breaks(sign) else sign for sign in text if sign in _KEPT or _is_seen(sign))
    return " ".join("".join(seen).split())


def _breaks(sign: str) -> bool:
    return unicodedata.category(sign) == "Cc"


def _is_seen(sign: str) -> bool:
    return unicodedata.category(sign) not in _UNSEEN


def _number(number: float | Decimal) -> str:
    exact = Decimal(format(number, f".{EXACT_DIGITS}g")) if isinstance(number, float) else number
    return _plain(Decimal(exact))


def _plain(number: Decimal) -> str:
    if not number.is_finite():
        raise BadValue("is no number")
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _amount(text: str) -> str:
    """A number as people or programs write it. One that could be two numbers is neither."""
    if len(text) > LONGEST_AMOUNT:
        raise BadValue("is too long for an amount")
    text = text.replace("\u2212", "-")
    if found := _PLAIN.fullmatch(text):
        whole, mark, rest = found.groups()
        if mark and len(rest) == 3 and 1 <= len(whole.lstrip("+-0")) <= 3:
            raise BadValue("could be thousands or decimals: write 1234 or 1.23")
    elif found := _GROUPED.fullmatch(text):
        whole, _, rest = found.groups()
        whole = re.sub(r"[., ']", "", whole)
    else:
        raise BadValue("is no plain number such as 1234.56: the currency stands in config.yaml")
    return _plain(Decimal(f"{whole}.{rest or 0}"))


def _date(text: str) -> str:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text).isoformat(sep=" ", timespec="minutes")
    except ValueError:
        pass
    raise BadValue("is no date such as 2026-12-25")


def told(
    entries: Mapping[str, FactEntry], raw: Mapping[str, object]
) -> tuple[dict[str, str], dict[str, str]]:
    """What a record says, by the names of the facts, and what is wrong with the rest.

    `raw` is by column. Nothing is said of a fact that the record leaves empty.
    """
    values: dict[str, str] = {}
    flaws: dict[str, str] = {}
    for name, entry in entries.items():
        try:
            value = value_of(raw.get(column_of(name, entry)), entry.kind)
        except BadValue as bad:
            flaws[name] = str(bad)
            continue
        if value:
            values[name] = value
    return values, flaws


def column_of(name: str, entry: FactEntry) -> str:
    """Where a source keeps the fact."""
    return entry.column or name
