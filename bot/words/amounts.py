"""How a fact is written for a customer: amounts in the manner of the language, all else as it is.

The manners are those of CLDR, by way of Babel.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from bot.book import Language
from bot.model import Fact

OTHERWISE = "en"  # for a language that CLDR does not know
_NO_SYMBOL = "\u00a4"  # what CLDR writes for a currency without a sign of its own


def written(fact: Fact, language: Language) -> str:
    """The fact as a sentence in that language says it: "R$ 47,15" for 47.15 BRL in Portuguese.

    No digit is ever rounded away. What is no number stays as it is.
    """
    if fact.kind != "amount":
        return fact.value
    return _written(fact.value, fact.currency, language)


def prepare(languages: Iterable[Language]) -> None:
    """Load what `written` needs, so that no customer waits for it (about 40 ms)."""
    for language in languages:
        _written("1", "USD", language)


@lru_cache(maxsize=1024)
def _written(value: str, currency: str, language: Language) -> str:
    # Imported here: many desks know no amounts of their customers.
    from babel import Locale, UnknownLocaleError
    from babel.numbers import format_currency, format_decimal

    try:
        amount = Decimal(value)
    except InvalidOperation:
        return value
    if not amount.is_finite():
        return value
    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        locale = Locale.parse(OTHERWISE)
    if currency:
        text = format_currency(amount, currency, locale=locale, decimal_quantization=False)
    else:
        text = format_decimal(amount, locale=locale, decimal_quantization=False)
    # CLDR sets no-break spaces, which people neither type nor search for, and Babel none at all
    # behind a code that stands before the number.
    text = text.replace(_NO_SYMBOL, currency)
    text = text.replace(currency, f"{currency} ") if currency else text
    return " ".join(text.split())
