"""What the book bears out: everything that an admin has written for customers to read."""

from __future__ import annotations

from collections.abc import Iterator

from bot.book import Book, Language
from bot.checks.ground import Ground, heard
from bot.checks.origins import HOUSE_TAG, TAG, sentences
from bot.words.hours_text import hours_text
from bot.words.per_book import once_per_book

_HOLE = "\ue000"  # where a sentence shows a value that is not the book's


@once_per_book
def book_ground(book: Book) -> Ground:
    """Texts, replies, forms, buttons, facts of the house and hours, in every language."""
    return heard(_texts(book))


def _texts(book: Book) -> Iterator[str]:
    yield from book.house.values()
    yield from (hours_text(book.hours, language) for language in book.languages)
    for sentence in sentences(book):
        for language, variants in sentence.variants.items():
            yield from (_filled(variant, book, language) for variant in variants)


def _filled(variant: str, book: Book, language: Language) -> str:
    """The sentence with the house's facts in it, and all that it may choose between."""
    if "{" not in variant:
        return variant
    parts = []
    for part in TAG.split(variant):
        if named := HOUSE_TAG.fullmatch(part):
            parts.append(_house(named[1], book, language))
        elif part.startswith("{{"):
            parts.append(_HOLE)
        elif not part.startswith(("{%", "{#")):
            parts.append(part)
    return "".join(parts)


def _house(name: str, book: Book, language: Language) -> str:
    """The fact in this language, in that of the book, or as it is in all of them."""
    keys = (f"{name}.{language}", name, f"{name}.{book.default_language}")
    return next((book.house[key] for key in keys if key in book.house), _HOLE)
