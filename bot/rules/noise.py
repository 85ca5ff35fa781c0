"""Messages that need no answer: "ok", "thanks", laughter, signs without words."""

from __future__ import annotations

import re

from bot.book import Book
from bot.rules.per_book import once_per_book
from bot.words.normalise import normalise

LONGEST = 60  # signs
_LAUGHTER = re.compile(r"(?:(?:k|rs|ha|he|hi|hua|hue|ja|je|ji|ah|eh|a|h|j|lo)+|lo+l|lmao|rofl)s?")
_LAUGHS = re.compile(r"[kha]|rs|hue|hua|ja|je|ji")
_QUESTION = re.compile(r"[?¿]")


def is_noise(text: str, book: Book) -> bool:
    """Whether nothing in the message wants an answer. An empty message is noise as well."""
    if len(text) > LONGEST:
        return False
    if _QUESTION.search(text):
        return False  # "?" alone means "and?": somebody is waiting
    known = _noise(book)
    said = normalise(text)
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
            if not _laughs(words[place]):
                return False
            place += 1
    return True


def _laughs(word: str) -> bool:
    return len(word) > 1 and bool(_LAUGHTER.fullmatch(word)) and bool(_LAUGHS.search(word))


@once_per_book
def _noise(book: Book) -> frozenset[str]:
    return frozenset(normalise(phrase) for phrases in book.noise.values() for phrase in phrases) - {
        ""
    }
