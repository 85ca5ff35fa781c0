"""What some words bear out: their figures, numbers and addresses, ready to be looked up."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from bot.checks.addresses import host_of, hosts
from bot.checks.amounts import ANY, MONEY, UNSAID, Amount, agree, read_fact
from bot.checks.claim import AMOUNT, EMAIL, Claim
from bot.checks.claims import claims_in
from bot.checks.currencies import Units, of_code
from bot.checks.folding import fold
from bot.checks.identifiers import normal, without_country
from bot.model import Fact

# A table that says "in thousands" says it of all its figures; "2 mil" says it of the 2.
_TABLE_SCALES: Mapping[int, re.Pattern[str]] = {
    scale: re.compile(rf"(?<![\d\w])(?<!\d )(?:{words})(?!\w)", re.IGNORECASE)
    for scale, words in {
        10**3: r"thousands?|milhares|miles|(?:[$€£¥]|U\.?S\.? ?\$)? ?'000s?|\(?000'?s\)?",
        10**6: r"millions?|milh[oõ]es|millones|mn|[$€£¥] ?m",
        10**9: r"billions?|bilh[oõ]es|bn|[$€£¥] ?bn?",
    }.items()
}
_MASK = re.compile(r"([*•]{2,})")


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a claim may stand."""

    amounts: Mapping[Decimal, tuple[Amount, ...]] = field(default_factory=dict)
    tokens: frozenset[str] = frozenset()  # identifiers in normal form
    local: frozenset[str] = frozenset()  # international numbers as they are dialled at home
    emails: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()  # of addresses on the web and of e-mail
    unread: frozenset[str] = frozenset()  # amounts that nobody can read, word by word
    scales: frozenset[int] = frozenset()  # that tables give all their figures in

    def bears(self, claim: Claim) -> bool:
        """Whether this is said here: the same figure, the whole number, the same address."""
        if claim.check == EMAIL:
            return claim.token in self.emails or _fits_mask(claim.token, self.emails)
        if claim.link:
            return claim.token in self.links or (
                not claim.parts and host_of(claim.token) in self.hosts
            )
        if claim.tail:
            return any(_ends(known, claim.token) for known in self.tokens)
        return self._bears_amount(claim) or self._bears_token(claim.token)

    def _bears_amount(self, claim: Claim) -> bool:
        if claim.amounts:
            return any(agree(said, known) for said in claim.amounts for known in self._like(said))
        return claim.check == AMOUNT and claim.text.casefold() in self.unread

    def _like(self, said: Amount) -> Iterator[Amount]:
        yield from self.amounts.get(said.value, ())
        if said.scale > 1 and said.scale in self.scales:
            yield from (each for each in self.amounts.get(said.number, ()) if each.scale == 1)
        if said.thirds:  # a fact with three decimals, repeated as it is written
            known = self.amounts.get(said.value / 1000, ())
            yield from (each for each in known if each.thirds == said.thirds)

    def _bears_token(self, token: str) -> bool:
        if not token:
            return False
        if token in self.tokens or token in self.local:
            return True
        home = without_country(token) if token.startswith("+") else ()
        return any(number in self.tokens for number in home)


NOWHERE = Ground()


def heard(texts: Iterable[str], *, bare: Units = UNSAID, small: bool = True) -> Ground:
    """What these texts bear out.

    `bare` is what a whole number may be an amount of where nobody said: customers leave the
    currency out, while 218 in an address is no price. Without `small`, "7 days" is no order 7.
    """
    said: list[Claim] = []
    scales: set[int] = set()
    named: set[str] = set()
    for text in texts:
        folded = fold(text)
        found = [each for each in claims_in(folded) if small or not each.small]
        said += found
        named.update(hosts(folded))
        said += (part for claim in found for part in claim.parts)
        if bare is UNSAID:
            scales.update(n for n, pattern in _TABLE_SCALES.items() if pattern.search(folded))
    numbers = {claim.token for claim in said if claim.check != EMAIL and not claim.link}
    international = [number for number in numbers if number.startswith("+")]
    return Ground(
        amounts=_by_value(_told(amount, bare) for claim in said for amount in claim.amounts),
        tokens=frozenset({*numbers, *(number[1:] for number in international)} - {""}),
        local=frozenset(home for number in international for home in without_country(number)),
        emails=frozenset(claim.token for claim in said if claim.check == EMAIL),
        links=frozenset(claim.token for claim in said if claim.link),
        hosts=frozenset(named),
        unread=frozenset(
            claim.text.casefold() for claim in said if claim.check == AMOUNT and not claim.amounts
        ),
        scales=frozenset(scales),
    )


def of_fact(fact: Fact) -> Ground:
    """What one fact of this customer bears out."""
    if fact.kind != "amount":
        told = heard([fact.value])
        return Ground(
            amounts=told.amounts,
            tokens=told.tokens | {normal(fact.value)} - {""},
            local=told.local,
            emails=told.emails,
            links=told.links,
            hosts=told.hosts,
            unread=told.unread,
            scales=told.scales,
        )
    if (amount := read_fact(fact)) is not None:
        return Ground(amounts={amount.value: (amount,)})
    units = of_code(fact.currency) if fact.currency else ANY
    found = claims_in(fold(fact.value))
    read = [amount for claim in found for amount in claim.amounts]
    if len(read) != 1:  # a range or a sentence: no amount of this customer
        return NOWHERE
    return Ground(amounts=_by_value([read[0] if read[0].units else read[0].of(units)]))


def _told(amount: Amount, bare: Units) -> Amount:
    """A number without its currency, as far as its author may have meant one: 49,90 is a price."""
    if amount.units:
        return amount
    return amount.of(MONEY if amount.number.as_tuple().exponent else bare)


def _by_value(amounts: Iterable[Amount]) -> Mapping[Decimal, tuple[Amount, ...]]:
    grouped: defaultdict[Decimal, list[Amount]] = defaultdict(list)
    for amount in amounts:
        if amount not in grouped[amount.value]:
            grouped[amount.value].append(amount)
    return {value: tuple(each) for value, each in grouped.items()}


def _ends(known: str, shown: str) -> bool:
    return len(known) > len(shown) and known.endswith(shown)


def _fits_mask(address: str, known: frozenset[str]) -> bool:
    if not _MASK.search(address):
        return False
    parts = (".+" if _MASK.match(part) else re.escape(part) for part in _MASK.split(address))
    shape = re.compile("".join(parts))
    return any(shape.fullmatch(each) for each in known)
