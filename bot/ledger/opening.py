"""Begin: lease a conversation's line, and open its next turn once the burst is over.

Memory is read here, once, in the transaction that stamps the turn; nothing is read again until
the turn is settled.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from bot.book import Book
from bot.intake.joining import Writing, next_burst
from bot.intake.ports import Begun, Joining, Later, Nothing, Opened, Pauses
from bot.intake.rhythm import learnt, rhythm_from, rhythm_to
from bot.ledger.conditions import CASE_IS_OPEN, ROW_IS_OPEN
from bot.ledger.correcting import waiting_of
from bot.ledger.locking import hold
from bot.ledger.rows import (
    act_from,
    case_from,
    drafts_from,
    facts_from,
    form_from,
    incoming_from,
    said_from,
)
from bot.ledger.tables import cases, conversations, messages, turns
from bot.model import ConversationKey, Kind, KnownFacts, Limit, Ownership, Turn

WAITING_AT_ONCE = 100  # rows looked at when the next burst is chosen
DRAFTS_SECONDS = 3_600.0  # for which a draft that was not let out matters to whoever takes over
PAUSE_SLACK = 10.0  # seconds by which a lease outlives the pause that it was taken for
LONGEST_REST = 60.0  # seconds; a rest that seems longer means that the clock went back


@dataclass(frozen=True, slots=True)
class Opening:
    """How turns are opened; the same for every conversation."""

    pauses: Pauses
    lease_seconds: float  # of a turn: longer than it may take
    turn_seconds: float
    history_messages: int
    unjoined: frozenset[str] = frozenset()  # channels whose messages are whole as they come

    def pauses_in(self, conversation: ConversationKey) -> Pauses:
        """How a burst of this chat is joined."""
        alone = conversation.channel in self.unjoined
        return replace(self.pauses, join=False) if alone else self.pauses


# With its open case, of which there is one at the most.
_CONVERSATION = (
    select(
        conversations,
        cases.c.id,
        cases.c.status,
        cases.c.reason,
        cases.c.opened_at,
        cases.c.agent,
    )
    .select_from(conversations)
    .outerjoin(cases, (cases.c.conversation == conversations.c.key) & CASE_IS_OPEN)
    .where(conversations.c.key == bindparam("key"))
)
_OPEN_ROWS = (
    select(messages)
    .where(messages.c.conversation == bindparam("key"), ROW_IS_OPEN)
    # Who is told that too much waits is told so before all of it has been answered.
    .order_by(messages.c.limit_verdict != Limit.FULL.value, messages.c.seq)
    .limit(WAITING_AT_ONCE)
)
_HOW_MANY = (
    select(func.count())
    .select_from(messages)
    .where(messages.c.conversation == bindparam("key"), ROW_IS_OPEN, messages.c.direction == "in")
    .where(messages.c.limit_verdict == Limit.PASS.value)
)
_LEASE = (
    update(conversations)
    .where(conversations.c.key == bindparam("k"))
    .values(
        lease_owner=bindparam("owner"),
        lease_until=bindparam("until"),
        fence=conversations.c.fence + 1,
    )
)
# Finished lines only, so this turn's own messages are not among them. An answer given while they
# were arriving has a higher number than they have, and belongs to what was said before.
_HISTORY = (
    select(messages.c.author, messages.c.text, messages.c.at, messages.c.media)
    .where(
        messages.c.conversation == bindparam("key"),
        or_(
            (messages.c.direction == "in") & (messages.c.state == "done"),
            (messages.c.direction == "out")
            & (messages.c.state.in_(("sent", "sending", "pending"))),
        ),
    )
    .order_by(messages.c.seq.desc())
    .limit(bindparam("most"))
)
_UNANSWERED = (
    select(messages.c.seq)
    .where(
        messages.c.conversation == bindparam("key"),
        messages.c.direction == "in",
        messages.c.state == "done",
        messages.c.verdict == "relayed",
        messages.c.answered_by.is_(None),
    )
    .order_by(messages.c.seq)
)
_ADD_TURN = (
    insert(turns)
    .values(
        conversation=bindparam("conversation"),
        state="open",
        attempts=1,
        opened_at=bindparam("opened_at"),
    )
    .returning(turns.c.id)
)
_TAKE_ROW = (
    update(messages)
    .where(messages.c.seq == bindparam("taken"))
    .values(state="in_turn", turn_id=bindparam("turn"))
)


def begin(
    connection: Connection,
    key: ConversationKey,
    owner: str,
    now: float,
    book: Book,
    seed: int,
    opening: Opening,
) -> Begun:
    """Take the line if it is free and has work; say when to come back otherwise."""
    hold(connection, str(key))  # whoever accepts or claims meanwhile comes after
    conversation = connection.execute(_CONVERSATION, {"key": str(key)}).first()
    if conversation is None:
        return Nothing()
    if conversation.lease_owner not in ("", owner) and conversation.lease_until > now:
        return Later(conversation.lease_until)
    if now < conversation.retry_at < now + LONGEST_REST:
        return Later(conversation.retry_at)
    rows = connection.execute(_OPEN_ROWS, {"key": str(key)}).all()
    if not rows:
        return Nothing()
    ownership = Ownership(conversation.ownership)
    if ownership is Ownership.HUMAN:  # who reads all of it, and in its order
        rows = sorted(rows, key=lambda row: row.seq)
    taken = [row for row in rows if row.state == "in_turn"]
    visible = ownership is Ownership.BOT and rows[0].direction == "in"
    if not taken:
        writing = _writing(conversation, now)
        waiting = [waiting_of(row) for row in rows]
        burst = next_burst(waiting, opening.pauses_in(key), ownership, now, writing)
        taken = [row for row in rows if row.seq in burst.seqs]
        visible = visible and taken[0].limit_verdict == Limit.PASS
        if burst.closes_at > now:
            if conversation.lease_owner != owner or conversation.lease_until < burst.closes_at:
                lease(connection, key, owner, burst.closes_at + PAUSE_SLACK)
            return Joining(burst.closes_at, visible)
    lease(connection, key, owner, now + opening.lease_seconds)
    if taken[0].state == "waiting":
        _learn(connection, key, conversation, taken)
    turn_id, attempts, opened_first = stamp(connection, key, taken, now)
    turn = _turn(connection, key, conversation, taken, turn_id, now, book, seed, opening)
    return Opened(
        replace(turn, attempt=attempts),
        fence=conversation.fence + 1,
        attempts=attempts,
        opened_first=opened_first,
        visible=visible,
    )


def _writing(conversation: Any, now: float) -> Writing:
    """What a burst of this chat is judged by; in a group, no one person's way of writing is."""
    form = form_from(conversation.form)
    asked = form is not None and form.expires > now
    return Writing(rhythm_from(conversation.rhythm), asked)


