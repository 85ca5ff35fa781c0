"""Which intent a text means, how sure that is, and which others were near.

One engine with three looks at the text: the same words as an example, nearly the same words
(a typo), and nearness by words and letters. All three end in one score from 0 to 1, where 0.5
is the nearness at which, over rules of several sizes and languages, a guess is as likely to be
foreign as meant. (Setting that point from each book's own examples, judged one by one as if
left out, was tried and was no better.)
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from bot.book import Book
from bot.rules.features import simplify
from bot.rules.index import Example, Index, examples_of
from bot.words.language import detect
from bot.words.per_book import once_per_book

EXACT = 1.0
SAME = 0.99  # from which the whole text is an example, word for word
ALMOST = 88.0  # per cent of equal letters from which two sentences count as one with a typo
LIMIT = 0.25  # nearness that becomes the score 0.5
STEEPNESS = 14.0  # of the curve from nearness to score
RUNNERS_UP = 4
_PARTS = re.compile(r"[\n.!?,;:…]+")  # what somebody says in one breath


@dataclass(frozen=True, slots=True)
class Match:
    """What a text was taken for."""

    text: str
    language: str | None  # None: nobody could tell
    intent: str | None  # None: nothing reached the threshold
    score: float  # of the best intent, 0..1
    threshold: float
    runners_up: tuple[tuple[str, float], ...]  # the next intents and their scores, best first


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """What matching needs of a book, worked out once. Each is equal to itself alone."""

    index: Index
    exact: dict[str, tuple[tuple[str, str], ...]]  # simple text -> (intent, language)
    names: frozenset[str]
    sentences: tuple[str, ...]


def classify(text: str, book: Book, language: str | None = None) -> Match:
    """The intent of a text. `language` helps where it is known and never excludes the others."""
    engine = engine_of(book)
    if text in engine.names:  # a button may name its intent, which works in every language
        return Match(text, language, text, EXACT, book.threshold, ())
    language = language or detect(text, book.languages)
    ranked = _ranked(simplify(text), engine, language)
    if not ranked:
        return Match(text, language, None, 0.0, book.threshold, ())
    best, certainty = ranked[0]
    if certainty < SAME and (rest := _after(best, text, engine)):
        of_rest = _ranked(rest, engine, language)
        if of_rest and of_rest[0][0] != best and of_rest[0][1] >= book.threshold:
            ranked = of_rest
    best, certainty = ranked[0]
    return Match(
        text,
        language,
        best if certainty >= book.threshold else None,
        certainty,
        book.threshold,
        ranked[1 : 1 + RUNNERS_UP],
    )


def _after(intent: str, text: str, engine: Engine) -> str:
    """What follows the opening of a text that is all of an intent's example: "oi, tudo bem?".

    Whoever greets and then asks wants an answer to the question. "" where nothing follows.
    """
    parts = [part for part in _PARTS.split(text) if part.strip()]
    for end in range(len(parts) - 1, 0, -1):
        owners = engine.exact.get(simplify(" ".join(parts[:end])), ())
        if any(owner == intent for owner, _ in owners):
            return simplify(" ".join(parts[end:]))
    return ""


@lru_cache(maxsize=1024)  # two steps of the road ask about each message, and many say "oi"
def _ranked(simple: str, engine: Engine, language: str | None) -> tuple[tuple[str, float], ...]:
    """Intents and scores, best first."""
    scores = score(simple, engine, language)
    return tuple(sorted(scores.items(), key=lambda item: (-item[1], item[0])))


def score(simple: str, engine: Engine, language: str | None) -> dict[str, float]:
    """Every intent that shares something with the text, with its score."""
    found: dict[str, float] = {}
    for near in engine.index.near(simple, language):
        found.setdefault(near.intent, certainty(near.score))
    almost = process.extractOne(
        simple, engine.sentences, scorer=fuzz.ratio, score_cutoff=ALMOST
    ) if len(simple) > 4 else None  # fmt: skip
    if almost is not None:
        for intent, _ in engine.exact[almost[0]]:
            found[intent] = max(found.get(intent, 0.0), almost[1] / 100)
    for intent, of in engine.exact.get(simple, ()):
        # Two languages may share a sentence; the one being spoken wins.
        found[intent] = EXACT if not (language and of) or of == language else SAME
    return found


def certainty(nearness: float) -> float:
    """Nearness as a score below 1 that is 0.5 at the limit."""
    return min(1 / (1 + math.exp(-STEEPNESS * (nearness - LIMIT))), 0.98)


@once_per_book
def engine_of(book: Book) -> Engine:
    """Build the engine of a book (about 0.3 ms an example). Worth calling before the first turn."""
    examples: list[Example] = []
    for intent in book.intents:
        for language, texts in intent.examples.items():
            examples += examples_of(intent.name, language, texts)
    exact: dict[str, list[tuple[str, str]]] = {}
    for example in examples:
        if example.simple:
            exact.setdefault(example.simple, []).append((example.intent, example.language))
    return Engine(
        Index(examples),
        {simple: tuple(owners) for simple, owners in exact.items()},
        frozenset(intent.name for intent in book.intents),
        tuple(exact),
    )
