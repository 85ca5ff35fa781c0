"""Receipts: what platforms tell of messages that have left, written down in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from bot.delivery.ports import UNKNOWN, Parcel
from bot.delivery.receipts import MOST_ATTEMPTS, Adrift, Heard, Noted, Receipt, Report, rank_of
from bot.ledger.claims import supersede_bot_answers
from bot.ledger.conditions import IS_ADRIFT
from bot.ledger.failing import has_failed
from bot.ledger.identities import is_named, look
from bot.ledger.locking import hold_chat_of
from bot.ledger.outbox import being_sent
from bot.ledger.parcels import PARCELS, parcel_from
from bot.ledger.recording import responded
from bot.ledger.tables import conversations, messages
from bot.model import ConversationKey
from bot.outcome import Outgoing
from bot.record import Responded

# What was written so long before another has left before it: attempts at a send end sooner.
APART_SECONDS = 3_600.0
# What may have arrived, or was to be tried again: the platform's word settles it.
_NOT_SETTLED = ("pending", "sending", "unknown", "failed")

_FIND = select(
    messages.c.seq,
    messages.c.conversation,
    messages.c.state,
    messages.c.receipt,
    messages.c.failure,
    messages.c.attempt,
    messages.c.external_id,
    messages.c.turn_id,
    messages.c.part,
    messages.c.inside,
    messages.c.case_id,
    messages.c.text,
    conversations.c.address,
).join(conversations, conversations.c.key == messages.c.conversation)


def note(connection: Connection, report: Report, at: float, notice: Outgoing | None) -> Noted:
    """Write a report down, unless what it tells is known or overtaken."""
    if report.again_after is not None and (meant := _row(connection, report)) is not None:
        hold_chat_of(connection, meant.seq)  # a claim that is being written is waited for
    row = _row(connection, report, held=True)
    if row is None:
        return Noted(Heard.STRANGE)
    overtaken = report.attempt is not None and report.attempt != row.attempt
    if overtaken or report.receipt.rank <= rank_of(row.receipt):
        return Noted(Heard.OLD)
    connection.execute(
        update(messages)
        .where(messages.c.seq == row.seq)
        .values(receipt=report.receipt.value, external_id=report.external_id)
    )
    if report.receipt is Receipt.FAILED:
        return _failed(connection, row, report, at, notice)
    return Noted(Heard.NEWS, _arrived(connection, row, at))


def parcel_of(connection: Connection, report: Report) -> Parcel | None:
    """The message of which a report speaks."""
    row = _row(connection, report)
    if row is None:
        return None
    found = connection.execute(PARCELS.where(messages.c.seq == row.seq)).first()
    return parcel_from(found) if found is not None else None


def adrift(connection: Connection, channel: str) -> Sequence[Adrift]:
    """Sends of this channel that may have arrived, oldest first."""
    rows = connection.execute(
        PARCELS.where(IS_ADRIFT, messages.c.conversation.startswith(f"{channel}/"))
    ).all()
    return [Adrift(parcel_from(row), row.until) for row in sorted(rows, key=lambda row: row.seq)]


def taken(connection: Connection, seq: int, external_ids: Sequence[str]) -> frozenset[str]:
    """Which of these ids belong, or may belong, to others of the chat than the row of that number.

    Two answers of the same words must not be told to be one. While another is being sent, any id
    may be that one's; of others whose fate is not known each may have left one. Then all count as
    taken, unless there are enough for every one of them.
    """
    mine = connection.execute(
        select(messages.c.conversation, messages.c.text, messages.c.at).where(messages.c.seq == seq)
    ).first()
    if mine is None or being_sent(connection, mine.conversation):
        return frozenset(external_ids)
    of_the_chat = messages.c.conversation == mine.conversation
    named = frozenset(
        connection.execute(
            select(messages.c.external_id).where(
                of_the_chat, messages.c.external_id.in_(external_ids)
            )
        ).scalars()
    )
    alike = connection.execute(
        select(func.count()).where(
            of_the_chat,
            messages.c.seq != seq,
            messages.c.state == "unknown",
            messages.c.text == mine.text,
            messages.c.at >= mine.at - APART_SECONDS,
        )
    ).scalar_one()
    free = frozenset(external_ids) - named
    return named if len(free) > alike else frozenset(external_ids)


def give_up(connection: Connection, seq: int, at: float, notice: Outgoing | None) -> None:
    """Looking it up came to nothing: it stays unknown, and staff are told."""
    row = connection.execute(
        update(messages)
        .where(messages.c.seq == seq, IS_ADRIFT)
        .values(failure=UNKNOWN, until=0)
        .returning(messages.c.conversation, messages.c.case_id, messages.c.turn_id, messages.c.text)
    ).first()
    if row is not None:
        has_failed(connection, row, UNKNOWN, at, notice)


def _row(connection: Connection, report: Report, *, held: bool = False) -> Any:
    """The row that is meant; None where it is no message of ours, or was for somebody else.

    `held`: reports that come at the same time wait until this one is written down.
    """
    mine = messages.c.conversation.startswith(f"{report.channel}/")
    which = messages.c.seq == report.seq if report.seq is not None else _by_id(connection, report)
    found = _FIND.where(which, mine, messages.c.direction == "out")
    row = connection.execute(found.with_for_update(of=messages) if held else found).first()
    if row is None or not _is_for(connection, row, report.chat):
        return None
    settled = row.state == "sent" and row.external_id
    return None if settled and row.external_id != report.external_id else row


def _by_id(connection: Connection, report: Report) -> ColumnElement[bool]:
    """The platform's id in the recipient's chat: ids have an index within a chat only.

    What other programs send from our number is told to us as well, and is looked for in vain.
    """
    named = ConversationKey(report.channel, report.account, report.chat)
    served, _ = look(connection, named, [report.chat])
    return messages.c.conversation.in_([str(named), str(served.chat)]) & (
        messages.c.external_id == report.external_id
    )


def _is_for(connection: Connection, row: Any, chat: str) -> bool:
    """Numbers of messages begin anew with a new database: the recipient has to fit as well."""
    key = ConversationKey.parse(row.conversation)
    return chat in ("", key.chat, row.address) or is_named(connection, key, chat)


def _arrived(connection: Connection, row: Any, at: float) -> Responded | None:
    """The platform has it. A failure that came before it was wrong, or overtaken."""
    if row.state not in _NOT_SETTLED:
        return None
    connection.execute(
        update(messages)
        .where(messages.c.seq == row.seq)
        .values(state="sent", failure="", until=0, owner="")
    )
    if row.turn_id is None or row.part or row.inside:
        return None
    return responded(connection, row.turn_id, at)


def _rest(report: Report, attempt: int) -> float:
    return (report.again_after or 0.0) * 2.0 ** max(attempt - 1, 0)


def _failed(
    connection: Connection, row: Any, report: Report, at: float, notice: Outgoing | None
) -> Noted:
    if row.state not in ("sending", "unknown", "sent"):
        return Noted(Heard.NEWS)
    told = row.failure == UNKNOWN  # whoever was told may have sent it by hand
    again = report.again_after is not None and row.attempt < MOST_ATTEMPTS and not told
    values: dict[str, Any] = (
        {"state": "pending", "owner": "", "until": at + _rest(report, row.attempt)}
        if again
        else {"state": "failed", "failure": report.reason, "until": 0}
    )
    connection.execute(update(messages).where(messages.c.seq == row.seq).values(**values))
    if again:
        supersede_bot_answers(connection, row.conversation)  # a person may have the chat by now
    else:
        has_failed(connection, row, report.reason, at, notice)
    return Noted(Heard.NEWS, to_send=again or notice is not None)
