"""What the staff chat sees of a decision: no step of the road, but a last look at its outcome.

Whoever answers one of these messages speaks to the customer of this very turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.book import Book
from bot.checks.approve import STAFF_CHANNELS, inside, shown
from bot.desk import staff_view
from bot.desk.staff_view import Customer, Heard
from bot.desk.window import NO_WINDOWS, Windows, closes_at
from bot.model import Action, ConversationKey, Edit, Ownership, StaffAct, Turn
from bot.outcome import (
    CloseCase,
    Erase,
    OpenCase,
    Outcome,
    Outgoing,
    ReleaseCase,
    SetLanguage,
    Urgency,
    Verdict,
)


def show_staff(
    turn: Turn,
    outcome: Outcome,
    staff: ConversationKey | None,
    windows: Windows = NO_WINDOWS,
) -> Outcome:
    """The outcome, with what the staff chat has to see of it. `staff` is None where there is none.

    A case that opens is shown as a card; while it is open, all that is said is mirrored. Staff's
    own lines are never shown to them.
    """
    if staff is None or turn.conversation.channel in STAFF_CHANNELS:
        return outcome
    if turn.act is not None:
        added = _of_act(turn.act, turn, outcome, staff)
    else:
        added = _of_messages(turn, outcome, staff, windows)
    return replace(outcome, sends=(*outcome.sends, added)) if added else outcome


def edited(edit: Edit, book: Book, staff: ConversationKey) -> Outgoing:
    """A customer has changed what was read already: the new text, for the open case."""
    return shown(staff_view.edited(edit.text, book), to=staff)


def confirm_claim(case: int, book: Book, staff: ConversationKey) -> Outgoing:
    """The bot is silent from here on: said once nothing of it is on its way any more."""
    return _confirmed("staff_claimed", case, book, staff)


def _of_messages(
    turn: Turn, outcome: Outcome, staff: ConversationKey, windows: Windows
) -> Outgoing | None:
    opened = next((each for each in outcome.changes if isinstance(each, OpenCase)), None)
    if turn.case is None and opened is None:
        return None
    if any(isinstance(change, Erase) for change in outcome.changes):
        return shown(staff_view.erased(turn.book), to=staff) if turn.case else None
    answers = tuple(each.text for each in outcome.sends if each.to == turn.conversation)
    heard = Heard(turn.messages, answers, _details(opened), opened.drafts if opened else ())
    if turn.case is None and opened is not None:
        customer = replace(_customer(turn, outcome), window=_window(turn, windows, staff))
        card = staff_view.card(customer, opened.reason, heard, turn.history, turn.book)
        return shown(card, to=staff, urgency=Urgency.CARD)
    if outcome.verdict is Verdict.IGNORED and turn.ownership is not Ownership.HUMAN:
        return None
    mirror = staff_view.mirror(_customer(turn, outcome), heard, turn.book)
    return shown(mirror, to=staff) if mirror else None


def _of_act(act: StaffAct, turn: Turn, outcome: Outcome, staff: ConversationKey) -> Outgoing | None:
    """Only what was really done is shown, and nobody is shown what they wrote themselves."""
    case = turn.case.id if turn.case else 0
    here = act.surface == staff
    for change in outcome.changes:
        if isinstance(change, CloseCase):
            # No answer to this may reach the customer: the case is over.
            return _confirmed("staff_resolved", case, turn.book, staff, shows_case=False)
        if isinstance(change, ReleaseCase):
            return _confirmed("staff_released", case, turn.book, staff)
    if act.action is Action.NOTE and outcome.reason == Action.NOTE.value:
        if here:
            return _confirmed("staff_noted", case, turn.book, staff)
        return shown(staff_view.note(act.agent, act.text, turn.book), to=staff)
    relayed = any(each.to == turn.conversation for each in outcome.sends)
    if act.action is Action.INVITE and relayed:
        return _confirmed("staff_template_sent", case, turn.book, staff)
    if act.action is Action.REPLY and relayed and not here:
        return shown(staff_view.from_staff(act.agent, act.text), to=staff)
    return None


def _confirmed(
    name: str, case: int, book: Book, staff: ConversationKey, *, shows_case: bool = True
) -> Outgoing:
    return inside(
        name,
        {"case": case},
        book,
        to=staff,
        language=book.default_language,
        shows_case=shows_case,
    )


def _window(turn: Turn, windows: Windows, staff: ConversationKey) -> str:
    """Until when a reply gets through, by the clock of the house; "" where it always does."""
    heard = max((message.received_at for message in turn.messages), default=turn.now)
    closes = closes_at(turn.conversation.channel, heard, windows)
    if closes is None:
        return ""
    until = datetime.fromtimestamp(closes, UTC).astimezone(ZoneInfo(turn.book.hours.timezone))
    late = closes <= turn.now
    said = inside(
        "card_window_closed" if late else "card_window",
        {} if late else {"until": until},
        turn.book,
        to=staff,
        language=turn.book.default_language,
    )
    return said.text


def _customer(turn: Turn, outcome: Outcome) -> Customer:
    """In the language that this turn has found them to speak."""
    chosen = [each.language for each in outcome.changes if isinstance(each, SetLanguage)]
    language = next((each for each in chosen if each), turn.language)
    named = [message.name for message in turn.messages if message.name]
    name = turn.name or next(iter(named), "") or turn.identity
    return Customer(name, turn.conversation.channel, language, turn.public)


def _details(opened: OpenCase | None) -> Mapping[str, str]:
    return opened.details if opened else {}
