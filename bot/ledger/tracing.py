"""Where a message went: its row, its turn, what was said to it. No text is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, or_, select

from bot.delivery.transcript import own_id, own_seq
from bot.ledger.tables import cases, conversations, messages, turns
from bot.trace import CaseTrace, MessageTrace, Trace, TurnTrace

MOST_CANDIDATES = 50
MOST_ROWS = 200  # of one turn

_ROWS: Select[Any] = select(
    messages.c.seq,
    messages.c.external_id,
    messages.c.conversation,
    messages.c.direction,
    messages.c.kind,
    messages.c.author,
    messages.c.state,
    messages.c.verdict,
    messages.c.at,
    messages.c.turn_id,
    messages.c.part,
    messages.c.failure,
    messages.c.receipt,
    messages.c.answered_by,
    messages.c.act,
    messages.c.limit_verdict,
    messages.c.retry_after,
)


def candidates(connection: Connection, named: str) -> list[MessageTrace]:
    """Every message that may be meant, the newest first.

    Our own id ("nd_12") names one message, whoever else has chosen the same for another; a bare
    number that nobody's platform knows is taken for ours, as logs write it.
    """
    try:
        named.encode()
    except UnicodeEncodeError:  # bytes of a command line that are no text name nothing
        return []
    own = own_seq(named)
    if own is not None and (found := _by_seq(connection, own)):
        return [found]
    rows = connection.execute(
        _ROWS.where(messages.c.external_id == named)
        .order_by(messages.c.seq.desc())
        .limit(MOST_CANDIDATES)
    )
    known = [_message(row) for row in rows] if named else []
    if not known and named.isascii() and named.isdecimal():
        bare = _by_seq(connection, int(named)) if len(named) < 19 else None
        return [bare] if bare else []
    return known


def found_and_traced(
    connection: Connection, named: str
) -> tuple[Sequence[MessageTrace], Trace | None]:
    """The messages of that name, and everything around it where there is one."""
    found = candidates(connection, named)
    return found, trace(connection, found[0]) if len(found) == 1 else None


def trace(connection: Connection, message: MessageTrace) -> Trace:
    """Everything around a message."""
    chat = connection.execute(
        select(conversations.c.holder, conversations.c.retry_at).where(
            conversations.c.key == message.conversation
        )
    ).first()
    turn = _turn(connection, message.turn)
    rows: list[MessageTrace] = []
    if message.turn is not None:
        found = connection.execute(
            _ROWS.where(messages.c.turn_id == message.turn)
            .order_by(messages.c.seq)
            .limit(MOST_ROWS)
        )
        rows = [_message(row) for row in found]
    return Trace(
        message,
        turn,
        batch=tuple(row for row in rows if row.direction != "out"),
        sends=tuple(row for row in rows if row.direction == "out") or _sent_alone(message),
        case=_case(connection, message, turn),
        holder=chat.holder if chat else "",
        resting=chat.retry_at if chat else 0.0,
    )


def _sent_alone(message: MessageTrace) -> tuple[MessageTrace, ...]:
    """A notice belongs to no turn."""
    return (message,) if message.direction == "out" else ()


def _by_seq(connection: Connection, seq: int) -> MessageTrace | None:
    row = connection.execute(_ROWS.where(messages.c.seq == seq)).first()
    return _message(row) if row else None


def _message(row: Any) -> MessageTrace:
    incoming = row.direction == "in"
    return MessageTrace(
        seq=row.seq,
        id=row.external_id if row.direction != "out" and row.external_id else own_id(row.seq),
        conversation=row.conversation,
        direction=row.direction,
        kind=row.kind,
        author=row.author,
        state=row.state,
        verdict=row.verdict,
        at=row.at,
        turn=row.turn_id,
        part=row.part,
        failure=row.failure,
        receipt=row.receipt,
        answered_by=row.answered_by,
        action=str((row.act or {}).get("action", "")),
        limit=row.limit_verdict if incoming else "",
        retry_after=row.retry_after,
    )


def _turn(connection: Connection, turn: int | None) -> TurnTrace | None:
    row = connection.execute(select(turns).where(turns.c.id == turn)).first()
    if row is None:
        return None
    return TurnTrace(
        id=row.id,
        conversation=row.conversation,
        state=row.state,
        attempts=row.attempts,
        opened_at=row.opened_at,
        settled_at=row.settled_at,
        accepted_at=row.accepted_at,
        responded_at=row.responded_at,
        verdict=row.verdict,
        reason=row.reason,
        answered_by=row.answered_by,
        model=row.model,
        fallback=row.fallback,
        trail=row.trail or {},
    )


def _case(
    connection: Connection, message: MessageTrace, turn: TurnTrace | None
) -> CaseTrace | None:
    """The case that was open when the turn was settled, the one that it opened included."""
    at = (turn.settled_at if turn else None) or message.at
    row = connection.execute(
        select(cases.c.id, cases.c.status, cases.c.reason, cases.c.agent)
        .where(
            cases.c.conversation == (turn.conversation if turn else message.conversation),
            cases.c.opened_at <= at,
            or_(cases.c.resolved_at.is_(None), cases.c.resolved_at >= at),
        )
        .order_by(cases.c.id.desc())
        .limit(1)
    ).first()
    return CaseTrace(row.id, row.status, row.reason, row.agent) if row else None
