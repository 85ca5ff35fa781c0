"""The steps of a form, as questions to it: nothing here speaks or remembers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from bot.book import FormSpec, Slot

LONGEST_ANSWER = 1000  # signs that a pattern is searched in


@lru_cache(maxsize=512)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def find(slot: Slot, text: str) -> str | None:
    """The slot's value in a text, in the customer's own writing.

    A pattern with a group yields the first group that matched, else the whole match.
    """
    found = _pattern(slot.pattern).search(text[:LONGEST_ANSWER])
    if found is None:
        return None
    value = next((group for group in found.groups() if group), found[0]).strip()
    return value or None


def next_slot(form: FormSpec, slots: Mapping[str, str]) -> Slot | None:
    """The first question that is not answered yet; None once the form is complete."""
    return next((slot for slot in form.slots if slot.name not in slots), None)
