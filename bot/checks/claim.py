"""A claim: words of an answer that are true or false of this customer or of the house."""

from __future__ import annotations

from dataclasses import dataclass

from bot.checks.amounts import Amount

AMOUNT, IDENTIFIER, EMAIL = "amount", "identifier", "email"


@dataclass(frozen=True, slots=True)
class Claim:
    """One amount, identifier or address, where it stands in a folded text."""

    check: str  # "amount", "identifier" or "email": the check that minds it
    text: str  # as said
    start: int
    end: int
    amounts: tuple[Amount, ...] = ()  # how it may be read; none: nobody can tell
    token: str = ""  # normal form of an identifier, of an address, of a number without unit
    tail: bool = False  # only the end is shown: "ending in 6789"
    link: bool = False  # an address on the web
    parts: tuple[Claim, ...] = ()  # claims that it may be made of, where words ran together

    @property
    def bare(self) -> bool:
        """A number of which nobody said what it is: an amount, or somebody's number."""
        return bool(self.token and self.amounts)
