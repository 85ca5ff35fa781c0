"""Amounts in words ("mil e quinhentos reais") and in two parts ("47 reais e 15 centavos")."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from bot.checks.amounts import MONEY, UNSAID, Amount
from bot.checks.claim import AMOUNT, IDENTIFIER, Claim
from bot.checks.currencies import CENTS, NATION, PERCENT, SIGN, WORD, Units, of_sign, of_word
from bot.checks.identifiers import FEWEST_DIGITS
from bot.checks.number_words import Spoken, spoken
from bot.words.normalise import plain

_PERCENT = r"(?i:%|per ?cent(?!\w)|por ?cento(?!\w)|por ?ciento(?!\w))"
_AFTER = re.compile(
    rf" ?(?:(?P<percent>{_PERCENT})"
    rf"|(?i:(?:de|of) )?(?:(?P<nation>{NATION}) )?(?P<unit>{WORD})(?: (?P<which>{NATION}))?)"
)
_BEFORE = re.compile(rf"(?P<sign>{SIGN}) ?\Z")
_MINUS = re.compile(r"(?<!\w)(?:minus|menos|negative) \Z", re.IGNORECASE)
_PER = re.compile(r"(?<!\w)p[eo]r \Z", re.IGNORECASE)  # "por ciento" is no hundred
_AND = re.compile(r" ?,?(?: (?:e|y|and|con|with|com))? ?")
_LEAST = 10  # below, number words are articles and pronouns as often
_FIGURE = re.compile(r"\d\)? ?\Z")
_LAST_WORD = re.compile(r"[^\W\d_]+\Z")


def worded(text: str) -> Iterator[Claim]:
    """Amounts, and numbers told digit by digit, in words."""
    for said in spoken(text):
        if _FIGURE.search(text, max(0, said.start - 3), said.start):
            continue  # "3 mil" begins with a figure
        before = _BEFORE.search(text, max(0, said.start - 6), said.start)
        after = _AFTER.match(text, said.end)
        if (before or after) and not _of_the_reais(text, said, after):
            start = before.start() if before else said.start
            end = after.end() if after else said.end
            yield Claim(AMOUNT, text[start:end], start, end, _read(text, said, before, after))
        elif len(said.digits) >= FEWEST_DIGITS:
            words = text[said.start : said.end]
            yield Claim(IDENTIFIER, words, said.start, said.end, token=said.digits)
        elif said.large or ((said.value or 0) >= _LEAST and not _PER.search(text, 0, said.start)):
            words, amounts = text[said.start : said.end], _read(text, said, None, None)
            yield Claim(AMOUNT, words, said.start, said.end, amounts, small=not said.large)


def _of_the_reais(text: str, said: Spoken, after: re.Match[str] | None) -> bool:
    """Portuguese "dos reais" counts nothing; Spanish has two "reales"."""
    alone = text[said.start : said.end].lower() == "dos"
    return bool(alone and after and after["unit"] and plain(after["unit"]) == "reais")


def _read(
    text: str, said: Spoken, before: re.Match[str] | None, after: re.Match[str] | None
) -> tuple[Amount, ...]:
    if said.value is None:
        return ()
    units: Units = of_sign(before["sign"]) if before else UNSAID
    number = Decimal(said.value)
    if after and after["percent"]:
        units = PERCENT
    elif after:
        units = of_word(after["unit"], after["nation"] or "", after["which"] or "") or MONEY
        if plain(after["unit"]) in CENTS:
            number /= 100
    if _MINUS.search(text, max(0, said.start - 10), said.start):
        number = -number
    return (Amount(number, units),)


def with_cents(text: str, claims: Iterable[Claim]) -> list[Claim]:
    """Whole amounts and the cents that follow them as one amount."""
    joined: list[Claim] = []
    for claim in sorted(claims, key=lambda claim: claim.start):
        if joined and _are_cents(claim) and _is_whole(joined[-1]):
            whole = joined[-1]
            between = _AND.fullmatch(text, whole.end, claim.start)
            if between:
                amounts = tuple(_sum(each, claim.amounts[0]) for each in whole.amounts)
                said = text[whole.start : claim.end]
                joined[-1] = replace(whole, text=said, end=claim.end, amounts=amounts)
                continue
        joined.append(claim)
    return joined


def _are_cents(claim: Claim) -> bool:
    last = _LAST_WORD.search(claim.text)
    return bool(claim.amounts) and (
        claim.text.endswith("¢") or bool(last and plain(last[0]) in CENTS)
    )


def _is_whole(claim: Claim) -> bool:
    return bool(claim.amounts) and all(
        amount.units and amount.units != PERCENT and amount.number % 1 == 0
        for amount in claim.amounts
    )


def _sum(whole: Amount, cents: Amount) -> Amount:
    """In the same direction: minus five reais and fifty is less than minus five."""
    part = -cents.number if whole.number < 0 else cents.number
    return Amount(whole.value + part, whole.units)
