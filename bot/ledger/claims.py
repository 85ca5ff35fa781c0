"""Claim: a person takes the chat, and from this transaction on the bot says nothing in it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from bot.ledger.tables import cases, conversations, messages, turns


def claim(connection: Connection, case: int, conversation: str, agent: str, at: float) -> None:
    """Raise epoch and fence, clear the lease, and put the running turn's messages back.

    The turn that was being decided fails on the fence when it tries to settle; its messages then
    pass YieldToHuman. A staff answer that still waits in the outbox keeps going.
    """
    connection.execute(
        update(conversations)
        .where(conversations.c.key == conversation)
        .values(
            ownership="human",
            holder=agent,
            epoch=conversations.c.epoch + 1,
            fence=conversations.c.fence + 1,
            lease_owner="",
            lease_until=0,
            retry_at=0,
        )
    )
    connection.execute(
        update(cases)
        .where(cases.c.id == case)
        .values(status="claimed", agent=agent, claimed_at=at, resolved_at=None)
    )
    supersede_bot_answers(connection, conversation)
    reopen_running_turn(connection, conversation)


def supersede_bot_answers(connection: Connection, conversation: str) -> None:
    """Take back what was written before the last claim and still waits to be sent.

    What a person wrote goes on. Otherwise a row of an older epoch would hold up its chat for ever.
    """
    epoch = (
        select(conversations.c.epoch).where(conversations.c.key == conversation).scalar_subquery()
    )
    pending = (
        (messages.c.conversation == conversation)
        & (messages.c.state == "pending")
        & (messages.c.epoch != epoch)
    )
    silenced = (
        connection.execute(
            update(messages)
            .where(pending, messages.c.author != "staff")
            .values(state="superseded")
            .returning(messages.c.seq)
        )
        .scalars()
        .all()
    )
    forget_answers(connection, conversation, silenced)
    connection.execute(
        update(messages).where(pending, messages.c.author == "staff").values(epoch=epoch)
    )


def forget_answers(connection: Connection, conversation: str, superseded: Sequence[int]) -> None:
    """What these rows had answered has no answer now: the next person's reply will name it."""
    if superseded:
        connection.execute(
            update(messages)
            .where(messages.c.conversation == conversation, messages.c.answered_by.in_(superseded))
            .values(answered_by=None, verdict="relayed")
        )


def reopen_running_turn(connection: Connection, conversation: str) -> None:
    """Put the rows of the turn that is being decided back into the line."""
    taken = (
        connection.execute(
            update(messages)
            .where(messages.c.conversation == conversation, messages.c.state == "in_turn")
            .values(state="waiting", turn_id=None)
            .returning(messages.c.seq)
        )
        .scalars()
        .all()
    )
    if taken:
        connection.execute(
            update(turns)
            .where(turns.c.conversation == conversation, turns.c.state == "open")
            .values(state="superseded")
        )
