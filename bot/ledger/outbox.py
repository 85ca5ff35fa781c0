"""The outbox: who may send which row, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, exists, func, or_, select, update

from bot.delivery.ports import Parcel
from bot.ledger.rows import buttons_from
from bot.ledger.tables import conversations, messages
from bot.model import ConversationKey


def take(
    connection: Connection,
    owner: str,
    now: float,
    until: float,
    most: int,
    channels: Sequence[str],
) -> Sequence[Parcel]:
    """Move the oldest pending row of each chat to sending.

    At most one row of a chat is on its way at a time, and only on the chat's present ownership
    epoch: a bot's answer never overtakes a claim. `until` on a pending row is a platform's wish
    to be left alone; it holds back that chat alone.
    """
    row, on_its_way = messages.alias("row"), messages.alias("on_its_way")
    first_of_chat = (
        select(func.min(messages.c.seq))
        .where(messages.c.conversation == row.c.conversation, messages.c.state == "pending")
        .scalar_subquery()
    )
    ready = connection.execute(
        select(row.c.seq)
        .join(conversations, conversations.c.key == row.c.conversation)
        .where(
            row.c.state == "pending",
            row.c.until <= now,
            or_(*(row.c.conversation.startswith(f"{name}/") for name in channels)),
            row.c.seq == first_of_chat,
            row.c.epoch == conversations.c.epoch,
            ~exists().where(
                and_(
                    on_its_way.c.conversation == row.c.conversation,
                    on_its_way.c.state == "sending",
                )
            ),
        )
        .order_by(row.c.seq)
        .limit(most)
    ).scalars()
    seqs = list(ready)
    if not seqs:
        return ()
    rows = connection.execute(
        update(messages)
        .where(messages.c.seq.in_(seqs), messages.c.state == "pending")
        .values(state="sending", owner=owner, until=until)
        .returning(
            messages.c.seq,
            messages.c.conversation,
            messages.c.text,
            messages.c.author,
            messages.c.buttons,
        )
    )
    parcels = [
        Parcel(
            each.seq,
            ConversationKey.parse(each.conversation),
            each.text,
            each.author,
            buttons_from(each.buttons),
        )
        for each in rows
    ]
    return sorted(parcels, key=lambda parcel: parcel.seq)


def finish(connection: Connection, seq: int, owner: str, state: str, external_id: str = "") -> bool:
    """The send ended in `sent`, `failed` or `unknown`; False when the sweep was faster.

    A late answer still settles a row that the sweep had called unknown: it is the truth.
    """
    done = connection.execute(
        update(messages)
        .where(
            messages.c.seq == seq,
            messages.c.owner == owner,
            messages.c.state.in_(("sending", "unknown")),
        )
        .values(state=state, external_id=external_id, until=0)
    )
    return bool(done.rowcount)


def put_off(connection: Connection, seq: int, owner: str, until: float) -> None:
    """The platform asked for time: the row waits, and with it its chat."""
    connection.execute(
        update(messages)
        .where(messages.c.seq == seq, messages.c.owner == owner, messages.c.state == "sending")
        .values(state="pending", owner="", until=until)
    )


def sweep_sending(connection: Connection, now: float) -> int:
    """Rows whose sender is long gone may have arrived: `unknown`, never sent again blindly."""
    swept = connection.execute(
        update(messages)
        .where(messages.c.state == "sending", messages.c.until <= now)
        .values(state="unknown")
    )
    return swept.rowcount


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
