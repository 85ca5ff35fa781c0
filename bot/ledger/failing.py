"""What follows from a send that failed: why is noted, staff are told, a lost chat is held back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, update

from bot.delivery.ports import LOOKING, WINDOW_CLOSED
from bot.ledger.conditions import CASE_IS_OPEN
from bot.ledger.staff_rows import tell
from bot.ledger.tables import cases, conversations, messages
from bot.outcome import Outgoing

BLOCKED = "blocked"


def fail(
    connection: Connection,
    seq: int,
    owner: str,
    state: str,
    reason: str,
    at: float,
    notice: Outgoing | None,
) -> None:
    """The send ended badly: note why, and let follow what follows from it.

    What is being looked up remembers in `until` since when.
    """
    failed = connection.execute(
        update(messages)
        .where(
            messages.c.seq == seq,
            messages.c.owner == owner,
            messages.c.state.in_(("sending", "unknown")),
        )
        .values(state=state, failure=reason, until=at if reason == LOOKING else 0)
        .returning(messages.c.conversation, messages.c.case_id, messages.c.turn_id, messages.c.text)
    ).first()
    if failed is not None:
        has_failed(connection, failed, reason, at, notice)


def has_failed(
    connection: Connection, row: Any, reason: str, at: float, notice: Outgoing | None
) -> None:
    """What a failure changes beside its own row, which has a conversation, case, turn and text."""
    if reason == BLOCKED:
        block(connection, row.conversation, at)
    elif reason == WINDOW_CLOSED:
        connection.execute(
            update(conversations).where(conversations.c.key == row.conversation).values(held=True)
        )
    if row.text and notice is not None:  # erased on its way: a notice would say it once more
        open_now = select(cases.c.id).where(cases.c.conversation == row.conversation, CASE_IS_OPEN)
        case = row.case_id or connection.execute(open_now).scalar()
        tell(connection, notice, case, at, row.turn_id)


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
        .values(state="failed", failure=BLOCKED)
    )
