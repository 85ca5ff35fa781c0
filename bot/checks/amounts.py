"""Reading amounts: which number, in which currency, however it is written.

Separators are read as people read them: where both stand in a number, the last one is the
decimal mark; one that is followed by exactly three digits parts thousands, so `47.150` is forty
seven thousand and never 47.15.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.checks.currencies import PERCENT, Units, of_code
from bot.model import Fact

UNSAID: Units = frozenset()
ANY: Units = frozenset({"*"})  # of a fact that is no currency: whatever it is said to be
MONEY: Units = frozenset({"$"})  # of some currency: cents of anything, a price without its sign

# Digits of one number; a blank parts thousands only. Possessive, so that no text takes long.
NUMBER = r"(?:\d{1,3}(?: \d{3})++(?!\d)(?:[.,]\d+)?+|\d++(?:[.,']\d++)*+)"

_CANONICAL = re.compile(r"([+-]?)(\d+(?:\.\d+)?)(?:[eE]([+-]?\d{1,2}))?")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number that stands for something: money, a share, or nobody said what."""

    number: Decimal  # as it is written, with its sign
    units: Units = UNSAID  # what it may be an amount of
    scale: int = 1  # what a word such as "thousand" multiplies it by
    thirds: str = ""  # the one separator before exactly three digits: it could be a decimal mark

    @property
    def value(self) -> Decimal:
        return self.number * self.scale

    def of(self, units: Units) -> Amount:
        """The same number as an amount of something."""
        return replace(self, units=units)


def read_number(text: str) -> Amount | None:
    """The number without sign or currency; None where the separators make no sense."""
    digits = text.replace(" ", "").replace("'", "")
    marks = [sign for sign in digits if sign in ".,"]
    if not marks:
        return Amount(Decimal(digits))
    last = marks[-1]
    whole, _, rest = digits.rpartition(last)
    if len(set(marks)) == 2:
        if marks.count(last) > 1:
            return None
        return Amount(Decimal(f"{whole.replace('.', '').replace(',', '')}.{rest}"))
    if len(marks) > 1:
        groups = digits.split(last)
        sound = len(groups[-1]) == 3 and {len(each) for each in groups[1:-1]} <= {2, 3}
        return Amount(Decimal("".join(groups))) if sound and len(groups[0]) <= 3 else None
    if len(rest) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0"):
        return Amount(Decimal(whole + rest), thirds=last)
    return Amount(Decimal(f"{whole or '0'}.{rest}"))


def read_fact(fact: Fact) -> Amount | None:
    """A fact's value as an amount, if it is written as a plain number.

    "47.15", "-20" and "1e3" are how databases write; what else a file may hold ("R$ 1.234,56")
    is read like a sentence, by whoever asked.
    """
    found = _CANONICAL.fullmatch(fact.value.strip())
    if not found:
        return None
    minus, number, power = found.groups()
    value = Decimal(number).scaleb(int(power or 0))
    units = of_code(fact.currency) if fact.currency else ANY
    whole, _, rest = number.partition(".")
    thirds = "." if len(rest) == 3 and len(whole) <= 3 and not whole.startswith("0") else ""
    return Amount(-value if minus == "-" else value, units, thirds=thirds)


def agree(said: Amount, known: Amount) -> bool:
    """Whether what was said may be an amount of what is known. Unsaid, it fits everything."""
    if not said.units or known.units == ANY:
        return True
    if MONEY in (said.units, known.units):
        return bool(known.units) and PERCENT not in (said.units, known.units)
    return not said.units.isdisjoint(known.units)
