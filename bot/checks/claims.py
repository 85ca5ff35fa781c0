"""Finds every claim in a text. Pure: what is true is for `grounding` to say."""

from __future__ import annotations

from collections.abc import Iterable

from bot.checks.addresses import emails, links
from bot.checks.claim import Claim
from bot.checks.figures import figures
from bot.checks.identifiers import codes, tails
from bot.checks.moments import BLANK, without_moments
from bot.checks.spelled import with_cents, worded


def claims_in(text: str, *, every: bool = False) -> tuple[Claim, ...]:
    """The claims of a folded text, in their order.

    With `every`, small numbers too: what a customer said or the book says bears out more than it
    claims.
    """
    if not any(sign.isdigit() for sign in text):
        found = [*emails(text), *worded(text)]
        return tuple(sorted(with_cents(text, found), key=_place))
    whole = text
    found, text = _taken(emails(text), text)
    on_the_web, text = _taken(links(text), text)
    text = without_moments(text)
    masked, text = _taken(tails(text), text)
    in_words, text = _taken(worded(text), text)
    money, text = _taken(figures(text, with_unit=True, every=every), text)
    coded, text = _taken(codes(text, every=every), text)
    numbers = figures(text, with_unit=False, every=every)
    found += [each for each in on_the_web if each.parts or every]
    found += [*masked, *with_cents(whole, [*in_words, *money]), *coded, *numbers]
    return tuple(sorted(found, key=_place))


def _place(claim: Claim) -> tuple[int, int]:
    return claim.start, claim.end


def _taken(claims: Iterable[Claim], text: str) -> tuple[list[Claim], str]:
    """The claims, and the text in which nothing else will be read out of their words."""
    taken = list(claims)
    for claim in taken:
        text = text[: claim.start] + BLANK * (claim.end - claim.start) + text[claim.end :]
    return taken, text
