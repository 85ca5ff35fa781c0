"""The outbox: who may send which row, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

from sqlalchemy import (
    Connection,
    Select,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)

from bot.delivery.ports import Parcel
from bot.ledger.claims import supersede_bot_answers
from bot.ledger.conditions import IS_LEAVING, IS_PENDING, IS_SENDING
from bot.ledger.leases import leads
from bot.ledger.locking import hold_chat_of
from bot.ledger.parcels import PARCELS, parcel_from
from bot.ledger.recording import responded
from bot.ledger.tables import conversations, messages
from bot.model import ConversationKey
from bot.record import Responded

CARDS_FIRST_SECONDS = 180.0  # what staff are to see has waited its turn after that, card or not
LONGEST_WAIT = 86_400.0  # seconds; a wait that seems longer means that the clock went back

_TAKEN = PARCELS.where(messages.c.seq.in_(bindparam("seqs", expanding=True)))
# Not in order: SQLite would rather read all messages than sort these few.
_LAPSED = PARCELS.where(IS_LEAVING, IS_SENDING, messages.c.until <= bindparam("now"))
_TAKE = (
    update(messages)
    .where(messages.c.seq.in_(bindparam("seqs", expanding=True)), IS_PENDING)
    .values(
        state="sending",
        owner=bindparam("me"),
        until=bindparam("deadline"),
        attempt=messages.c.attempt + 1,
        receipt="",
    )
)


@lru_cache(maxsize=8)  # built once: it runs for every message that leaves
def _heads(channels: tuple[str, ...]) -> Select[tuple[int]]:
    """One pending row of each chat that may go, of these channels.

    The oldest; of what staff are to see, a card before the rest, for a while: nobody can take a
    case that is not shown. A card is the first of its case, so each case keeps its order.
    A chat goes before others if anything in it cannot wait: that may stand behind what can.
    """
    waited = messages.c.inside & (messages.c.at <= bindparam("now") - CARDS_FIRST_SECONDS)
    is_card = messages.c.inside & ~messages.c.can_wait
    waiting = (
        select(
            func.coalesce(
                func.min(case((IS_PENDING & waited, messages.c.seq))),
                func.min(case((IS_PENDING & is_card, messages.c.seq))),
                func.min(case((IS_PENDING, messages.c.seq))),
            ).label("head"),
            func.min(case((messages.c.can_wait, 1), else_=0)).label("can_wait"),
            func.max(case((IS_PENDING, 0), else_=1)).label("on_its_way"),
        )
        .where(IS_LEAVING)
        .group_by(messages.c.conversation)
        .subquery()
    )
    return (
        select(messages.c.seq)
        .join(waiting, waiting.c.head == messages.c.seq)
        .join(conversations, conversations.c.key == messages.c.conversation)
        .where(
            IS_PENDING,  # looked at once more when the row is held: another courier may have it
            waiting.c.on_its_way == 0,
            or_(
                messages.c.until <= bindparam("now"),
                messages.c.until > bindparam("now") + LONGEST_WAIT,
            ),
            messages.c.epoch == conversations.c.epoch,
            or_(*(messages.c.conversation.startswith(f"{name}/") for name in channels)),
            messages.c.conversation.not_in(bindparam("resting", expanding=True)),
        )
        .order_by(messages.c.inside, waiting.c.can_wait, messages.c.seq)
        .limit(bindparam("most"))
        .with_for_update(of=messages, skip_locked=True)
    )


def take(
    connection: Connection,
    owner: str,
    now: float,
    until: float,
    most: int,
    channels: Sequence[str],
    resting: Collection[ConversationKey] = (),
    *,
    leading: bool = False,
) -> Sequence[Parcel]:
    """Move the next pending row of each chat to sending.

    At most one row of a chat is on its way at a time, and only on the chat's present ownership
    epoch: a bot's answer never overtakes a claim. `until` on a pending row is a platform's wish
    to be left alone; it holds back that chat alone. What is shown to staff goes last, and what
    can wait behind what cannot.

    With `leading`, only the leader of a fleet may take anything: how fast it may go is counted
    in one process, and one that was stopped for a while may not know that it leads no more.
    """
    if leading and not leads(connection, owner, now):
        return ()
    wanted = {"now": now, "most": most, "resting": [str(chat) for chat in resting]}
    seqs = list(connection.execute(_heads(tuple(channels)), wanted).scalars())
    if not seqs:
        return ()
    connection.execute(_TAKE, {"seqs": seqs, "me": owner, "deadline": until})
    taken = {row.seq: parcel_from(row) for row in connection.execute(_TAKEN, {"seqs": seqs})}
    return [taken[seq] for seq in seqs]


def finish(
    connection: Connection, seq: int, owner: str, external_id: str, at: float
) -> Responded | None:
    """The row was sent, unless the sweep was faster; what that says of the response time.

    A late answer still settles a row that the sweep had called unknown: it is the truth. An id
    that the row bears already is the one of an attempt before this: that one has failed.
    """
    done = connection.execute(
        update(messages)
        .where(
            messages.c.seq == seq,
            messages.c.owner == owner,
            messages.c.state.in_(("sending", "unknown")),
            or_(messages.c.external_id == "", messages.c.external_id != external_id),
        )
        .values(state="sent", external_id=external_id, failure="", until=0)
        .returning(messages.c.turn_id, messages.c.part, messages.c.inside)
    ).first()
    if done is None or done.turn_id is None or done.part or done.inside:
        return None
    return responded(connection, done.turn_id, at)


def put_off(connection: Connection, seq: int, owner: str, until: float) -> None:
    """The platform asked for time: the row waits, and with it its chat.

    Also where the sweep was faster, after a pause of the whole program: it is certain that nothing
    was sent. Where a person took the chat meanwhile, what the bot had to say is not said any more;
    nor is what was erased meanwhile.
    """
    hold_chat_of(connection, seq)  # a claim that is being written is waited for
    waits = connection.execute(
        update(messages)
        .where(
            messages.c.seq == seq,
            messages.c.owner == owner,
            messages.c.state.in_(("sending", "unknown")),
        )
        .values(
            state=case((messages.c.text == "", "superseded"), else_="pending"),
            owner="",
            until=until,
            attempt=messages.c.attempt - 1,  # the platform never had it
        )
        .returning(messages.c.conversation)
    ).first()
    if waits is not None:
        supersede_bot_answers(connection, waits.conversation)


def lapsed(connection: Connection, now: float) -> list[tuple[Parcel, str]]:
    """Rows whose sender is long gone, with its name: never sent again blindly."""
    rows = connection.execute(_LAPSED, {"now": now}).all()
    return [(parcel_from(row), row.owner) for row in sorted(rows, key=lambda row: row.seq)]


def being_sent(connection: Connection, conversation: str) -> bool:
    """Whether a row of this chat is on its way right now."""
    return (
        connection.execute(
            select(messages.c.seq).where(
                messages.c.conversation == conversation, messages.c.state == "sending"
            )
        ).first()
        is not None
    )
