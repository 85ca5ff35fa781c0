"""Finds every claim in a text. Pure: what is true is for `grounding` to say."""

from __future__ import annotations

from collections.abc import Iterable

from bot.checks.addresses import emails, links
from bot.checks.claim import Claim
from bot.checks.figures import figures, numbers
from bot.checks.identifiers import codes, tails
from bot.checks.moments import BLANK, without_moments
from bot.checks.spelled import with_cents, worded


def claims_in(text: str) -> tuple[Claim, ...]:
    """The claims of a folded text, in their order, small ones included."""
    if not any(sign.isdigit() for sign in text):
        found, rest = _taken(emails(text), text)
        on_the_web, rest = _taken(links(rest), rest)
        return tuple(sorted([*found, *on_the_web, *with_cents(text, worded(rest))], key=_place))
    whole = text
    found, text = _taken(emails(text), text)
    on_the_web, text = _taken(links(text), text)
    text = without_moments(text)
    masked, text = _taken(tails(text), text)
    in_words, text = _taken(worded(text), text)
    money, text = _taken(figures(text), text)
    coded, text = _taken(codes(text), text)
    money = with_cents(whole, [*in_words, *money])
    found += [*on_the_web, *masked, *money, *coded, *numbers(text)]
    return tuple(sorted(found, key=_place))


def _place(claim: Claim) -> tuple[int, int]:
    return claim.start, claim.end


def _taken(claims: Iterable[Claim], text: str) -> tuple[list[Claim], str]:
    """The claims, and the text in which nothing else will be read out of their words."""
    taken = list(claims)
    for claim in taken:
        text = text[: claim.start] + BLANK * (claim.end - claim.start) + text[claim.end :]
    return taken, text
