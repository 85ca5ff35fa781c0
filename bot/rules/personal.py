"""What belongs into a private chat: whatever is about one person, or hands one over to staff."""

from __future__ import annotations

from bot.book import Book, ButtonSpec, Intent
from bot.rules.commands import FORGET, HUMAN, LANGUAGE, recognise
from bot.rules.match import classify
from bot.words.per_book import once_per_book
from bot.words.render import variables

PERSONAL_COMMANDS = frozenset({HUMAN, LANGUAGE, FORGET})


def is_personal(said: str, book: Book, language: str | None = None) -> bool:
    """Whether answering this would ask, tell or do something that is one person's own."""
    if command := recognise(said, book):
        return command.name in PERSONAL_COMMANDS
    return classify(said, book, language).intent in _personal_intents(book)


def for_everybody(specs: tuple[ButtonSpec, ...], book: Book) -> tuple[ButtonSpec, ...]:
    """The buttons that may be tapped where others read along."""
    return tuple(spec for spec in specs if not is_personal(spec.value, book))


@once_per_book
def _personal_intents(book: Book) -> frozenset[str]:
    return frozenset(intent.name for intent in book.intents if _about_a_person(intent))


def _about_a_person(intent: Intent) -> bool:
    """It asks questions, calls a person, or says something that is known of the customer."""
    says = intent.reply.variants.values() if intent.reply else ()
    shows = any(variables(text).values for texts in says for text in texts)
    return bool(intent.form) or intent.hand_off or shows
