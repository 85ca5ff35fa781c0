"""Reads for pages and programs: committed state, never in the way of a writer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select

from bot.delivery.transcript import Line, Page, UnknownMessage, own_id, own_seq
from bot.ledger.conditions import ROW_IS_OPEN
from bot.ledger.rows import buttons_from
from bot.ledger.tables import conversations, messages
from bot.model import ConversationKey
from bot.outcome import Button

# Not `act`: notes and staff commands never reach a customer.
_VISIBLE = or_(
    messages.c.direction == "in",
    and_(messages.c.direction == "out", messages.c.state == "sent"),
)
_LINES: Select[Any] = select(
    messages.c.seq,
    messages.c.external_id,
    messages.c.direction,
    messages.c.author,
    messages.c.text,
    messages.c.buttons,
    messages.c.state,
    messages.c.receipt,
    messages.c.answers,
    messages.c.at,
)


def page(connection: Connection, key: ConversationKey, after: str, most: int) -> Page:
    """Lines after a message's id; raises UnknownMessage."""
    start = 0
    if after:
        found = _seq_of(connection, key, after)
        if found is None:
            known = select(conversations.c.key).where(conversations.c.key == str(key))
            if connection.execute(known).first() is None:
                return Page((), more=False)
            raise UnknownMessage(after)
        start = found
    lines = since(connection, key, start, most + 1)
    return Page(tuple(lines[:most]), more=len(lines) > most)


def since(
    connection: Connection, key: ConversationKey, seq: int, most: int = 1000
) -> Sequence[Line]:
    """Lines after an arrival number, oldest first."""
    rows = connection.execute(
        _LINES.where(messages.c.conversation == str(key), messages.c.seq > seq, _VISIBLE)
        .order_by(messages.c.seq)
        .limit(most)
    ).all()
    names = _names(connection, rows)
    return [_line(row, names) for row in rows]


def recent(connection: Connection, key: ConversationKey, most: int) -> Sequence[Line]:
    """The newest lines, oldest first."""
    rows = connection.execute(
        _LINES.where(messages.c.conversation == str(key), _VISIBLE)
        .order_by(messages.c.seq.desc())
        .limit(most)
    ).all()[::-1]
    names = _names(connection, rows)
    return [_line(row, names) for row in rows]


def settled(connection: Connection, key: ConversationKey) -> bool:
    """Whether nothing waits in this conversation."""
    waiting = select(messages.c.seq).where(messages.c.conversation == str(key), ROW_IS_OPEN)
    return connection.execute(waiting.limit(1)).first() is None


def has(connection: Connection, key: ConversationKey, seq: int) -> bool:
    """Whether a line still exists."""
    found = select(messages.c.seq).where(
        messages.c.conversation == str(key), messages.c.seq == seq, _VISIBLE
    )
    return connection.execute(found).first() is not None


def pressed(connection: Connection, key: ConversationKey, message: str, index: int) -> str | None:
    """The value behind a button, looked up in this very chat."""
    seq = own_seq(message)
    buttons = connection.execute(
        select(messages.c.buttons).where(
            messages.c.conversation == str(key),
            messages.c.seq == seq,
            messages.c.direction == "out",
        )
    ).scalar()
    if not buttons or not 0 <= index < len(buttons):
        return None
    return str(buttons[index]["value"])


def offered(connection: Connection, key: ConversationKey, external_id: str) -> tuple[Button, ...]:
    """The buttons under one message of ours, or under the last one that was said."""
    ours = select(messages.c.buttons).where(
        messages.c.conversation == str(key), messages.c.direction == "out"
    )
    if external_id:
        ours = ours.where(messages.c.external_id == external_id)
    else:
        ours = ours.where(messages.c.state.in_(("sending", "sent", "unknown")))
    return buttons_from(connection.execute(ours.order_by(messages.c.seq.desc()).limit(1)).scalar())


def said(connection: Connection, key: ConversationKey, external_id: str) -> str:
    """What the message of that platform id says; of an edited one, what it says now."""
    row = connection.execute(
        select(messages.c.text, messages.c.edits)
        .where(
            messages.c.conversation == str(key),
            messages.c.external_id == external_id,
            messages.c.direction.in_(("in", "out")),
        )
        .limit(1)
    ).first()
    if row is None:
        return ""
    return str(row.edits[-1]["text"] if row.edits else row.text)


def _seq_of(connection: Connection, key: ConversationKey, message: str) -> int | None:
    named = connection.execute(
        select(messages.c.seq).where(
            messages.c.conversation == str(key),
            messages.c.external_id == message,
            messages.c.direction == "in",
        )
    ).scalar()
    if named is not None:
        return int(named)
    seq = own_seq(message)
    return seq if seq is not None and has(connection, key, seq) else None


def _names(connection: Connection, rows: Sequence[Any]) -> dict[int, str]:
    """The senders' own ids of the messages that these lines answer."""
    names = {row.seq: row.external_id for row in rows if row.direction == "in"}
    wanted = {seq for row in rows for seq in row.answers or ()} - names.keys()
    if wanted:
        named = connection.execute(
            select(messages.c.seq, messages.c.external_id).where(messages.c.seq.in_(wanted))
        )
        names |= {row.seq: row.external_id for row in named}
    return names


def _line(row: Any, names: dict[int, str]) -> Line:
    return Line(
        seq=row.seq,
        id=row.external_id if row.direction == "in" else own_id(row.seq),
        direction=row.direction,
        author=row.author,
        text=row.text,
        labels=tuple(button["label"] for button in row.buttons or ()),
        state=row.state,
        receipt=row.receipt,
        answers=tuple(names.get(seq, own_id(seq)) for seq in row.answers or ()),
        created_at=row.at,
    )


def last_heard(connection: Connection, key: ConversationKey) -> str:
    """The platform's id of the customer's newest message; "" without one."""
    newest = (
        select(messages.c.external_id)
        .where(messages.c.conversation == str(key), messages.c.direction == "in")
        .order_by(messages.c.seq.desc())
        .limit(1)
    )
    return connection.execute(newest).scalar() or ""
