"""The few kinds of value that may stand in a line of texts.yaml, and how each is written.

Free text is not among them: a name can only be said when the book already holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from bot.book import Book, Language
from bot.outcome import Origin, Span
from bot.words.render import render

WEEKDAYS: Mapping[Language, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "pt": (
        "segunda-feira",
        "terça-feira",
        "quarta-feira",
        "quinta-feira",
        "sexta-feira",
        "sábado",
        "domingo",
    ),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class BookName:
    """Something the book has words for: a text ("kind_voice"), a language ("pt"), a house fact.

    It carries the key, never the words, so that nobody's free text can take this way out.
    """

    key: str


Value = int | float | time | date | datetime | BookName


def spans_of(values: Mapping[str, Value], book: Book, language: Language) -> dict[str, Span]:
    """Each value in the customer's manner of writing.

    Raises TypeError for anything but the kinds above, and KeyError for a name that the book
    does not hold.
    """
    return {
        name: Span(_written(value, book, language), Origin.BOOK, f"values.{name}")
        for name, value in values.items()
    }


def _written(value: Value, book: Book, language: Language) -> str:
    if isinstance(value, BookName):
        return _looked_up(value.key, book, language)
    if isinstance(value, bool):
        raise TypeError("a yes or no has no words of its own: use two sentences")
    if isinstance(value, datetime):
        return f"{_day(value.date(), language)}, {value:%H:%M}"
    if isinstance(value, date):
        return _day(value, language)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        text = f"{value:.2f}".rstrip("0").rstrip(".")
        return text if language == "en" else text.replace(".", ",")
    raise TypeError(f"a line of texts.yaml may not hold a {type(value).__name__}")


def _looked_up(key: str, book: Book, language: Language) -> str:
    if key in book.texts:
        return "".join(span.text for span in render(book.texts[key], {}, book, language, 0))
    if key in book.language_names:
        return book.language_names[key]
    if key in book.house:
        return book.house[key]
    raise KeyError(f"the book has no name {key!r}")


def _day(day: date, language: Language) -> str:
    """The weekday first: it is what people check. Unknown languages get the ISO date."""
    if language not in WEEKDAYS:
        return day.isoformat()
    weekday = WEEKDAYS[language][day.weekday()]
    if language == "en":  # 03/04 means two different days to English speakers
        return f"{weekday}, {day.day} {MONTHS[day.month - 1]}"
    return f"{weekday}, {day:%d/%m}"