def _learn(
    connection: Connection, key: ConversationKey, conversation: Any, rows: list[Any]
) -> None:
    """Remember the gaps of a burst that is read for the first time."""
    known = sum(1 for row in rows if row.reruns)  # learnt when these were read before
    typed = [row.at for row in rows[max(known - 1, 0) :] if row.kind == Kind.TEXT]
    if conversation.public or len(typed) < 2:
        return
    rhythm = learnt(rhythm_from(conversation.rhythm), typed)
    connection.execute(
        update(conversations)
        .where(conversations.c.key == str(key))
        .values(rhythm=rhythm_to(rhythm))
    )


def lease(connection: Connection, key: ConversationKey, owner: str, until: float) -> None:
    """The line is this owner's; the fence rises."""
    connection.execute(_LEASE, {"k": str(key), "owner": owner, "until": until})


def stamp(
    connection: Connection, key: ConversationKey, rows: list[Any], now: float
) -> tuple[int, int, float]:
    """Give the rows a turn; after a crash the same turn reopens with the same rows."""
    if rows[0].state == "in_turn":
        turn_id = rows[0].turn_id
        again = connection.execute(
            update(turns)
            .where(turns.c.id == turn_id)
            .values(attempts=turns.c.attempts + 1)
            .returning(turns.c.attempts, turns.c.opened_at)
        ).one()
        return turn_id, again.attempts, again.opened_at
    turn_id = connection.execute(
        _ADD_TURN, {"conversation": str(key), "opened_at": now}
    ).scalar_one()
    connection.execute(_TAKE_ROW, [{"taken": row.seq, "turn": turn_id} for row in rows])
    return turn_id, 1, now


def _turn(
    connection: Connection,
    key: ConversationKey,
    conversation: Any,
    rows: list[Any],
    turn_id: int,
    now: float,
    book: Book,
    seed: int,
    opening: Opening,
) -> Turn:
    act = act_from(rows[0]) if rows[0].direction == "act" else None
    history = connection.execute(
        _HISTORY,
        {"key": str(key), "most": opening.history_messages},
    ).all()
    unanswered = connection.execute(_UNANSWERED, {"key": str(key)}).scalars().all() if act else ()
    language = conversation.language
    limit = Limit(rows[0].limit_verdict)
    full = limit is Limit.FULL
    return Turn(
        id=turn_id,
        conversation=key,
        messages=() if act else tuple(incoming_from(row) for row in rows),
        act=act,
        history=tuple(map(said_from, reversed(history))),
        identity=rows[0].identity,
        ownership=Ownership(conversation.ownership),
        case=case_from(conversation) if conversation.id else None,
        tries=conversation.tries,
        limit=limit,
        retry_after=rows[0].retry_after,
        form=form_from(conversation.form),
        book=book,
        # What one person told is nothing that the others should hear.
        facts=KnownFacts() if conversation.public else facts_from(conversation.facts),
        language=language if language in book.languages else book.default_language,
        now=now,
        deadline=now + opening.turn_seconds,
        seed=seed,
        unanswered=tuple(unanswered),
        pinned_language=bool(conversation.pinned_language),
        name=conversation.name,
        public=bool(conversation.public),
        drafts=tuple(
            draft
            for draft in drafts_from(conversation.drafts)
            if 0.0 <= now - draft.at <= DRAFTS_SECONDS
        ),
        waiting=connection.execute(_HOW_MANY, {"key": str(key)}).scalar_one() if full else 0,
    )
