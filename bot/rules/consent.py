"""Yes, no, or something else."""

from __future__ import annotations

import re

from bot.book import Book
from bot.words.normalise import normalise
from bot.words.per_book import once_per_book

_COLOUR = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f]")
LONGEST = 60  # signs; whoever writes more says more than yes or no
_AROUND = frozenset({"por", "favor", "please", "thanks", "obrigado", "obrigada", "gracias"})


def consent(text: str, book: Book) -> bool | None:
    """True for yes, False for no, None for anything else (both at once included)."""
    if len(text) > LONGEST:
        return None
    said = _readable(text)
    known = _answers(book)
    bare = " ".join(word for word in said.split() if word not in _AROUND)
    if said in known or bare in known:
        return known.get(said, known.get(bare))
    # "sim sim", "yes please do it": every part must say the same.
    parts = {known.get(word) for word in bare.split()}
    return parts.pop() if len(parts) == 1 else None


def _readable(text: str) -> str:
    """Normalised words; a sign such as a thumb has none and stays, whatever its colour."""
    return normalise(text) or _COLOUR.sub("", text).strip()


@once_per_book
def _answers(book: Book) -> dict[str, bool]:
    answers: dict[str, bool] = {}
    for name, meaning in (("yes", True), ("no", False)):
        for words in book.commands.get(name, {}).values():
            for word in words:
                answers[_readable(word)] = meaning
    return answers
