"""What staff are told of a message that did not arrive, and of a channel that had to stop."""

from __future__ import annotations

from bot.book import Book
from bot.checks.approve import STAFF_CHANNELS, inside, shown
from bot.checks.values import BookName, Value
from bot.delivery.ports import AGAIN, UNKNOWN, WINDOW_CLOSED, Parcel
from bot.desk.card import harmless
from bot.model import ConversationKey
from bot.outcome import Outgoing

LONGEST_EXCERPT = 200  # characters: enough to know which message it was
# What speaks against a message alone. Of these, the sentence is the same with another reason.
REASONS = frozenset(
    "gone policy limited busy stopped sandbox sender media too_long bug refused template".split()
)
# Told of whatever the bot said, even where no person is in the chat: the customer waits for an
# answer that never comes, or everybody else's will not come either.
NEVER_SILENT = frozenset({UNKNOWN, WINDOW_CLOSED, "policy", "busy", "stopped", "sandbox", "sender"})
STOPS = frozenset({"auth", "locked", "daily_limit"})


def undelivered(
    parcel: Parcel,
    reason: str,
    book: Book,
    staff: ConversationKey,
    *,
    can_invite: bool = False,
) -> Outgoing | None:
    """The notice for the staff chat, or None where nobody has to know.

    Staff learn of every reply of theirs that failed, of every message that may or may not have
    arrived or that waits for the customer, of what should never have happened, and of whatever
    else failed in a chat with an open case. `reason` is one of DeliveryRefused, or "unknown";
    `can_invite` tells whether an approved message exists that asks the customer to write again.
    Raises KeyError when the book lacks the text.
    """
    if parcel.to.channel in STAFF_CHANNELS:
        return _once_more(parcel, staff) if reason == UNKNOWN else None
    if parcel.author != "staff" and reason not in NEVER_SILENT and parcel.case is None:
        return None
    name, why = _sentence(parcel, reason, can_invite)
    values: dict[str, Value] = {"case": parcel.case or 0}
    if why:
        values["why"] = BookName(why)
    said = inside(name, values, book, to=staff, language=book.default_language)
    whom = f"{harmless(parcel.name)}: " if parcel.name else ""
    text = f"{said.text}\n\n{whom}«{excerpt(parcel.text)}»"
    return shown(text, to=staff, shows_case=parcel.case is not None)


def _sentence(parcel: Parcel, reason: str, can_invite: bool) -> tuple[str, str]:
    """The text to tell it with, and the one that says why, if it leaves room for that."""
    if reason == "blocked":
        return "staff_blocked", ""
    if reason == UNKNOWN:
        return "staff_unknown", ""
    if reason == WINDOW_CLOSED and parcel.template is not None:
        return "staff_refused", "failure_template"  # not kept: it is what should have got through
    if reason == WINDOW_CLOSED:
        # Only who has a case can be invited.
        invites = can_invite and parcel.case is not None
        return ("staff_window_closed" if invites else "staff_window_no_template"), ""
    return "staff_refused", f"failure_{reason if reason in REASONS else 'refused'}"


def stopped(channel: str, why: str, book: Book, staff: ConversationKey) -> Outgoing:
    """Nothing leaves on a channel until a person has mended it: "auth", "locked", "daily_limit".

    Raises KeyError when the book has no word for this channel ("channel_whatsapp").
    """
    values: dict[str, Value] = {
        "channel": BookName(f"channel_{channel}"),
        "why": BookName(f"stopped_{why if why in STOPS else 'other'}"),
    }
    return inside("staff_channel_stopped", values, book, to=staff, language=book.default_language)


def works_again(channel: str, book: Book, staff: ConversationKey) -> Outgoing:
    """What follows `stopped` once messages leave again."""
    values: dict[str, Value] = {"channel": BookName(f"channel_{channel}")}
    return inside("staff_channel_works", values, book, to=staff, language=book.default_language)


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
