"""Numbers that tell when: dates, times of day, years. They claim no figure.

Only what cannot be mistaken for money is taken: "2026 reais" is an amount, whatever stands before.
"""

from __future__ import annotations

import re

from bot.checks.currencies import CODE, SIGN, WORD

_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH_NUMBER = r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:19|20)\d\d"
_MONTH = (
    r"(?:jan(?:uary|eiro)?|ene(?:ro)?|feb(?:ruary|rero)?|fev(?:ereiro)?|mar(?:ch|[cç]o|zo)?"
    r"|apr(?:il)?|abr(?:il)?|may(?:o)?|mai(?:o)?|june?|jun(?:ho|io)?|july?|jul(?:ho|io)?"
    r"|aug(?:ust)?|ago(?:sto)?|sept?(?:ember|iembre)?|set(?:embro|iembre)?|oct(?:ober|ubre)?"
    r"|out(?:ubro)?|nov(?:ember|embro|iembre)?|dec(?:ember)?|dez(?:embro)?|dic(?:iembre)?)"
    r"(?![^\W\d_])\.?"
)
# Nothing that would make the last number another one, or a price.
_ENDS = (
    rf"(?![\d%]|[.,'/-]\d| ?(?:%|{SIGN}|{CODE}|{WORD}|k\b|mil\b|thousand|mill|milh|por ?c|per ?c))"
)
_ORDINAL = r"(?:st|nd|rd|th|[ºª°])?"
_OF = r"(?: ?(?:de|del|of) | ?[-/,.] ?| )"

_KINDS = (
    rf"{_YEAR}(?P<a>[-/.]){_MONTH_NUMBER}(?P=a){_DAY}(?:T\d\d:\d\d(?::\d\d)?Z?)?{_ENDS}",
    rf"{_DAY}(?P<b>[-/.]){_MONTH_NUMBER}(?P=b)(?:{_YEAR}|\d\d){_ENDS}",
    rf"{_MONTH_NUMBER}/{_DAY}/(?:{_YEAR}|\d\d){_ENDS}",
    rf"{_MONTH_NUMBER}/{_YEAR}{_ENDS}",
    rf"{_DAY}/{_MONTH_NUMBER}{_ENDS}",
    rf"{_DAY}{_ORDINAL}{_OF}?{_MONTH}(?:{_OF}{_YEAR}{_ENDS})?",
    rf"{_MONTH}{_OF}{_DAY}{_ORDINAL}(?!\d)(?:{_OF}{_YEAR})?{_ENDS}",
    rf"{_MONTH}{_OF}{_YEAR}{_ENDS}",
    rf"(?:in|em|en|since|desde|year|ano|año) {_YEAR}{_ENDS}",
    r"(?:[01]?\d|2[0-4])(?::[0-5]\d){1,2}(?: ?h(?:rs?)?\b)?(?: ?[ap]\.?m\b\.?)?(?![\d%])",
    r"(?:[01]?\d|2[0-4]) ?h(?:[0-5]\d)?(?: ?min)?(?!\w)",
    r"(?:0?\d|1[0-2]) ?[ap]\.?m\b\.?",
)
_MOMENT = re.compile(rf"(?<![\w$€£])(?<![$€£] )(?<!\d[.,/-])(?:{'|'.join(_KINDS)})", re.IGNORECASE)
BLANK = "\ue000"  # stands for what is no claim; nothing else in a folded text means anything by it


def without_moments(text: str) -> str:
    """The text with every moment blanked out, sign by sign, so that places stay the same."""
    return _MOMENT.sub(lambda found: BLANK * len(found[0]), text)
