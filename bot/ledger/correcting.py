"""A customer who goes on just after the burst was closed: the answer is taken back, if it can be.

Before an answer is written, settle sees the newer message and writes none. After that, accept of
the newer message takes the answer back, if nobody has seen any of it and it changed nothing else.
Either way the messages wait again, together with the newer one, and the turn's row stays in the
record. Whoever calls these holds the conversation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from bot.intake.joining import Waiting, corrects
from bot.intake.ports import Pauses, Settlement
from bot.ledger.conditions import IS_LEAVING, ROW_IS_OPEN
from bot.ledger.tables import messages, turns
from bot.model import ConversationKey, Incoming, Kind, Limit, Ownership
from bot.outcome import Outcome, Verdict

_FIRST_WAITING = (
    select(messages)
    .where(messages.c.conversation == bindparam("key"), ROW_IS_OPEN, messages.c.state == "waiting")
    .order_by(messages.c.seq)
    .limit(1)
)
_BEING_READ = (
    select(messages)
    .where(messages.c.conversation == bindparam("key"), ROW_IS_OPEN, messages.c.state == "in_turn")
    .order_by(messages.c.seq)
)
_WERE_READ = (
    select(messages)
    .where(
        messages.c.seq.in_(bindparam("seqs", expanding=True)),
        messages.c.conversation == bindparam("key"),
        messages.c.turn_id == bindparam("turn"),
    )
    .order_by(messages.c.seq)
)
_OPENED_AT = select(turns.c.opened_at).where(turns.c.id == bindparam("turn"))
_LAST_TURN = (
    select(turns.c.id, turns.c.state, turns.c.opened_at, turns.c.messages, turns.c.reopenable)
    .where(turns.c.conversation == bindparam("key"))
    .order_by(turns.c.id.desc())
    .limit(1)
)
_ANY_OPEN = (
    select(messages.c.seq).where(messages.c.conversation == bindparam("key"), ROW_IS_OPEN).limit(1)
)
# Not yet with the customer, by the index of the outbox. Parts leave in their order, and the first
# names what it answers: once that one has left, the rest names nothing.
_LEAVING = (
    select(messages.c.seq, messages.c.state, messages.c.answers)
    .where(
        messages.c.conversation == bindparam("key"),
        IS_LEAVING,
        messages.c.turn_id == bindparam("turn"),
    )
    .order_by(messages.c.seq)
    .with_for_update()  # no courier takes it now; one that has it already is waited for
)
_TAKE_BACK = (
    update(messages)
    .where(messages.c.seq.in_(bindparam("seqs", expanding=True)))
    .values(state="superseded")
)
_GIVE_BACK = (
    update(messages)
    .where(messages.c.seq.in_(bindparam("seqs", expanding=True)))
    .values(
        state="waiting", turn_id=None, verdict="", answered_by=None, reruns=messages.c.reruns + 1
    )
)


def waiting_of(row: Any) -> Waiting:
    """A stored message, as far as joining looks at it."""
    return Waiting(
        row.seq,
        Kind(row.kind),
        Limit(row.limit_verdict),
        row.identity,
        row.text,
        row.at,
        tuple(each["kind"] for each in row.media or ()),
        row.reruns,
    )


def only_speaks(outcome: Outcome, conversation: ConversationKey) -> bool:
    """Whether this answer can be taken back once it is written: nothing else hangs on it.

    What staff are shown of it would stay with them, so such an answer stays too.
    """
    return (
        outcome.verdict is Verdict.ANSWERED
        and not outcome.changes
        and all(message.to == conversation for message in outcome.sends)
    )


def corrected_before(connection: Connection, settlement: Settlement, pauses: Pauses) -> bool:
    """Give a decided turn's messages back, if a newer one that belongs to them waits.

    Its changes are not written yet, so they do not matter here: they will be decided anew.
    """
    turn = settlement.turn
    may_be = turn.act is None and turn.ownership is Ownership.BOT and pauses.correction
    if not may_be or settlement.outcome.verdict is not Verdict.ANSWERED:
        return False
    key = str(turn.conversation)
    newer = connection.execute(_FIRST_WAITING, {"key": key}).first()
    if newer is None:
        return False
    read = [waiting_of(row) for row in connection.execute(_BEING_READ, {"key": key})]
    closed_at = connection.execute(_OPENED_AT, {"turn": turn.id}).scalar_one()
    if not read or not corrects(read, waiting_of(newer), closed_at, pauses):
        return False
    _give_back(connection, read, turn.id, settled_at=settlement.at)
    return True


def correct_after(
    connection: Connection, message: Incoming, ownership: str, pauses: Pauses
) -> None:
    """Take the last answer back for a message that is just being accepted, if it may be.

    The message is not stored yet; nothing of the answer may have left, or be leaving.
    """
    may_be = ownership == Ownership.BOT and pauses.correction
    if not may_be or message.kind not in (Kind.TEXT, Kind.MEDIA):
        return
    key = str(message.conversation)
    last = connection.execute(_LAST_TURN, {"key": key}).first()
    if last is None or last.state != "settled" or not last.reopenable:
        return
    if message.received_at - last.opened_at > pauses.correction:
        return  # most messages
    if connection.execute(_ANY_OPEN, {"key": key}).first() is not None:
        return  # what waits already comes first
    this = {"key": key, "turn": last.id}
    answer = connection.execute(_LEAVING, this).all()
    if not answer or any(row.state != "pending" for row in answer):
        return
    rows = connection.execute(_WERE_READ, {**this, "seqs": answer[0].answers}).all()
    read = [waiting_of(row) for row in rows]
    if len(read) != last.messages or not corrects(read, _coming(message), last.opened_at, pauses):
        return
    connection.execute(_TAKE_BACK, {"seqs": [row.seq for row in answer]})
    _give_back(connection, read, last.id)


def _give_back(
    connection: Connection,
    read: Sequence[Waiting],
    turn: int,
    *,
    settled_at: float | None = None,
) -> None:
    """The messages wait again; the turn's row stays, marked, and so does what it has cost."""
    connection.execute(_GIVE_BACK, {"seqs": [each.seq for each in read]})
    values: dict[str, Any] = {"state": "superseded"}
    if settled_at is not None:
        values["settled_at"] = settled_at
    connection.execute(update(turns).where(turns.c.id == turn).values(**values))


def _coming(message: Incoming) -> Waiting:
    media = tuple(each.kind for each in message.media)
    return Waiting(
        0,
        message.kind,
        Limit.PASS,
        message.identity,
        message.text,
        message.received_at,
        media,
    )
