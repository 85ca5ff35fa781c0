"""Reads the sentences of a file and says what is wrong with each, at its own line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.book import ButtonSpec, Sentence
from bot.errors import Flaw
from bot.words.links import broken_links
from bot.words.names import LANGUAGE_CODES, LONGEST_LABEL
from bot.words.render import BadSentence, variables
from bot.words.schema import primary
from bot.yaml_source import Document

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """What every sentence is held against. `flaws` grows as files are read."""

    languages: tuple[str, ...]  # empty: whatever is there will do
    house: frozenset[str] | None  # the facts that sentences may show; None: nobody knows which
    flaws: list[Flaw] = field(default_factory=list)
    # About a customer: replies of rules may show them. None: nobody knows which.
    facts: frozenset[str] | None = frozenset()

    def sentence(
        self,
        document: Document,
        path: Path,
        said: Any,
        name: str,
        values: Iterable[str] | None = (),
    ) -> Sentence:
        """A sentence in each language; `values` are the variables it may show, None any at all."""
        variants: dict[str, tuple[str, ...]] = {}
        if not isinstance(said, dict):
            if len(self.languages) > 1:
                self.missing(document, path, self.languages)
            for language in self.languages or ("",):
                variants[language] = self._variants(document, path, said, values)
            return Sentence(name, variants, document.where(path))
        meant = set(variants)
        for language, texts in said.items():
            meant |= self.language(document, (*path, language))
            if not self.languages or primary(language) in self.languages:
                where = (*path, language)
                variants[primary(language)] = self._variants(document, where, texts, values)
        self.missing(
            document, path, [each for each in self.languages if each not in {*variants, *meant}]
        )
        return Sentence(name, variants, document.where(path))

    def persona(self, document: Document, said: Any) -> Sentence:
        """Who a model is to be: one text does for every language, since no customer reads it."""
        path: Path = ("persona",)
        if isinstance(said, dict):
            return self.sentence(document, path, said, "persona")
        variants = self._variants(document, path, said, ())
        return Sentence("persona", dict.fromkeys(self.languages, variants), document.where(path))

    def missing(self, document: Document, path: Path, languages: Sequence[str]) -> None:
        if languages:
            named = ", ".join(languages)
            message = f"'{path[-1]}' says nothing in {named}"
            self.flaws.append(document.flaw(path, message, f"add a line for: {named}"))

    def language(self, document: Document, path: Path) -> frozenset[str]:
        """A key that should be a language; the one that a slip was meant for is not missing too."""
        key = str(path[-1])
        if primary(key) in LANGUAGE_CODES or primary(key) in self.languages:
            return frozenset()
        near = difflib.get_close_matches(key, self.languages, n=1, cutoff=0.5)
        advice = f"did you mean '{near[0]}'?" if near else "use a code such as pt, en or es"
        self.flaws.append(document.flaw(path, f"'{key}' is no language", advice))
        return frozenset(near)

    def lines(self, document: Document, path: Path, listed: Any) -> dict[str, tuple[str, ...]]:
        """Lists of words or examples per language; "" where no language is stated."""
        if not isinstance(listed, dict):
            return {"": tuple(listed)}
        found: dict[str, tuple[str, ...]] = {}
        for language, texts in listed.items():
            for meant in self.language(document, (*path, language)):
                found.setdefault(meant, ())
            if not self.languages or primary(language) in self.languages:
                code = primary(language)
                found[code] = found.get(code, ()) + tuple(texts)
        return found

    def button(
        self, document: Document, path: Path, label: Any, value: str, name: str
    ) -> ButtonSpec:
        spec = ButtonSpec(self.sentence(document, (*path, "label"), label, name), value)
        self.label(document, (*path, "label"), label)
        return spec

    def label(self, document: Document, path: Path, said: Any) -> None:
        """Buttons are cut off by WhatsApp, so a long one is a mistake."""
        for where, text in places(path, said):
            if len(text) > LONGEST_LABEL:
                message = f"the button '{text}' has {len(text)} signs"
                advice = f"at most {LONGEST_LABEL}, else WhatsApp cuts it off"
                self.flaws.append(document.flaw(where, message, advice))

    def _variants(
        self, document: Document, path: Path, texts: Any, values: Iterable[str] | None
    ) -> tuple[str, ...]:
        allowed = None if values is None else frozenset(values)
        for where, text in places(path, texts):
            self._template(document, where, text, allowed)
            self._links(document, where, text)
        return (texts,) if isinstance(texts, str) else tuple(texts)

    def _links(self, document: Document, path: Path, text: str) -> None:
        for link in broken_links(text):
            line = _line_with(document, path, link.partition("{{")[0])
            excerpt = document.source[line - 1].strip()[:120]
            message = f"'{link}' is no address that opens"
            advice = "write it whole, like https://shop.example/returns"
            self.flaws.append(Flaw(f"{document.name}:{line}", message, excerpt, advice))

    def _template(
        self, document: Document, path: Path, text: str, values: frozenset[str] | None
    ) -> None:
        try:
            needed = variables(text)
        except BadSentence as error:
            advice = "a sentence may show {{ values }} and choose with {% if %}, nothing else"
            line = _line_in(document, path, error.line)
            excerpt = document.source[line - 1].strip()[:120]
            message = f"the sentence {error}"
            self.flaws.append(Flaw(f"{document.name}:{line}", message, excerpt, advice))
            return
        house = {f"house.{fact}" for fact in self.house or ()}
        if values is not None:
            for name in sorted(needed.values - values):
                self._unknown(document, path, name, values, house)
        if self.house is not None:
            for name in sorted(needed.house - self.house):
                self._unknown(document, path, f"house.{name}", house, values or ())

    def _unknown(
        self, document: Document, path: Path, name: str, first: Iterable[str], rest: Iterable[str]
    ) -> None:
        known = sorted({*first, *rest})
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        advice = (
            f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(known) or 'none'}"
        )
        line = _line_with(document, path, name)
        message = f"the variable '{name}' does not exist here"
        excerpt = document.source[line - 1].strip()[:120] if line <= len(document.source) else ""
        self.flaws.append(Flaw(f"{document.name}:{line}", message, excerpt, advice))


def places(path: Path, said: Any) -> list[tuple[Path, str]]:
    """Every text in a sentence with its own place."""
    if isinstance(said, str):
        return [(path, said)]
    pairs: Iterable[tuple[str | int, Any]]
    pairs = said.items() if isinstance(said, Mapping) else enumerate(said)
    return [place for key, inner in pairs for place in places((*path, key), inner)]


def _line_in(document: Document, path: Path, line: int) -> int:
    """The file's line of a line of a text, which begins below its key when that ends in | or >."""
    start = document.line(path)
    below = document.source[start - 1].rstrip().endswith(("|", "|-", "|+", ">", ">-", ">+"))
    return min(start + line - (0 if below else 1), len(document.source))


def _line_with(document: Document, path: Path, name: str) -> int:
    """A text may run over several lines; name the one that holds the variable."""
    start = document.line(path)
    after = [line for line in document.lines.values() if line > start]
    end = min(after, default=len(document.source) + 1)
    for line in range(start, end):
        if name in document.source[line - 1]:
            return line
    return start
