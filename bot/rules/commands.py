"""Commands, typed with a slash or in plain words, and requests for a person in any wording.

Pure and quick: accept asks it about every message to know which budget the message is charged
to, and RunCommand asks it again to act.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from bot.book import Book
from bot.rules.wants_person import wants_person
from bot.words.normalise import normalise
from bot.words.per_book import once_per_book

START, HELP, HUMAN, LANGUAGE, FORGET = "start", "help", "human", "language", "forget"
UNKNOWN = "unknown"
NAMES = (START, HELP, HUMAN, LANGUAGE, FORGET)
LANGUAGE_WORDS = "language."  # book.commands["language.pt"] holds the names of Portuguese

_SLASH = re.compile(r"\s*/([A-Za-z_][\w-]{0,31})(?:@\w+)?(?:\s+(.*\S))?\s*", re.DOTALL)
LONGEST_TWIN = 60  # signs; the plain-word twin of a command is short
ALMOST = 90.0  # per cent of equal letters for a typo in a way of asking for a person
_POLITE = re.compile(r"\b(?:por favor|please|porfa|obrigad[oa]|gracias|thanks|thank you)\b")


@dataclass(frozen=True, slots=True)
class Command:
    """Something the bot is told to do."""

    name: str  # one of NAMES, or UNKNOWN
    argument: str = ""  # of language: a code of the book, or what was typed; of unknown: its name


@dataclass(frozen=True, slots=True, eq=False)
class _Twins:
    words: dict[str, Command]  # normalised words -> command
    slashes: dict[str, str]  # words that may stand after a slash
    requests: tuple[str, ...]
    languages: dict[str, str]  # normalised name -> code


def recognise(text: str, book: Book) -> Command | None:
    """The command in a message, or None where it is ordinary talk. Never raises."""
    return _recognised(text, _twins(book))


@lru_cache(maxsize=1024)  # each message is asked about at least twice
def _recognised(text: str, twins: _Twins) -> Command | None:
    if slash := _SLASH.fullmatch(text):
        return _slashed(slash[1].lower().replace("-", "_"), slash[2] or "", twins)
    if len(text) <= LONGEST_TWIN:
        words = normalise(text)
        polite = " ".join(_POLITE.sub(" ", words).split())
        command = twins.words.get(words) or twins.words.get(polite)
        if command:
            return command
        if len(polite) > 4 and any(
            abs(len(polite) - len(request)) < 5 and fuzz.ratio(polite, request) >= ALMOST
            for request in twins.requests
        ):
            return Command(HUMAN)
    return Command(HUMAN) if wants_person(text) else None


def language_code(text: str, book: Book) -> str | None:
    """The code of the language that a text names ("inglês", "english"), if the book has it."""
    return _twins(book).languages.get(normalise(text))


def _slashed(name: str, rest: str, twins: _Twins) -> Command:
    meant = name if name in NAMES else twins.slashes.get(normalise(name), UNKNOWN)
    if meant == LANGUAGE:
        return Command(LANGUAGE, twins.languages.get(normalise(rest), rest))
    if meant == UNKNOWN:
        return Command(UNKNOWN, name)
    return Command(meant)


@once_per_book
def _twins(book: Book) -> _Twins:
    languages: dict[str, str] = {}
    for code in book.languages:
        names = {code, book.language_names.get(code, code)}
        for words in book.commands.get(LANGUAGE_WORDS + code, {}).values():
            names.update(words)
        languages.update({normalise(name): code for name in names})
    plain: dict[str, Command] = {}
    slashes: dict[str, str] = {}
    for name in NAMES:
        for words in book.commands.get(name, {}).values():
            for word in map(normalise, words):
                plain[word] = Command(name)
                slashes[word] = name
                if name == LANGUAGE:
                    for spoken, code in languages.items():
                        plain[f"{word} {spoken}"] = Command(LANGUAGE, code)
    for spoken, code in languages.items():
        if len(spoken) > 3:
            for lead in ("", "em ", "in ", "en ", "speak ", "fala ", "habla ", "falar ", "hablar "):
                plain.setdefault(lead + spoken, Command(LANGUAGE, code))
    requests = tuple(normalise(request) for asked in book.requests.values() for request in asked)
    plain.update({request: Command(HUMAN) for request in requests})
    return _Twins(plain, slashes, requests, languages)
