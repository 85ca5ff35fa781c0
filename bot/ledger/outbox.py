"""The outbox: who may send which row, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    update,
)

from bot.delivery.ports import Parcel
from bot.ledger.claims import supersede_bot_answers
from bot.ledger.recording import responded
from bot.ledger.rows import buttons_from
from bot.ledger.staff_rows import tell
from bot.ledger.tables import (
    CASE_IS_OPEN,
    IS_LEAVING,
    IS_PENDING,
    IS_SENDING,
    cases,
    conversations,
    messages,
)
from bot.model import ConversationKey
from bot.outcome import Outgoing
from bot.record import Responded

LONGEST_WAIT = 86_400.0  # seconds; a wait that seems longer means that the clock went back

_OPEN_CASE = (
    select(cases.c.id)
    .where(cases.c.conversation == messages.c.conversation, CASE_IS_OPEN)
    .scalar_subquery()
)
_next = messages.alias("next")
_MORE = (
    select(_next.c.seq)
    .where(
        _next.c.conversation == messages.c.conversation,
        _next.c.state == literal_column("'pending'"),
    )
    .exists()
)
# Not as a RETURNING clause: names of tables are left out there, and any open case would fit.
_PARCELS = select(
    messages.c.seq,
    messages.c.conversation,
    messages.c.text,
    messages.c.author,
    messages.c.buttons,
    messages.c.marked,
    messages.c.quote,
    messages.c.owner,
    func.coalesce(messages.c.case_id, _OPEN_CASE).label("about"),
    _MORE.label("more"),
    conversations.c.name,
).join(conversations, conversations.c.key == messages.c.conversation)
_TAKEN = _PARCELS.where(messages.c.seq.in_(bindparam("seqs", expanding=True))).order_by(
    messages.c.inside, messages.c.seq
)
# Not in order: SQLite would rather read all messages than sort these few.
_LAPSED = _PARCELS.where(IS_LEAVING, IS_SENDING, messages.c.until <= bindparam("now"))
_TAKE = (
    update(messages)
    .where(messages.c.seq.in_(bindparam("seqs", expanding=True)), IS_PENDING)
    .values(state="sending", owner=bindparam("me"), until=bindparam("deadline"))
)


@lru_cache(maxsize=8)  # built once: it runs for every message that leaves
def _heads(channels: tuple[str, ...]) -> Select[tuple[int]]:
    """The oldest pending row of each chat that may go, of these channels."""
    waiting = (
        select(
            func.min(case((IS_PENDING, messages.c.seq))).label("head"),
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
            waiting.c.on_its_way == 0,
            or_(
                messages.c.until <= bindparam("now"),
                messages.c.until > bindparam("now") + LONGEST_WAIT,
            ),
            messages.c.epoch == conversations.c.epoch,
            or_(*(messages.c.conversation.startswith(f"{name}/") for name in channels)),
            messages.c.conversation.not_in(bindparam("resting", expanding=True)),
        )
        .order_by(messages.c.inside, messages.c.seq)
        .limit(bindparam("most"))
    )


def take(
    connection: Connection,
    owner: str,
    now: float,
    until: float,
    most: int,
    channels: Sequence[str],
    resting: Collection[ConversationKey] = (),
) -> Sequence[Parcel]:
    """Move the oldest pending row of each chat to sending.

    At most one row of a chat is on its way at a time, and only on the chat's present ownership
    epoch: a bot's answer never overtakes a claim. `until` on a pending row is a platform's wish
    to be left alone; it holds back that chat alone. What is shown to staff goes last.
    """
    wanted = {"now": now, "most": most, "resting": [str(chat) for chat in resting]}
    seqs = list(connection.execute(_heads(tuple(channels)), wanted).scalars())
    if not seqs:
        return ()
    connection.execute(_TAKE, {"seqs": seqs, "me": owner, "deadline": until})
    return [_parcel(row) for row in connection.execute(_TAKEN, {"seqs": seqs})]


def _parcel(row: Any) -> Parcel:
    return Parcel(
        row.seq,
        ConversationKey.parse(row.conversation),
        row.text,
        row.author,
        buttons_from(row.buttons),
        marked=row.marked,
        quote=row.quote,
        case=row.about,
        name=row.name,
        more=row.more,
    )


def finish(
    connection: Connection, seq: int, owner: str, external_id: str, at: float
) -> Responded | None:
    """The row was sent, unless the sweep was faster; what that says of the response time.

    A late answer still settles a row that the sweep had called unknown: it is the truth.
    """
    done = connection.execute(
        update(messages)
        .where(
            messages.c.seq == seq,
            messages.c.owner == owner,
            messages.c.state.in_(("sending", "unknown")),
        )
        .values(state="sent", external_id=external_id, until=0)
        .returning(messages.c.turn_id, messages.c.part, messages.c.inside)
    ).first()
    if done is None or done.turn_id is None or done.part or done.inside:
        return None
    return responded(connection, done.turn_id, at)


def fail(
    connection: Connection,
    seq: int,
    owner: str,
    state: str,
    reason: str,
    at: float,
    notice: Outgoing | None,
) -> None:
    """The send ended badly: note why, hold back what else waits for a lost chat, tell staff."""
    failed = connection.execute(
        update(messages)
        .where(
            messages.c.seq == seq,
            messages.c.owner == owner,
            messages.c.state.in_(("sending", "unknown")),
        )
        .values(state=state, failure=reason, until=0)
        .returning(messages.c.conversation, messages.c.case_id, messages.c.turn_id, messages.c.text)
    ).first()
    if failed is None:
        return
    if reason == "blocked":
        block(connection, failed.conversation, at)
    if failed.text:  # erased on its way: a notice would say it once more
        _report(connection, failed, notice, at)


def block(connection: Connection, conversation: str, at: float) -> None:
    """The customer has shut us out: nothing automatic is tried until they write again.

    What a person has written is still tried, for its author hears that it did not arrive.
    """
    connection.execute(
        update(conversations).where(conversations.c.key == conversation).values(blocked_at=at)
    )
    connection.execute(
        update(messages)
        .where(
            messages.c.conversation == conversation,
            messages.c.state == "pending",
            messages.c.author != "staff",
        )
        .values(state="failed", failure="blocked")
    )


def put_off(connection: Connection, seq: int, owner: str, until: float) -> None:
    """The platform asked for time: the row waits, and with it its chat.

    Also where the sweep was faster, after a pause of the whole program: it is certain that nothing
    was sent. Where a person took the chat meanwhile, what the bot had to say is not said any more;
    nor is what was erased meanwhile.
    """
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
        )
        .returning(messages.c.conversation)
    ).first()
    if waits is not None:
        supersede_bot_answers(connection, waits.conversation)


def lapsed(connection: Connection, now: float) -> list[tuple[Parcel, str]]:
    """Rows whose sender is long gone, with its name: never sent again blindly."""
    rows = connection.execute(_LAPSED, {"now": now}).all()
    return [(_parcel(row), row.owner) for row in sorted(rows, key=lambda row: row.seq)]


def _report(connection: Connection, row: Any, notice: Outgoing | None, at: float) -> None:
    if notice is None:
        return
    open_now = select(cases.c.id).where(cases.c.conversation == row.conversation, CASE_IS_OPEN)
    case = row.case_id or connection.execute(open_now).scalar()
    tell(connection, notice, case, at, row.turn_id)


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
