"""Messages that need no answer: "ok", "thanks", laughter, signs without words."""

from __future__ import annotations

import re

from bot.book import Book
from bot.words.normalise import normalise
from bot.words.per_book import once_per_book

LONGEST = 60  # signs
# Looked for before normalising, which would make one letter of "kkkk".
_LAUGHTER = re.compile(
    r"\b(?:k{2,}|(?:kk+a*)+|(?:rs){1,}s?|(?:[hj][aeiou]+){2,}[hj]?|(?:a?h[ua]+){2,}|(?:hue|hua){2,}"
    r"|(?:ka){2,}|lo+l|lmao|rofl|x+d)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"[?¿]")


def is_noise(text: str, book: Book) -> bool:
    """Whether nothing in the message wants an answer. An empty message is noise as well."""
    if len(text) > LONGEST:
        return False
    if _QUESTION.search(text):
        return False  # "?" alone means "and?": somebody is waiting
    known = _noise(book)
    said = normalise(_LAUGHTER.sub(" ", text))
    if not said:
        return True
    if said in known:
        return True
    longest = max((len(phrase.split()) for phrase in known), default=1)
    return _covered(said.split(), known, longest)


def _covered(words: list[str], known: frozenset[str], longest: int) -> bool:
    """Whether the words are nothing but pieces of noise: "ok obrigado kkkk"."""
    place = 0
    while place < len(words):
        for length in range(min(longest, len(words) - place), 0, -1):
            if " ".join(words[place : place + length]) in known:
                place += length
                break
        else:
            return False
    return True


@once_per_book
def _noise(book: Book) -> frozenset[str]:
    return frozenset(normalise(phrase) for phrases in book.noise.values() for phrase in phrases) - {
        ""
    }
