"""Buttons with labels from the book."""

from __future__ import annotations

from collections.abc import Iterable

from bot.book import Book, ButtonSpec, Language, Sentence
from bot.outcome import Button
from bot.words.render import render


def labelled(specs: Iterable[ButtonSpec], book: Book, language: Language) -> tuple[Button, ...]:
    """The buttons of a rule or of the menu, in the customer's language."""
    return tuple(Button(_label(spec.label, book, language), spec.value) for spec in specs)


def tap(name: str, value: str, book: Book, language: Language) -> Button:
    """A button labelled by a text of the book, such as `button_yes`."""
    return Button(_label(book.texts[name], book, language), value)


def _label(sentence: Sentence, book: Book, language: Language) -> str:
    """Always the first variant: a button that changes its name is not found again."""
    return "".join(span.text for span in render(sentence, {}, book, language, 0)).strip()
