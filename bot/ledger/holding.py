"""Answers that a platform takes only once the customer has written again: kept, then sent."""

from __future__ import annotations

from sqlalchemy import Connection, exists, or_, select, update

from bot.delivery.ports import WINDOW_CLOSED
from bot.ledger.tables import CASE_IS_OPEN, cases, conversations, messages
from bot.outcome import STAFF_AUTHOR

HELD_SECONDS = 7 * 86_400.0  # after which an answer is no answer any more

# Not what was to ask them to write: they have, by the time it could be sent.
_HELD = (
    (messages.c.state == "failed")
    & (messages.c.failure == WINDOW_CLOSED)
    & messages.c.template.is_(None)
)


def release(connection: Connection, conversation: str, at: float) -> None:
    """The customer has written: what was kept for them goes out, in its old order.

    What a person wrote goes as long as their case is open; what the bot wrote unless a person has
    taken the chat since.
    """
    open_case = exists().where(cases.c.conversation == conversation, CASE_IS_OPEN)
    epoch = (
        select(conversations.c.epoch).where(conversations.c.key == conversation).scalar_subquery()
    )
    by_staff = messages.c.author == STAFF_AUTHOR
    connection.execute(
        update(messages)
        .where(
            messages.c.conversation == conversation,
            _HELD,
            messages.c.at > at - HELD_SECONDS,
            or_(by_staff & open_case, ~by_staff & (messages.c.epoch == epoch)),
        )
        .values(state="pending", failure="", owner="", until=0, epoch=epoch)
    )
    drop(connection, conversation)  # the rest was for a case that is over: not for the next one
    connection.execute(
        update(conversations).where(conversations.c.key == conversation).values(held=False)
    )


def drop(connection: Connection, conversation: str) -> None:
    """The case is over: what a person wrote for it is not said any more."""
    connection.execute(
        update(messages)
        .where(messages.c.conversation == conversation, _HELD, messages.c.author == STAFF_AUTHOR)
        .values(state="superseded")
    )
