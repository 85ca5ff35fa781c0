"""Edits: a customer changes a message after sending it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select, update

from bot.intake.ports import Edited
from bot.ledger.claims import reopen_running_turn
from bot.ledger.conditions import CASE_IS_OPEN
from bot.ledger.locking import hold
from bot.ledger.staff_rows import tell
from bot.ledger.tables import cases, conversations, deliveries, messages, turns
from bot.ledger.upsert import upsert
from bot.model import Edit, Kind
from bot.outcome import Outgoing

MOST_CALLED_BACK = 3  # turns of a chat within that time
LATELY = 60.0  # seconds
MOST_EDITS = 20  # kept beside a message; further ones take the last place


def edit(connection: Connection, edit: Edit, kind: Kind, notice: Outgoing | None) -> Edited:
    """Replace what nobody has read yet; keep a later text beside what was answered.

    A turn that is reading the old text right now is called back: its rows wait again, and its
    settle fails on the fence.
    """
    key = str(edit.conversation)
    hold(connection, key)
    if not _is_new(connection, edit):
        return Edited.DUPLICATE
    row = connection.execute(
        select(messages).where(
            messages.c.conversation == key,
            messages.c.external_id == edit.message,
            messages.c.direction == "in",
        )
    ).first()
    if row is None:
        return Edited.UNKNOWN
    if edit.text == _latest(row):
        return Edited.SAME
    is_read = row.state == "in_turn"
    if row.state == "waiting" or (is_read and _may_call_back(connection, key, edit.at)):
        if is_read:
            _call_back(connection, key)
        connection.execute(
            update(messages)
            .where(messages.c.seq == row.seq)
            .values(text=edit.text, kind=kind.value if row.kind != Kind.MEDIA else row.kind)
        )
        return Edited.REPLACED
    kept = [*(row.edits or ())[: MOST_EDITS - 1], {"text": edit.text, "at": edit.at}]
    connection.execute(update(messages).where(messages.c.seq == row.seq).values(edits=kept))
    if notice is not None:
        case = connection.execute(
            select(cases.c.id).where(cases.c.conversation == key, CASE_IS_OPEN)
        ).scalar()
        if case is not None:
            tell(connection, notice, case, edit.at)
    return Edited.KEPT


def _is_new(connection: Connection, edit: Edit) -> bool:
    where = edit.conversation
    delivery = {"channel": where.channel, "account": where.account, "key": f"{where}/{edit.id}"}
    added = connection.execute(
        upsert(deliveries)
        .values(**delivery, digest="", at=edit.at)
        .on_conflict_do_nothing()
        .execution_options(preserve_rowcount=True)
    )
    return bool(added.rowcount)


def _latest(row: Any) -> str:
    return str(row.edits[-1]["text"] if row.edits else row.text)


def _may_call_back(connection: Connection, key: str, at: float) -> bool:
    """Not again and again: a turn costs money, and somebody may edit for ever."""
    lately = select(func.count()).where(
        turns.c.conversation == key, turns.c.state == "superseded", turns.c.opened_at > at - LATELY
    )
    return connection.execute(lately).scalar_one() < MOST_CALLED_BACK


def _call_back(connection: Connection, key: str) -> None:
    connection.execute(
        update(conversations)
        .where(conversations.c.key == key)
        .values(fence=conversations.c.fence + 1, lease_owner="", lease_until=0)
    )
    reopen_running_turn(connection, key)
