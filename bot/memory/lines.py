"""A conversation as lines for a model: what was said is words, and everything else is named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from bot.book import Book
from bot.memory.mark import defused
from bot.model import Fact, Incoming, Media, Said
from bot.prompt import Speaker, Spoken
from bot.words.render import text_of

CUSTOMER = "customer"  # the author of a customer's line, and the source of what customers told
LONGEST_QUOTE = 300  # signs
LONGEST_DETAIL = 80
LONGEST_TOLD = 200
SHORTENED = "…"
# For a book whose texts name no kinds.
_KINDS: Mapping[str, str] = {
    "voice": "voice message",
    "audio": "audio file",
    "photo": "photo",
    "video": "video",
    "document": "file",
    "sticker": "sticker",
    "location": "location",
    "contact": "contact",
    "other": "attachment",
}
# Of the control characters only tabs and line breaks are words; half surrogates are no characters.
_NO_WORDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def history(said: Sequence[Said], book: Book, language: str) -> list[Spoken]:
    """What was said before. Whoever answered, the bot or a person, is one voice."""
    lines = []
    for each in said:
        text = words(each.text)
        if each.author == CUSTOMER:
            media = (_medium(medium, book, language) for medium in each.media)
            whole = "\n".join(part for part in (*media, text) if part)
            lines.append(Spoken(Speaker.CUSTOMER, whole or f"[{_kind('other', book, language)}]"))
        elif text:
            lines.append(Spoken(Speaker.DESK, text))
    return lines


def burst(messages: Sequence[Incoming], book: Book, language: str) -> list[str]:
    """The messages to answer, one text each, never an empty one."""
    return [_message(message, book, language) for message in messages]


def told(facts: Mapping[str, Fact], most: int = LONGEST_TOLD) -> Iterator[str]:
    """What the customer told of themselves earlier. These are their words, so they stand here."""
    for name, fact in sorted(facts.items()):
        if fact.source == CUSTOMER:
            yield f"[told earlier, {name.replace('_', ' ')}: {_short(fact.value, most)}]"


def words(text: str) -> str:
    """A text as a model may see it."""
    return defused(_NO_WORDS.sub("", text.replace("\r\n", "\n"))).strip()


def _message(message: Incoming, book: Book, language: str) -> str:
    parts = [_quoted(message.quoted)] if message.quoted.strip() else []
    parts += [_medium(medium, book, language) for medium in message.media]
    parts.append(words(message.said))
    return "\n".join(part for part in parts if part) or f"[{_kind('other', book, language)}]"


def _quoted(text: str) -> str:
    """Every line of a quotation is marked, so that nothing in it can end it."""
    lines = words(text)[:LONGEST_QUOTE].splitlines()
    shortened = [SHORTENED] if len(words(text)) > LONGEST_QUOTE else []
    return "\n".join(f"> {line}" for line in (*lines, *shortened))


def _medium(medium: Media, book: Book, language: str) -> str:
    kind = _kind(medium.kind, book, language)
    detail = ", ".join(part for part in (medium.detail, medium.name) if part.strip())
    return f"[{kind}: {_short(detail, LONGEST_DETAIL)}]" if detail else f"[{kind}]"


def _kind(kind: str, book: Book, language: str) -> str:
    kind = kind if kind in _KINDS else "other"
    sentence = book.texts.get(f"card_{kind}")
    return text_of(sentence, book, language).strip() if sentence else _KINDS[kind]


def _short(text: str, most: int) -> str:
    """On one line, and without brackets that would end the one it stands in."""
    line = " ".join(words(text).replace("[", "(").replace("]", ")").split())
    return line if len(line) <= most else f"{line[:most]}{SHORTENED}"
