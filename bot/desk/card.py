"""What a staff member sees of a case: who, why, how long, what was said, what is known.

A card shows words that strangers wrote on a terminal that obeys control characters, so every
one of them is made visible and harmless first.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.desk.fate import Fate, in_words
from bot.desk.window import NO_WINDOWS, Windows, closes_at
from bot.model import Case, CaseStatus, Said
from bot.prompt import RefusedDraft

LAST_MESSAGES = 10
LONGEST_DRAFT = 400  # signs of an answer that was not let out

WHY: Mapping[str, str] = {
    "asked": "asked for a person",
    "no_answer": "the desk had no answer, twice in a row",
    "form": "filled in a form that goes to a person",
    "form_given_up": "answered a question of a form twice in a way it did not understand",
    "topic": "asked about something that always goes to a person",
    "model": "the model asked for a person",
    "models_down": "no model could answer, and no rule knows it",
    "unconfirmed": "the model's answer was not borne out by the facts",
    "dead": "something went wrong on our side while answering",
}

# An emoji of several people is held together by the joiner; the selector gives it colour.
_KEPT = frozenset("\u200d\ufe0f")


_CHANNELS = {"api": "API", "whatsapp": "WhatsApp"}


@dataclass(frozen=True, slots=True)
class CardLine:
    """Something that was said to or by the customer."""

    author: str  # "customer", "model", "rule", "staff", "system"
    text: str
    at: float  # Unix time
    fate: Fate | None = None  # of what we said


@dataclass(frozen=True, slots=True)
class Card:
    """One case, as read from the ledger."""

    case: Case
    who: str  # the customer: a name if the channel gave one, else the identity
    channel: str
    language: str  # its name, such as "Português"
    said: tuple[CardLine, ...] = ()  # oldest first
    details: Mapping[str, str] = field(default_factory=dict)  # what a form collected
    notes: tuple[Said, ...] = ()  # the author is the agent; the customer never sees them
    drafts: tuple[RefusedDraft, ...] = ()  # what a model would have said, and was not let
    heard_at: float = 0.0  # Unix time of the customer's last message


def lines(card: Card, now: float, windows: Windows = NO_WINDOWS) -> tuple[str, ...]:
    """The card as plain lines of text, safe to print."""
    return tuple(_lines(card, now, windows))


def _lines(card: Card, now: float, windows: Windows) -> Iterator[str]:
    case = card.case
    yield f"Case {case.id} · {_status(case)} · waiting {waiting(now - case.opened_at)}"
    yield f"Who: {harmless(card.who)} · {harmless(card.channel)} · {harmless(card.language)}"
    yield f"Why: {why(case.reason)}"
    closes = closes_at(card.channel, card.heard_at, windows)
    if closes is not None and case.status is not CaseStatus.RESOLVED:
        yield f"{channel_label(card.channel)}: {_window(closes, now)}"
    if card.details:
        yield "Collected:"
        for name, value in card.details.items():
            yield f"  {harmless(name)}: {harmless(value)}"
    if card.drafts:
        yield "A model would have said this; the customer has not seen it:"
        for draft in card.drafts:
            yield f"  \u201c{harmless(shortened(draft.text))}\u201d"
            yield f"    refused: {harmless(reasons(draft))}"
    if card.notes:
        yield "Notes (inside):"
        for note in card.notes:
            yield f"  {harmless(note.author)}: {harmless(note.text)}"
    if card.said:
        yield "Last messages:"
        for said in card.said[-LAST_MESSAGES:]:
            mark = in_words(said.fate) if said.fate else ""
            about = f"{waiting(now - said.at)} ago{f', {mark}' if mark else ''}"
            yield f"  {harmless(said.author)} ({about}): {harmless(said.text)}"


def _window(closes: float, now: float) -> str:
    if closes > now:
        return f"{waiting(closes - now)} left to answer"
    return "closed, only a template gets through; a reply is kept until the customer writes"


def _status(case: Case) -> str:
    if case.status is CaseStatus.CLAIMED and case.agent:
        return f"claimed by {harmless(case.agent)}"
    return case.status.value


def channel_label(channel: str) -> str:
    """A channel's name as people write it; safe to print."""
    return _CHANNELS.get(channel) or harmless(channel.capitalize())


def why(reason: str) -> str:
    """The reason of a case in plain words; one that is not known is shown as it is."""
    return WHY.get(reason, harmless(reason))


def reasons(draft: RefusedDraft) -> str:
    """What was wrong with a draft: "amount 127,549.32, email x@y.example"."""
    each = zip(draft.checks, draft.excerpts, strict=False)
    return ", ".join(dict.fromkeys(f"{check} {excerpt}".strip() for check, excerpt in each))


def shortened(text: str) -> str:
    """The beginning of a long text."""
    return text if len(text) <= LONGEST_DRAFT else text[: LONGEST_DRAFT - 1].rstrip() + "…"


def waiting(seconds: float) -> str:
    """A span of time as people say it: "40 s", "3 min", "2 h 05 min", "1 d 3 h"."""
    whole = max(0, int(seconds))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if not minutes:
        return f"{whole} s"
    if not hours:
        return f"{minutes} min"
    if not days:
        return f"{hours} h {minutes % 60:02} min"
    return f"{days} d {hours % 24} h"


def harmless(text: str) -> str:
    """The whole text on one line, with every character that could steer a terminal made visible.

    A line break becomes a sign, so that nobody can write a line that looks like ours. Escape
    sequences lose their escape; signs that turn the reading direction are shown as a box.
    """
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character in "\n\u2028\u2029":
        return " ⏎ "
    if character in "\t\r":
        return " "
    if ord(character) < 0x20:
        return chr(0x2400 + ord(character))  # the picture of that control character
    if character in _KEPT:
        return character
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co"}:
        return "□"
    return character
