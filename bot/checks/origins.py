"""Where the words of a draft come from, checked span by span.

A span says of itself that it is the book's, a fact's or the customer's; here it has to show it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.book import Book, Sentence
from bot.model import Button, Draft, Origin, Problem, Span, Turn

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_LEFT_OVER = re.compile(r"\{\{|\}\}|\{%|%\}")
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
            if fact is None or fact.value != span.text:
                yield _problem("fact", span, f"Say {span.name or 'the fact'} exactly as known.")
        case Origin.CUSTOMER:
            if not _said_by_customer(span.text, turn):
                yield _problem("customer", span, "Quote only what this customer has written.")
        case Origin.MODEL:
            yield _problem("model", span, "Nothing checks a model's words yet: use the book.")


def _problem(check: str, span: Span, advice: str) -> Problem:
    return Problem(check, span.text[:_EXCERPT], advice)


def _in_book(span: Span, book: Book) -> bool:
    """A stretch of the sentence it names, with nothing between but what the house fills in."""
    if span.text in book.house.values():
        return True
    return any(
        span.text in piece
        for sentence in sentences(book)
        if sentence.name == span.name
        for piece in _pieces(sentence, book)
    )


def _pieces(sentence: Sentence, book: Book) -> Iterator[str]:
    """The sentence cut at its variables; house facts do not cut, they are the book's own."""
    for variants in sentence.variants.values():
        for variant in variants:
            yield from _TAG.split(_with_house(variant, book))


def _with_house(variant: str, book: Book) -> str:
    for name, value in book.house.items():
        tag = re.compile(r"\{\{-?\s*house\." + re.escape(name) + r"\s*-?\}\}")
        variant = tag.sub(lambda _, value=value: value, variant)  # type: ignore[misc] # default
    return variant


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


def _said_by_customer(text: str, turn: Turn) -> bool:
    said = [turn.text, *(message.text for message in turn.messages)]
    said += [line.text for line in turn.history if line.author == "customer"]
    said += turn.form.slots.values() if turn.form else []
    return any(text in line for line in said)


def _is_label(button: Button, book: Book) -> bool:
    if not button.label.strip():
        return False
    if button.label in book.language_names.values():
        return True
    return any(
        button.label == piece for sentence in sentences(book) for piece in _pieces(sentence, book)
    )
