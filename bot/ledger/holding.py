"""Answers that a platform takes only once the customer has written again: kept, then sent."""

from __future__ import annotations

from sqlalchemy import Connection, or_, select, update

from bot.delivery.ports import WINDOW_CLOSED
from bot.ledger.claims import forget_answers
from bot.ledger.tables import conversations, messages
from bot.outcome import STAFF_AUTHOR

HELD_SECONDS = 7 * 86_400.0  # after which an answer is no answer any more

# Not what was to ask them to write: they have, by the time it could be sent.
_HELD = (
    (messages.c.state == "failed")
    & (messages.c.failure == WINDOW_CLOSED)
    & messages.c.template.is_(None)
    & (messages.c.text != "")  # the customer had it deleted
)


def release(connection: Connection, conversation: str, at: float) -> None:
    """The customer has written: what was kept for them goes out, in its old order.

    What a person wrote goes even if their case is over: it was promised, and the line that closed
    the case follows it. What the bot wrote goes unless a person has taken the chat since.
    """
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
            or_(by_staff, messages.c.epoch == epoch),
        )
        .values(state="pending", failure="", owner="", until=0, epoch=epoch)
    )
    # What is left is too old, or would be the bot speaking over a person.
    left = connection.execute(
        update(messages)
        .where(messages.c.conversation == conversation, _HELD)
        .values(state="superseded")
        .returning(messages.c.seq)
    )
    forget_answers(connection, conversation, left.scalars().all())
    connection.execute(
        update(conversations).where(conversations.c.key == conversation).values(held=False)
    )
