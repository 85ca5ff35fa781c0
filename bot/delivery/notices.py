"""What staff are told of a message that did not arrive, or is not known to have arrived."""

from __future__ import annotations

from bot.book import Book
from bot.checks.approve import STAFF_CHANNELS, inside, shown
from bot.checks.values import Value
from bot.delivery.ports import AGAIN, UNKNOWN, Parcel
from bot.desk.card import harmless
from bot.model import ConversationKey
from bot.outcome import Outgoing

LONGEST_EXCERPT = 200  # characters: enough to know which message it was
_TEXTS = {"blocked": "staff_blocked", UNKNOWN: "staff_unknown"}


def undelivered(parcel: Parcel, reason: str, book: Book, staff: ConversationKey) -> Outgoing | None:
    """The notice for the staff chat, or None where nobody has to know.

    Staff learn of every reply of theirs that failed, of every message that may or may not have
    arrived, and of whatever else failed in a chat with an open case. `reason` is one of
    DeliveryRefused, or "unknown". Raises KeyError when the book lacks the text.
    """
    if parcel.to.channel in STAFF_CHANNELS:
        return _once_more(parcel, staff) if reason == UNKNOWN else None
    if parcel.author != "staff" and reason != UNKNOWN and parcel.case is None:
        return None
    values: dict[str, Value] = {"case": parcel.case or 0}
    name = _TEXTS.get(reason, "staff_refused")
    said = inside(name, values, book, to=staff, language=book.default_language)
    whom = f"{harmless(parcel.name)}: " if parcel.name else ""
    text = f"{said.text}\n\n{whom}«{excerpt(parcel.text)}»"
    return shown(text, to=staff, shows_case=parcel.case is not None)


def _once_more(parcel: Parcel, staff: ConversationKey) -> Outgoing | None:
    """What staff may not have seen is shown again, once, and says so.

    Nothing said to a customer is ever repeated like this; but a case that nobody has seen is
    worse than one that somebody sees twice.
    """
    if parcel.to != staff or parcel.text.startswith(AGAIN):
        return None
    return shown(f"{AGAIN} {parcel.text}", to=staff, shows_case=parcel.case is not None)


def excerpt(text: str) -> str:
    """The beginning of a text, on one line."""
    line = harmless(" ".join(text.split()))
    return line if len(line) <= LONGEST_EXCERPT else f"{line[: LONGEST_EXCERPT - 1]}…"
