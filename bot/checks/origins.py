"""Where the words of a draft come from, checked span by span.

A span says of itself that it is the book's, a fact's or the customer's; here it has to show it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from bot.book import Book, Sentence
from bot.model import Turn
from bot.outcome import Button, Draft, Origin, Problem, Span
from bot.words.amounts import written

TAG = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})", re.DOTALL)
HOUSE_TAG = re.compile(r"\{\{-?\s*house\.(\w+)\s*-?\}\}")
_LEFT_OVER = re.compile(r"\{\{|\}\}|\{%|%\}")
# What models leave for somebody else to fill in: {{ balance }}, {name}, [your name], R$ XX,XX.
_UNFILLED = re.compile(
    r"\{\{|\}\}|\{%|%\}|\$?\{[^\W\d]\w{0,40}\}"
    r"|[\[<](?:insert|enter|your|the|customer|client|name|amount|balance|date|order|number|value"
    r"|seu|sua|nome|valor|saldo|data|pedido|n[uú]mero|inserir|insira|cliente"
    r"|su|tu|nombre|monto|fecha|insertar|inserte)(?:[ _][^\]>\n]{1,40})?[\]>](?!\()"
    r"|(?:[$€£] ?|\b(?:BRL|USD|EUR) )(?:[Xx]+(?:[.,][Xx]+)*\b|_{2,})",
    re.IGNORECASE,
)
_EXCERPT = 60  # characters of a refused span that a problem shows


def problems_of(draft: Draft, turn: Turn) -> Iterator[Problem]:
    """Every span and every button that cannot show where it comes from."""
    for span in draft.spans:
        if span.text:
            yield from _problems_of_span(span, turn)
    for button in draft.buttons:
        if not _is_label(button, turn.book):
            yield Problem("button", button.label[:_EXCERPT], "Take the label from templates/.")


def _problems_of_span(span: Span, turn: Turn) -> Iterator[Problem]:
    match span.origin:
        case Origin.BOOK:
            if _LEFT_OVER.search(span.text):
                yield _problem("variable", span, "A variable was left unfilled: give it a value.")
            elif not _in_book(span, turn.book):
                yield _problem("book", span, f"{span.name or 'No sentence'} does not say this.")
        case Origin.FACT:
            fact = turn.facts.known.get(span.name)
            if fact is None or span.text not in (fact.value, written(fact, turn.language)):
                yield _problem("fact", span, f"Say {span.name or 'the fact'} exactly as known.")
        case Origin.CUSTOMER:
            if not any(span.text in said for said in said_by_customer(turn)):
                yield _problem("customer", span, "Quote only what this customer has written.")
        case Origin.MODEL:  # what it claims is traced in grounding.py
            if mark := _UNFILLED.search(span.text):
                advice = "Write the value itself in place of the mark, or leave it out."
                yield Problem("variable", mark[0][:_EXCERPT], advice)


def _problem(check: str, span: Span, advice: str) -> Problem:
    return Problem(check, span.text[:_EXCERPT], advice)


def _in_book(span: Span, book: Book) -> bool:
    """What the sentence of that name says, in any language, between two of its variables."""
    return any(
        _says(sentence, span.text, book)
        for sentence in sentences(book)
        if sentence.name == span.name
    )


def _says(sentence: Sentence, text: str, book: Book) -> bool:
    house = tuple(book.house.items())
    return any(
        shape.fullmatch(text)
        for variants in sentence.variants.values()
        for variant in variants
        for shape in _shapes(variant, house)
    )


@lru_cache(maxsize=4096)
def _shapes(variant: str, house: tuple[tuple[str, str], ...]) -> tuple[re.Pattern[str], ...]:
    """What can stand between two values: the sentence's own words, in their order.

    House facts are the book's own and cut nothing. Where a sentence chooses with `if`, any of
    its stretches may be missing, and so may a value.
    """
    chooses = "{%" in variant
    shapes = [""]
    for part in TAG.split(variant):
        if not part.startswith(("{{", "{%", "{#")):
            shapes[-1] += _optional([part])
        elif named := HOUSE_TAG.fullmatch(part):
            name = named[1]
            shapes[-1] += _optional(
                [fact for key, fact in house if key == name or key.startswith(f"{name}.")]
            )
        elif part.startswith("{{") and not chooses:
            shapes.append("")
    return tuple(re.compile(shape) for shape in shapes)


def _optional(texts: list[str]) -> str:
    """Any of these or nothing; a template may trim the space around them."""
    return "".join((r"(?:\s*(?:", "|".join(re.escape(text.strip()) for text in texts), r")\s*)?"))


def sentences(book: Book) -> Iterator[Sentence]:
    """Everything the book can say."""
    yield from book.texts.values()
    yield from (spec.label for spec in book.menu)
    for intent in book.intents:
        if intent.reply:
            yield intent.reply
        yield from (spec.label for spec in intent.buttons)
    for form in book.forms.values():
        for slot in form.slots:
            yield slot.ask
            yield slot.invalid
        if form.done:
            yield form.done


def said_by_customer(turn: Turn) -> list[str]:
    """The customer's own words, in this turn and before. What they quote is not their own."""
    said = [turn.text, *(message.text for message in turn.messages)]
    said += [line.text for line in turn.history if line.author == "customer"]
    said += turn.form.slots.values() if turn.form else []
    return said


def _is_label(button: Button, book: Book) -> bool:
    if not button.label.strip():
        return False
    if button.label in book.language_names.values():
        return True
    return any(_says(sentence, button.label, book) for sentence in sentences(book))
