"""A sentence of the book with its values, as spans that remember where each word comes from.

The sentence is an admin's and is a small template; values are anybody's and are only ever text.
A template may show a value, show a fact of the house, and choose with `if`; everything else of
Jinja2 is refused when the book is loaded. A value reaches the template as an opaque mark and is
put in afterwards, so nothing in it can be taken for template, for a mark, or for book text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.book import Book, Sentence
from bot.outcome import Origin, Span

LONGEST = 4096  # signs of a rendered sentence
HOUSE = "house"

# Private-use signs frame the number of a value. No admin types them: `check` refuses them.
_OPEN, _CLOSE = "\ue000", "\ue001"

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr,
    nodes.If, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not,
)  # fmt: skip
_COMPARISONS = frozenset({"eq", "ne", "lt", "lteq", "gt", "gteq"})


class BadSentence(ValueError):
    """A sentence is no template that is allowed; `line` counts within the sentence."""

    def __init__(self, message: str, line: int = 1) -> None:
        self.line = line
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Variables:
    """What a sentence needs."""

    values: frozenset[str]
    house: frozenset[str]  # facts, as in {{ house.phone }}


class _Value(str):
    """A value inside a template: compares as its text, is printed as a mark."""

    mark: str
    __slots__ = ("mark",)


def _finalize(value: Any) -> Any:
    return value.mark if isinstance(value, _Value) else value


_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, finalize=_finalize, autoescape=False, keep_trailing_newline=False
)
_ENVIRONMENT.globals.clear()


@lru_cache(maxsize=4096)
def variables(template: str) -> Variables:
    """The names that a template uses; raises `BadSentence` for what no sentence may do."""
    if _OPEN in template or _CLOSE in template:
        raise BadSentence("holds a sign from a private area of Unicode")
    try:
        tree = _ENVIRONMENT.parse(template)
    except TemplateError as error:
        line = getattr(error, "lineno", None) or 1
        raise BadSentence(f"cannot be read: {error}", line) from None
    values: set[str] = set()
    house: set[str] = set()
    for node in _walk(tree):
        if isinstance(node, nodes.Getattr):
            owner = node.node.name if isinstance(node.node, nodes.Name) else "(...)"
            if owner != HOUSE:
                raise BadSentence(
                    f"shows '{owner}.{node.attr}', but only house has parts", node.lineno
                )
            house.add(node.attr)
        elif isinstance(node, nodes.Name):
            values.add(node.name)
        elif not isinstance(node, _ALLOWED):
            what = type(node).__name__
            raise BadSentence(f"uses {what}, which no sentence may", getattr(node, "lineno", 1))
        elif isinstance(node, nodes.Operand) and node.op not in _COMPARISONS:
            raise BadSentence(f"compares with '{node.op}', which no sentence may", node.lineno)
    return Variables(frozenset(values), frozenset(house))


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    for child in node.iter_child_nodes():
        if (
            isinstance(child, nodes.Name)
            and child.name == HOUSE
            and isinstance(node, nodes.Getattr)
        ):
            continue  # `house` itself is no value
        yield child
        yield from _walk(child)


@lru_cache(maxsize=4096)
def _compiled(template: str) -> Template:
    variables(template)
    return _ENVIRONMENT.from_string(template)


def choose(sentence: Sentence, book: Book, language: str, seed: int) -> str:
    """The variant to say. A language without one falls back to the book's default."""
    said = sentence.variants.get(language) or sentence.variants.get(book.default_language)
    if not said:
        said = next(iter(sentence.variants.values()))
    return said[seed % len(said)]


def render(
    sentence: Sentence, values: Mapping[str, Span], book: Book, language: str, seed: int
) -> tuple[Span, ...]:
    """The sentence as spans: its own words are BOOK, each value keeps its own origin.

    Raises KeyError naming a value that the sentence needs and was not handed.
    """
    template = choose(sentence, book, language, seed)
    if "{" not in template:
        return (Span(template[:LONGEST], Origin.BOOK, sentence.name),)
    handed: dict[str, object] = {HOUSE: SimpleNamespace(**house_facts(book, language))}
    numbered: list[Span] = []
    for name, span in values.items():
        value = _Value(span.text)
        value.mark = f"{_OPEN}{len(numbered)}{_CLOSE}"
        handed[name] = value
        numbered.append(span)
    try:
        text = _compiled(template).render(handed)
    except UndefinedError as error:
        raise KeyError(f"{sentence.name}: {error}") from None
    return _capped(_spans(text, numbered, sentence.name))


def text_of(sentence: Sentence, book: Book, language: str, seed: int = 0) -> str:
    """A sentence that needs no values (a label, say) as plain text."""
    return "".join(span.text for span in render(sentence, {}, book, language, seed))


def house_facts(book: Book, language: str) -> dict[str, str]:
    """Facts of the house by name; "city.pt" takes the place of "city" in Portuguese."""
    facts = {name: text for name, text in book.house.items() if "." not in name}
    for name, text in book.house.items():
        base, _, of = name.partition(".")
        if of == language or (of == book.default_language and base not in facts):
            facts[base] = text
    return facts


def _spans(text: str, values: list[Span], name: str) -> tuple[Span, ...]:
    spans: list[Span] = []
    for number, part in enumerate(text.split(_OPEN)):
        if number:
            index, _, part = part.partition(_CLOSE)
            spans.append(values[int(index)])
        if part:
            spans.append(Span(part, Origin.BOOK, name))
    return tuple(spans)


def _capped(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    kept: list[Span] = []
    room = LONGEST
    for span in spans:
        if len(span.text) > room:
            span = Span(span.text[:room], span.origin, span.name)
        if span.text:
            kept.append(span)
        room -= len(span.text)
    return tuple(kept)
