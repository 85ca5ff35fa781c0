"""Who has waited for long without a word, and telling them so before their answer is there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from bot.intake.ports import Late
from bot.ledger.answers import Channels
from bot.ledger.conditions import ROW_IS_OPEN
from bot.ledger.locking import hold
from bot.ledger.opening import LONGEST_REST
from bot.ledger.tables import conversations, messages
from bot.model import ConversationKey, Limit
from bot.outcome import Outgoing

TOLD_SECONDS = 3_600.0  # for which nobody is told a second time
TOO_LATE_SECONDS = 12 * 3_600.0  # nobody looks at the chat any more, and WhatsApp may be closed


@lru_cache(maxsize=8)
def _late(channels: tuple[str, ...], *, of_one: bool) -> Select[Any]:
    """The chats of these channels whose oldest message waits; `of_one`: that chat alone.

    Nothing has been said in them since it came. What is over a limit waits for no answer.
    """
    of_chat = messages.c.conversation == bindparam("key") if of_one else true()
    oldest = (
        select(messages.c.conversation, func.min(messages.c.seq).label("seq"))
        .where(ROW_IS_OPEN, messages.c.direction == "in", of_chat)
        .where(messages.c.limit_verdict == Limit.PASS.value)
        .group_by(messages.c.conversation)
        .subquery()
    )
    said = messages.alias("said")
    return (
        select(
            conversations.c.key,
            conversations.c.language,
            conversations.c.pinned_language,
            conversations.c.epoch,
            messages.c.text,
        )
        .join(oldest, oldest.c.conversation == conversations.c.key)
        .join(messages, messages.c.seq == oldest.c.seq)
        .where(
            conversations.c.ownership == "bot",
            conversations.c.blocked_at.is_(None),
            messages.c.at.between(bindparam("now") - TOO_LATE_SECONDS, bindparam("before")),
            or_(
                conversations.c.slow_told_at <= bindparam("now") - TOLD_SECONDS,
                conversations.c.slow_told_at > bindparam("now"),  # the clock went back
            ),
            or_(*(conversations.c.key.startswith(f"{name}/") for name in channels)),
            ~exists().where(
                said.c.conversation == conversations.c.key,
                said.c.seq > oldest.c.seq,
                said.c.direction == "out",
                said.c.state != "superseded",  # taken back: nobody has heard it
            ),
        )
        .order_by(oldest.c.seq)
        .limit(bindparam("most"))
    )


def late(
    connection: Connection, before: float, now: float, channels: Sequence[str], most: int
) -> Sequence[Late]:
    """Chats in which something has waited since `before`, the longest waiting first."""
    wanted = {"before": before, "now": now, "most": most}
    rows = connection.execute(_late(tuple(channels), of_one=False), wanted)
    return [
        Late(
            ConversationKey.parse(row.key),
            row.text,
            row.language or "",
            bool(row.pinned_language),
        )
        for row in rows
    ]


def tell(
    connection: Connection,
    message: Outgoing,
    before: float,
    now: float,
    channels: Channels,
) -> bool:
    """Say it, unless the answer was faster, a person has the chat, or it was said already.

    Whoever settles the turn holds the conversation as well: this comes before the answer or not
    at all.
    """
    key = str(message.to)
    hold(connection, key)
    wanted = {"key": key, "before": before, "now": now, "most": 1}
    chat = connection.execute(_late((message.to.channel,), of_one=True), wanted).first()
    if chat is None:
        return False
    pulled = message.to.channel in channels.pulled
    marked = bool(message.marked) and not pulled
    connection.execute(
        insert(messages),
        {
            "conversation": key,
            "direction": "out",
            "state": "sent" if pulled else "pending",
            "author": message.author,
            "text": message.marked if marked else message.text,
            "marked": marked,
            "answers": [],
            "can_wait": message.urgency.can_wait,
            "epoch": chat.epoch,
            "at": now,
        },
    )
    connection.execute(
        update(conversations).where(conversations.c.key == key).values(slow_told_at=now)
    )
    return True


def behind(connection: Connection, now: float, nth: int) -> float:
    """For how many seconds the chat has waited that has waited `nth` longest; 0 if none has.

    Of those whom nobody serves: one that cannot be served at all says nothing of the others.
    """
    oldest = (
        select(messages.c.conversation, func.min(messages.c.seq).label("seq"))
        .where(ROW_IS_OPEN)
        .group_by(messages.c.conversation)
        .subquery()
    )
    at = connection.execute(
        select(messages.c.at)
        .join(oldest, oldest.c.seq == messages.c.seq)
        .join(conversations, conversations.c.key == oldest.c.conversation)
        .where(
            conversations.c.lease_until <= now,
            or_(conversations.c.retry_at <= now, conversations.c.retry_at > now + LONGEST_REST),
        )
        .order_by(oldest.c.seq)
        .offset(nth - 1)
        .limit(1)
    ).scalar()
    return 0.0 if at is None else max(now - at, 0.0)
