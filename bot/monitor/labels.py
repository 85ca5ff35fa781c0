"""Labels of metrics: words of a known few, so that nothing anybody wrote can become one.

A label that may be anything makes a metrics store grow without end, and shows what stands in it
to everybody who reads a dashboard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.model import CaseStatus
from bot.outcome import Verdict

OTHER = "other"
NOBODY = "nobody"  # nothing was said

CHANNELS = frozenset(
    {"web", "api", "terminal", "desk", "telegram", "telegram_staff", "whatsapp", "whatsapp_staff"}
)
VERDICTS = frozenset(verdict.value for verdict in Verdict) | {"fenced"}
VOICES = frozenset({"rule", "model", "system", "staff", NOBODY})
CASES = frozenset(status.value for status in CaseStatus)
BACKLOG = ("waiting", "in_turn", "pending", "sending")
BREAKERS = ("closed", "open", "half_open", "loading", "not_loaded")

MOST_WORDS = 40  # kinds of errors and names of checks: the program's own words, these are more
_WORD = re.compile(r"[a-z][a-z0-9_]{0,31}")


def known(word: str, words: Iterable[str]) -> str:
    """The word if it is one of these, else "other"."""
    return word if word in words else OTHER


class Words:
    """The program's own words, as they come up: shaped like one, and only so many."""

    def __init__(self, most: int = MOST_WORDS) -> None:
        self._most = most
        self._seen: set[str] = set()

    def known(self, word: str) -> str:
        """The word, or "other" for what is no word and for the first one too many."""
        if word not in self._seen:
            if len(self._seen) >= self._most or not _WORD.fullmatch(word):
                return OTHER
            self._seen.add(word)
        return word
