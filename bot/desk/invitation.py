"""An approved message that asks a customer to write again, with its variables filled.

WhatsApp refuses a variable that is empty, or that holds a line break, a tab or more than four
blanks in a row, and with it the whole message. Customers choose their names themselves, so a name
is brought into that shape first, and one that shows nothing is replaced by a word of the house.
Source: Twilio's documentation of content templates, error 63013, and Meta's on parameters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.book import Book, Language
from bot.outcome import Template
from bot.words.render import house_facts, text_of

LONGEST_NAME = 60  # signs of a customer's name
LONGEST_HOUSE = 60
_JOINERS = frozenset("\u200d\ufe0f")  # hold a flag or a family together
# Letters and symbols by their category, that nobody can see: favourite names of those without one.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


@dataclass(frozen=True, slots=True)
class Approved:
    """A message that a platform has approved, in one language."""

    sid: str  # the platform's id of it
    variables: Mapping[str, str] = field(default_factory=dict)  # place -> "name" or "house"


@dataclass(frozen=True, slots=True)
class Invitations:
    """The approved messages of the one channel that has them, by language."""

    channel: str = ""
    approved: Mapping[Language, Approved] = field(default_factory=dict)

    def to(self, channel: str, language: Language, name: str, book: Book) -> Template | None:
        """What asks this customer to write; None where nothing approved fits.

        In the customer's language or, failing that, in the language of the house.
        Raises KeyError when the book lacks the word for a customer without a name.
        """
        if channel != self.channel:
            return None
        for spoken in (language, book.default_language):
            if found := self.approved.get(spoken):
                return Template(found.sid, _filled(found.variables, name, book, spoken))
        return None

    def fit_all(self, book: Book) -> bool:
        """Whether there is one for every customer, whatever language they speak."""
        spoken = self.approved.keys()
        return book.default_language in spoken or spoken >= set(book.languages)


def _filled(
    variables: Mapping[str, str], name: str, book: Book, language: Language
) -> dict[str, str]:
    nobody = text_of(book.texts["template_customer"], book, language)
    house = house_facts(book, language).get("name", "")
    said = {
        "name": plain(name, LONGEST_NAME) or plain(nobody, LONGEST_NAME),
        "house": plain(house, LONGEST_HOUSE) or "-",
    }
    return {place: said[what] for place, what in variables.items()}


def plain(text: str, most: int) -> str:
    """The text on one line, single blanks, nothing invisible; "" without a letter or symbol."""
    kept = "".join(_kept(sign) for sign in text)
    line = " ".join(kept.split())
    if not any(unicodedata.category(sign)[0] in "LNS" for sign in line):
        return ""
    return line[:most].rstrip(" \u200d")


def _kept(sign: str) -> str:
    if sign in _JOINERS:
        return sign
    if sign in _BLANK or sign.isspace() or unicodedata.category(sign) == "Cc":
        return " "
    return "" if unicodedata.category(sign)[0] == "C" else sign
