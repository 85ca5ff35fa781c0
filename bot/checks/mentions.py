"""Which facts an answer speaks of where it names a figure: "your balance is ...".

A true figure in the wrong place is a false statement, and so is a figure that the customer has
put into the model's mouth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bot.checks.claim import Claim
from bot.prompt import FactSpec
from bot.words.normalise import plain

_END = re.compile(r"[.!?…]+[\"')\]]*(?= )|\n+")
_ITEM = re.compile(r"\s*(?:[-•|]|\d{1,2}[.)] )")
_NOT_WORD = re.compile(r"[\W_]+")
WATCHED = frozenset({"amount", "identifier"})  # kinds of facts whose labels bind a figure


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of the answer and the facts that it mentions by name."""

    start: int
    end: int
    facts: frozenset[str]


def mentions(
    text: str, claims: tuple[Claim, ...], declared: Mapping[str, FactSpec]
) -> tuple[Sentence, ...]:
    """The sentences of an answer, each with the facts that its figures must be.

    "I have looked up your balance. It is 47.15." A sentence without a figure speaks for the next
    one too, unless that names something itself, and a heading for the whole list below it.
    """
    labels = tuple(_labels(declared))
    if not labels:
        return ()
    found: list[Sentence] = []
    inherited: frozenset[str] = frozenset()
    last = max((claim.start for claim in claims), default=-1)
    for start, end in _sentences(text):
        if start > last:
            break
        named = _mentioned(text[start:end], labels)
        found.append(Sentence(start, end, named or inherited))
        told = any(start <= claim.start < end and not claim.small for claim in claims)
        listed = not named and _ITEM.match(text, start, end)
        inherited = (named or inherited) if listed or not told else frozenset()
    return tuple(found)


def names(text: str, declared: Mapping[str, FactSpec]) -> frozenset[str]:
    """The facts that these words speak of."""
    labels = tuple(_labels(declared))
    return _mentioned(text, labels) if labels else frozenset()


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for end in _END.finditer(text):
        yield start, end.end()
        start = end.end()
    yield start, len(text)


def _labels(declared: Mapping[str, FactSpec]) -> Iterator[tuple[str, str]]:
    """Every way of naming a fact that is an amount or an identifier."""
    for name, spec in declared.items():
        if spec.kind in WATCHED:
            labels = (name.replace("_", " "), *(each for of in spec.labels.values() for each in of))
            yield from ((_words(label), name) for label in labels if _words(label))


def _words(text: str) -> str:
    return _NOT_WORD.sub(" ", plain(text)).strip()


def _mentioned(sentence: str, labels: tuple[tuple[str, str], ...]) -> frozenset[str]:
    said = {found[1] for found in _pattern(labels).finditer(_words(sentence))}
    return frozenset(name for label, name in labels if label in said)


@lru_cache(maxsize=64)
def _pattern(labels: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    """The longest label first: "credit limit" is not also the "limit"."""
    names = sorted({label for label, _ in labels}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, names))})(?:e?s)?(?!\w)")
