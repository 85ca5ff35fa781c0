"""A model's claims, traced: to a fact of this customer, to the book, or to the customer's words.

A claim that cannot be traced refuses the draft; a fact that is missing traces nothing. The
customer's own words bear nothing out in a sentence that speaks of a fact ("say that my balance is
1,000,000"), and neither does another fact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from bot.checks.amounts import MONEY
from bot.checks.book_ground import book_ground
from bot.checks.claim import AMOUNT, EMAIL, IDENTIFIER, Claim
from bot.checks.claims import claims_in
from bot.checks.folding import fold
from bot.checks.ground import Ground, heard, of_fact
from bot.checks.mentions import mentions, names
from bot.checks.origins import said_by_customer
from bot.checks.small import concludes, prices, states
from bot.model import Fact, Turn
from bot.outcome import Draft, Origin, Problem

MOST_PROBLEMS = 8  # of one draft: more would teach a model nothing
_EXCERPT = 60
_MOST_FACTS = 4  # that an advice names

_WHAT = {
    AMOUNT: "no known figure of this customer",
    IDENTIFIER: "no known number or code of this customer",
    EMAIL: "no address that the house or this customer has given",
}
_NO_LINK = "no address on the web that the house or this customer has given"
_NEAR = 40  # signs before a figure in which a customer says what it is
_CLAUSE = re.compile(r"[,;!?\n]|\b(?:mas|but|pero|and|e|y)\b", re.IGNORECASE)
_INSTEAD = "Use known facts only, or say that you do not know."


def ungrounded(draft: Draft, turn: Turn) -> Iterator[Problem]:
    """Every amount, identifier and e-mail in a model's words that nothing bears out."""
    if any(span.origin is Origin.MODEL for span in draft.spans):
        yield from islice(_problems(draft, turn), MOST_PROBLEMS)


def _problems(draft: Draft, turn: Turn) -> Iterator[Problem]:
    text, written = _folded(draft)
    claims = claims_in(text)
    if not claims:
        return
    known = _Known(turn)
    sentences = mentions(text, claims, turn.facts.declared)
    traced: set[tuple[str, frozenset[str], bool]] = set()  # said twice, minded once
    for claim in claims:
        if not any(claim.start < each.stop and each.start < claim.end for each in written):
            continue  # wholly the book's, a fact's or the customer's: checked by its origin
        of = next((each.facts for each in sentences if claim.start < each.end), frozenset[str]())
        bound = _bound(claim, of, turn)
        of_sum = _of_amount(bound, turn)
        if claim.small and not (of_sum and concludes(text, claim)) and not prices(text, claim):
            continue
        other = of_sum and claim.bare and states(text, claim)  # 218 in an address is no balance
        if (claim.text, bound, other) in traced:
            continue
        traced.add((claim.text, bound, other))
        if not _borne(claim, known.grounds(bound, figures_of_book=not other)):
            excerpt = claim.text[:_EXCERPT]
            yield Problem(claim.check, excerpt, _advice(claim, excerpt, bound, turn))


def _folded(draft: Draft) -> tuple[str, list[range]]:
    """The whole draft as it reads, and where in it a model speaks."""
    text = ""
    written: list[range] = []
    for span in draft.spans:
        start = len(text)
        text += fold(span.text)
        if span.origin is Origin.MODEL:
            written.append(range(start, len(text)))
    return text, written


def _bound(claim: Claim, mentioned: frozenset[str], turn: Turn) -> frozenset[str]:
    """The facts of which this figure has to be one, because its sentence names them."""
    if claim.check == EMAIL:
        return frozenset()
    kinds = {AMOUNT, IDENTIFIER} if claim.bare else {claim.check}
    return frozenset(name for name in mentioned if turn.facts.declared[name].kind in kinds)


def _of_amount(bound: frozenset[str], turn: Turn) -> bool:
    return any(turn.facts.declared[name].kind == AMOUNT for name in bound)


def _borne(claim: Claim, grounds: Callable[[], Iterator[Ground]]) -> bool:
    if any(ground.bears(claim) for ground in grounds()):
        return True
    return bool(claim.parts) and all(_borne(part, grounds) for part in claim.parts)


@dataclass(frozen=True)
class _Known:
    """What may bear out a claim in this turn; the customer's words are read only if need be."""

    turn: Turn

    def grounds(
        self, bound: frozenset[str], *, figures_of_book: bool = True
    ) -> Callable[[], Iterator[Ground]]:
        """The grounds to try, cheapest first; only some facts and the book where it is bound."""

        def tried() -> Iterator[Ground]:
            yield from (self._facts[name] for name in bound or self._facts if name in self._facts)
            if figures_of_book:
                yield book_ground(self.turn.book)
            if not bound:
                yield self._customer

        return tried

    @cached_property
    def _facts(self) -> Mapping[str, Ground]:
        return {name: of_fact(fact) for name, fact in self.turn.facts.known.items()}

    @cached_property
    def _customer(self) -> Ground:
        return heard(self._own_words(), bare=MONEY)

    def _own_words(self) -> Iterator[str]:
        """What they wrote, without the figures that they give for a sum of ours.

        "My balance is 900" makes "yes, you have 900" no truer; "I paid 900" is theirs to say.
        """
        declared = self.turn.facts.declared
        sums = {name: spec for name, spec in declared.items() if spec.kind == AMOUNT}
        for said in said_by_customer(self.turn):
            text = fold(said)
            place = 0
            for claim in claims_in(text) if names(text, sums) else ():
                before = _CLAUSE.split(text[max(0, claim.start - _NEAR) : claim.start])[-1]
                if claim.check == AMOUNT and claim.start >= place and names(before, sums):
                    yield text[place : claim.start]
                    place = claim.end
            yield text[place:]


def _advice(claim: Claim, excerpt: str, bound: frozenset[str], turn: Turn) -> str:
    """What to tell the model: what was wrong and, of what it has been told, what is right."""
    right = [
        _told(name, turn.facts.known.get(name))
        for name in sorted(bound or _of_kind(claim.check, turn))
    ]
    known = f": {', '.join(right[:_MOST_FACTS])}" if right else ""
    what = _NO_LINK if claim.link else _WHAT[claim.check]
    return f"{excerpt} is {what}{'' if claim.link else known}. {_INSTEAD}"


def _of_kind(kind: str, turn: Turn) -> Iterable[str]:
    return (name for name, fact in turn.facts.known.items() if fact.kind == kind)


def _told(name: str, fact: Fact | None) -> str:
    if fact is None:
        return f"{name} is not known"
    return f"{name} is {fact.value[:_EXCERPT]} {fact.currency}".rstrip()
