"""Signs that are meant as written: WhatsApp would take some of them for marks.

Assumed, for WhatsApp tells no exact rules and could not be asked: `*`, `_` and `~` format what
stands between two of them on one line if the first stands at the beginning of a word and the
second at the end of one; a backtick needs no such place, three span lines; `> ` quotes a line;
nothing inside an address is a mark. A blank of no width beside a sign takes its meaning away, so
one (U+200B) is put there, and only there: never into an address, a number or a code that is
copied and paid with (every Pix code holds `***`; a blank in it, which nobody sees, spoils it).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

BLANK = "\u200b"  # of no width; Apple's own definition of white space holds it, unlike U+2060
WORD_MARKS = "*_~"
TICK = "`"
FENCE = "```"
_MARKS = WORD_MARKS + TICK

_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]{0,15}://|www\.|mailto:)\S+|[^\s@]{1,64}@[^\s@]+\.[^\s@]+", re.IGNORECASE
)
_IN_ADDRESSES = ("@", "://", "www.", "mailto:")
_IN_CODE = re.compile(r"(?<=[A-Za-z0-9]{4})[*_~]{2,}(?=[A-Za-z0-9]{4})")
_QUOTE = re.compile(r"^>(?=\s|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Guards:
    """Where a blank goes: behind these places of a text, and in front of those."""

    after: frozenset[int]
    before: frozenset[int]

    def applied(self, text: str) -> str:
        if not self.after and not self.before:
            return text
        return "".join(
            (BLANK if at in self.before else "") + sign + (BLANK if at in self.after else "")
            for at, sign in enumerate(text)
        )


NONE = Guards(frozenset(), frozenset())


def guarded(text: str) -> str:
    """Text that is no Markdown, so that WhatsApp shows every sign of it."""
    return guards_of(text).applied(text)


def guards_of(text: str, ours: Sequence[bool] = ()) -> Guards:
    """Which signs of this text would be read as marks, and how that is prevented.

    `ours` tells, character by character, what is a mark of our own making or stands in code:
    that is left as it is.
    """
    if not any(mark in text for mark in _MARKS) and ">" not in text:
        return NONE
    free = list(ours) or [False] * len(text)
    for found in addresses(text):
        start = found.start()
        while start < found.end() and text[start] in _MARKS:
            start += 1  # signs in front of an address are no part of it
        free[start : found.end()] = [True] * (found.end() - start)
    for found in _IN_CODE.finditer(text):
        free[found.start() : found.end()] = [True] * len(found[0])
    after, before = set[int](), set[int]()
    start = 0
    for line in text.split("\n"):
        for mark in WORD_MARKS:
            if mark in line:
                places = [at for at in range(start, start + len(line)) if text[at] == mark]
                _words(text, places, free, after, before)
        start += len(line) + 1
    after |= _ticks(text, free)
    after |= {at.start() for at in _QUOTE.finditer(text) if not free[at.start()]}
    return Guards(frozenset(after), frozenset(before))


def addresses(text: str) -> Sequence[re.Match[str]]:
    """What WhatsApp makes a link of: web and mail addresses, with all that touches their end."""
    known = text.lower()
    if not any(each in known for each in _IN_ADDRESSES):
        return ()  # a cheap look before the long one
    return tuple(_ADDRESS.finditer(text))


def opens(text: str, at: int) -> bool:
    """Whether a mark in this place begins a word."""
    return not is_wordy(_behind(text, at)) and not is_blank(_ahead(text, at))


def closes(text: str, at: int) -> bool:
    """Whether a mark in this place ends a word."""
    return not is_blank(_behind(text, at)) and not is_wordy(_ahead(text, at))


def is_wordy(sign: str) -> bool:
    """Whether a mark beside this sign is inside a word."""
    return sign.isalnum()


def is_blank(sign: str) -> bool:
    """Whether a mark beside this sign stands alone."""
    return sign.isspace() or sign == BLANK


def _behind(text: str, at: int) -> str:
    return text[at - 1] if at else "\n"


def _ahead(text: str, at: int) -> str:
    return text[at + 1] if at + 1 < len(text) else "\n"


def _words(
    text: str, places: Sequence[int], free: Sequence[bool], after: set[int], before: set[int]
) -> None:
    """Take their meaning from the foreign ones among these marks of one kind on one line."""
    last = max((at for at in places if closes(text, at)), default=-1)
    begun = False  # one that keeps its meaning has begun a word
    for at in places:
        if free[at]:
            begun = begun or opens(text, at)
            continue
        opening = opens(text, at) and last > at + 1
        if opening:
            after.add(at)
        if begun and (closes(text, at) or (opening and not is_blank(_behind(text, at)))):
            before.add(at)


def _ticks(text: str, free: Sequence[bool]) -> set[int]:
    """Backticks that have a partner on their line: the first of any three has."""
    after: set[int] = set()
    last = -1  # backtick of the line
    for at in range(len(text) - 1, -1, -1):
        if text[at] == "\n":
            last = -1
        if text[at] != TICK:
            continue
        last = max(last, at)
        if last > at + 1 and not free[at]:
            after.add(at)
    return after
