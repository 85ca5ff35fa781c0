"""Reads for `nightdesk dead`: what ended badly, and what has happened in its chat since."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from bot.desk.dead_letters import (
    DROPPED,
    NOBODY,
    DeadKind,
    DeadLetter,
    DeadList,
    DeadSend,
    DeadTurn,
    Since,
    Unread,
)
from bot.ledger.conditions import IS_DEAD, IS_UNDELIVERED
from bot.ledger.tables import cases, conversations, messages, quarantine, turns
from bot.model import ConversationKey, Ownership

MOST = 200  # on one list; its total says how many there are

IS_DEAD_TURN = IS_DEAD & (messages.c.verdict != DROPPED)
IS_DEAD_SEND = IS_UNDELIVERED & (messages.c.failure != DROPPED)


def dead_list(connection: Connection, kind: DeadKind) -> DeadList:
    """The newest ones of a kind, without a word of anybody."""
    if kind is DeadKind.TURNS:
        return _turns(connection)
    if kind is DeadKind.SENDS:
        return _sends(connection)
    total = connection.execute(select(func.count()).select_from(quarantine)).scalar_one()
    rows = connection.execute(_UNREAD.order_by(quarantine.c.id.desc()).limit(MOST))
    return DeadList(tuple(_unread(row, b"") for row in rows), total)


def dead_letter(connection: Connection, kind: DeadKind, number: int) -> DeadLetter | None:
    """One of them, with what it says; None where there is no such one."""
    if kind is DeadKind.TURNS:
        return _turn(connection, number, words=True)
    if kind is DeadKind.SENDS:
        row = connection.execute(_SENDS.where(messages.c.seq == number)).first()
        return _send(connection, row, words=True) if row else None
    return unread(connection, number)


def dead_counts(connection: Connection) -> dict[str, int]:
    """How many there are of each kind."""
    return {
        DeadKind.TURNS.value: _count_turns(connection),
        DeadKind.SENDS.value: _count(connection, IS_DEAD_SEND),
        DeadKind.UNREADABLE.value: connection.execute(
            select(func.count()).select_from(quarantine)
        ).scalar_one(),
    }


def said_since(connection: Connection, conversation: str, seq: int) -> Since:
    """The first answer to the customer of this chat after that row: a sentence of the system's,
    such as "a person will look at it", is none."""
    row = connection.execute(
        select(messages.c.author, messages.c.at)
        .where(
            messages.c.conversation == conversation,
            messages.c.seq > seq,
            messages.c.direction == "out",
            messages.c.inside.is_(False),
            messages.c.author != "system",
            messages.c.state.in_(("pending", "sending", "sent", "unknown")),
        )
        .order_by(messages.c.seq)
        .limit(1)
    ).first()
    return Since(row.author, row.at) if row else NOBODY


def holder_of(connection: Connection, conversation: str) -> str:
    """Who holds a chat; "" for the bot."""
    row = connection.execute(
        select(conversations.c.ownership, conversations.c.holder).where(
            conversations.c.key == conversation
        )
    ).first()
    return str(row.holder) if row and row.ownership == Ownership.HUMAN.value else ""


def _count(connection: Connection, which: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(messages).where(which)).scalar_one()


def _count_turns(connection: Connection) -> int:
    return connection.execute(
        select(func.count(messages.c.turn_id.distinct())).where(IS_DEAD_TURN)
    ).scalar_one()


def _turns(connection: Connection) -> DeadList:
    newest = connection.execute(
        select(messages.c.turn_id)
        .where(IS_DEAD_TURN, messages.c.turn_id.is_not(None))
        .group_by(messages.c.turn_id)
        .order_by(func.max(messages.c.seq).desc())
        .limit(MOST)
    ).scalars()
    each = (_turn(connection, number, words=False) for number in list(newest))
    return DeadList(tuple(turn for turn in each if turn), _count_turns(connection))


def _turn(connection: Connection, number: int, *, words: bool) -> DeadTurn | None:
    columns = [messages.c.seq, messages.c.conversation, messages.c.direction, messages.c.at]
    if words:
        columns += [messages.c.text, messages.c.button]
    rows = connection.execute(
        select(*columns).where(IS_DEAD_TURN, messages.c.turn_id == number).order_by(messages.c.seq)
    ).all()
    if not rows:
        return None
    turn = connection.execute(
        select(turns.c.attempts, turns.c.settled_at, turns.c.trail).where(turns.c.id == number)
    ).first()
    last, key = rows[-1], rows[0].conversation
    died_at = (turn.settled_at if turn else None) or last.at
    case = _case(connection, key, died_at)
    return DeadTurn(
        number=number,
        channel=ConversationKey.parse(key).channel,
        at=last.at,
        died_at=died_at,
        messages=len(rows),
        by_staff=rows[0].direction == "act",
        attempts=turn.attempts if turn else 0,
        error=str(((turn.trail if turn else None) or {}).get("error", "")),
        told=_told(connection, key, number),
        since=said_since(connection, key, last.seq),
        case=case.id if case else None,
        case_status=case.status if case else "",
        holder=holder_of(connection, key),
        words=tuple(row.text or row.button for row in rows) if words else (),
    )


def _told(connection: Connection, conversation: str, turn: int) -> str:
    """What became of the sentence that told the customer."""
    said = connection.execute(
        select(messages.c.state)
        .where(
            messages.c.conversation == conversation,
            messages.c.turn_id == turn,
            messages.c.direction == "out",
        )
        .limit(1)
    ).scalar()
    return said or ""


def _case(connection: Connection, conversation: str, at: float) -> Any:
    """The case that was open at that time."""
    return connection.execute(
        select(cases.c.id, cases.c.status)
        .where(
            cases.c.conversation == conversation,
            cases.c.opened_at <= at,
            or_(cases.c.resolved_at.is_(None), cases.c.resolved_at >= at),
        )
        .order_by(cases.c.id.desc())
        .limit(1)
    ).first()


_SENDS = select(
    messages.c.seq,
    messages.c.conversation,
    messages.c.at,
    messages.c.author,
    messages.c.inside,
    messages.c.state,
    messages.c.failure,
    messages.c.attempt,
    messages.c.text,
).where(IS_DEAD_SEND)


def _sends(connection: Connection) -> DeadList:
    rows = connection.execute(_SENDS.order_by(messages.c.seq.desc()).limit(MOST)).all()
    found = tuple(_send(connection, row, words=False) for row in rows)
    return DeadList(found, _count(connection, IS_DEAD_SEND))


def _send(connection: Connection, row: Any, *, words: bool) -> DeadSend:
    return DeadSend(
        number=row.seq,
        channel=ConversationKey.parse(row.conversation).channel,
        at=row.at,
        author=row.author,
        for_staff=row.inside,
        state=row.state,
        failure=row.failure,
        attempts=row.attempt,
        since=NOBODY if row.inside else said_since(connection, row.conversation, row.seq),
        holder=holder_of(connection, row.conversation),
        words=(row.text,) if words else (),
    )


_UNREAD = select(
    quarantine.c.id,
    quarantine.c.channel,
    quarantine.c.at,
    quarantine.c.reason,
    quarantine.c.size,
    func.length(quarantine.c.body).label("kept"),
)


def unread(connection: Connection, number: int) -> Unread | None:
    """An unreadable delivery, with its body as far as it was kept."""
    row = connection.execute(
        _UNREAD.add_columns(quarantine.c.body).where(quarantine.c.id == number)
    ).first()
    return _unread(row, row.body) if row else None


def newest_unread(connection: Connection) -> int:
    """The number of the last one; 0 where there is none."""
    return connection.execute(select(func.max(quarantine.c.id))).scalar() or 0


def unread_again(connection: Connection, body: bytes, after: int) -> list[int]:
    """The same delivery, put away once more after that number."""
    return list(
        connection.execute(
            select(quarantine.c.id).where(quarantine.c.id > after, quarantine.c.body == body)
        ).scalars()
    )


def _unread(row: Any, body: bytes) -> Unread:
    whole = row.kept == row.size and row.size > 0
    return Unread(row.id, row.channel, row.at, row.reason, row.size, whole, body)
