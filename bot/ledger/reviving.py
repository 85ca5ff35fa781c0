"""Dead letters brought back, or let be for good. Nothing is repeated blindly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from bot.delivery.ports import LOOKING, WINDOW_CLOSED
from bot.desk.dead_letters import DROPPED, DeadKind, Replay, Revival, Revived
from bot.ledger.accept import count
from bot.ledger.dead import IS_DEAD_SEND, IS_DEAD_TURN, holder_of, said_since
from bot.ledger.locking import hold
from bot.ledger.tables import conversations, messages, quarantine
from bot.model import ConversationKey
from bot.outcome import STAFF_AUTHOR

GONE = Revived(Revival.GONE)


def replay(connection: Connection, wanted: Replay) -> Revived:
    """Back into the line, or into the outbox."""
    if wanted.kind is DeadKind.TURNS:
        return _replay_turn(connection, wanted)
    return _replay_send(connection, wanted)


def _replay_turn(connection: Connection, wanted: Replay) -> Revived:
    """Its messages wait again, at their old place: before everything that came after them.

    They are given a new turn, whose answer names them: no answer has named them so far.
    """
    these = IS_DEAD_TURN & (messages.c.turn_id == wanted.number)
    key = connection.execute(select(messages.c.conversation).where(these).limit(1)).scalar()
    if key is None:
        return GONE
    hold(connection, key)
    found = connection.execute(
        select(
            func.max(messages.c.seq).label("last"), func.min(messages.c.direction).label("who")
        ).where(these)
    ).one()
    if found.last is None:  # somebody else was faster
        return GONE
    if not wanted.again:
        if found.who == "act":
            return Revived(Revival.ACT)
        if refusal := _in_the_way(connection, key, found.last):
            return refusal
    connection.execute(
        update(messages).where(these).values(state="waiting", verdict="", turn_id=None, reruns=0)
    )
    return Revived(Revival.DONE, ConversationKey.parse(key))


def _replay_send(connection: Connection, wanted: Replay) -> Revived:
    """It waits to be sent again, on the chat's present epoch."""
    this = IS_DEAD_SEND & (messages.c.seq == wanted.number)
    key = connection.execute(select(messages.c.conversation).where(this)).scalar()
    if key is None:
        return GONE
    hold(connection, key)
    row = connection.execute(
        select(
            messages.c.state,
            messages.c.failure,
            messages.c.author,
            messages.c.inside,
            messages.c.text,
            messages.c.template,
        ).where(this)
    ).first()
    if row is None:
        return GONE
    if refusal := _not_to_be_sent(row, wanted):
        return refusal
    if not wanted.again and not row.inside:
        refusal = _in_the_way(connection, key, wanted.number)
        by_staff = row.author == STAFF_AUTHOR
        if refusal and not (by_staff and refusal.what is Revival.HELD):
            return refusal
    epoch = select(conversations.c.epoch).where(conversations.c.key == key).scalar_subquery()
    connection.execute(
        update(messages)
        .where(this)
        .values(state="pending", failure="", owner="", until=0, epoch=epoch)
    )
    return Revived(Revival.DONE, ConversationKey.parse(key))


def _not_to_be_sent(row: Any, wanted: Replay) -> Revived | None:
    if not row.text and row.template is None:
        return Revived(Revival.ERASED)
    if row.state == "failed" and row.failure == WINDOW_CLOSED:
        return Revived(Revival.KEPT)
    if row.state == "unknown" and row.failure == LOOKING:
        return Revived(Revival.LOOKING)
    if row.state == "unknown" and not wanted.not_arrived:
        return Revived(Revival.ARRIVED)
    return None


def _in_the_way(connection: Connection, key: str, seq: int) -> Revived | None:
    """Why it may be too late: something else was said, or a person is speaking now."""
    since = said_since(connection, key, seq)
    if since.author:
        return Revived(Revival.ANSWERED, by=since.author)
    if holder := holder_of(connection, key):
        return Revived(Revival.HELD, by=holder)
    return None


def drop(connection: Connection, kind: DeadKind, numbers: Sequence[int], at: float) -> int:
    """Let them be; how many there were. Words stay where they are, but for unreadable ones."""
    wanted = list(numbers)
    if kind is DeadKind.TURNS:
        dropped = (
            connection.execute(
                update(messages)
                .where(IS_DEAD_TURN, messages.c.turn_id.in_(wanted))
                .values(verdict=DROPPED)
                .returning(messages.c.turn_id)
            )
            .scalars()
            .all()
        )
        done = len(set(dropped))
    elif kind is DeadKind.SENDS:
        done = connection.execute(
            update(messages)
            # What is being looked up is not over; what is found is told to staff.
            .where(IS_DEAD_SEND, messages.c.failure != LOOKING, messages.c.seq.in_(wanted))
            .values(failure=DROPPED)
        ).rowcount
    else:
        done = connection.execute(delete(quarantine).where(quarantine.c.id.in_(wanted))).rowcount
    for _ in range(done):
        count(connection, f"{DROPPED}.{kind.value}", at)
    return done
