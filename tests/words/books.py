"""Small books and folders for tests."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.book import Book, Hours, Intent, Sentence

TEMPLATES = Path(__file__).parents[2] / "templates"


def book(
    intents: Mapping[str, Sequence[str] | Mapping[str, Sequence[str]]] | None = None,
    languages: tuple[str, ...] = ("pt", "en", "es"),
    house: Mapping[str, str] | None = None,
) -> Book:
    """A book of examples only."""
    made = tuple(
        Intent(
            name,
            {of: tuple(texts) for of, texts in listed.items()}
            if isinstance(listed, Mapping)
            else {"": tuple(listed)},
        )
        for name, listed in (intents or {}).items()
    )
    return Book(
        "1", languages, languages[0], {}, made, {}, {}, {}, {}, Hours("UTC", {}), house or {}
    )


def sentence(*variants: str, name: str = "texts.test", **others: str) -> Sentence:
    return Sentence(name, {"pt": variants, **{of: (text,) for of, text in others.items()}})
