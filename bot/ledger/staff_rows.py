"""What staff are to see becomes rows of the outbox, joined where they cannot keep up."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select, update

from bot.delivery.ports import AGAIN
from bot.ledger.conditions import IS_LEAVING
from bot.ledger.locking import hold
from bot.ledger.rows import buttons_to
from bot.ledger.tables import conversations, messages
from bot.ledger.upsert import upsert
from bot.outcome import Outgoing

JOINED_UNITS = 3_000  # of UTF-16, in one message to staff that are not keeping up


def tell(
    connection: Connection,
    message: Outgoing,
    case: int | None,
    at: float,
    turn: int | None = None,
) -> None:
    """Put something for staff into the outbox; `case` is what a reply to it will mean.

    `turn` is the one whose words it repeats: they are erased together.
    """
    row: dict[str, Any] = {
        "conversation": str(message.to),
        "direction": "out",
        "state": "pending",
        "author": message.author,
        "text": message.text,
        "buttons": buttons_to(message.buttons),
        "answers": [],
        "case_id": case if message.shows_case else None,
        "turn_id": turn,
        "inside": True,
        "can_wait": message.urgency.can_wait,
        "at": at,
    }
    know(connection, row["conversation"], at)
    if row["case_id"] is None or not joined(connection, row):
        connection.execute(insert(messages), row)


def joined(connection: Connection, row: dict[str, Any]) -> bool:
    """Add to what still waits to be shown of the same case, so that a busy chat keeps up.

    What is repeated stays alone: it is repeated once only, and what is new must not share that.
    """
    if row["text"].startswith(AGAIN):
        return False
    last = connection.execute(
        select(messages.c.seq, messages.c.state, messages.c.text)
        .where(
            messages.c.conversation == row["conversation"],
            messages.c.case_id == row["case_id"],
            IS_LEAVING,
        )
        .order_by(messages.c.seq.desc())
        .limit(1)
        .with_for_update()  # so that no courier takes it while words are added
    ).first()
    if last is None or last.state != "pending" or last.text.startswith(AGAIN):
        return False
    text = f"{last.text}\n{row['text']}"
    if len(text.encode("utf-16-le", "surrogatepass")) > 2 * JOINED_UNITS:
        return False
    connection.execute(update(messages).where(messages.c.seq == last.seq).values(text=text))
    return True


def know(connection: Connection, conversation: str, at: float) -> None:
    """Make sure that a chat which we write to first has its row, and hold it.

    Several turns show something in one staff chat: numbers are to rise as rows become visible.
    """
    connection.execute(
        upsert(conversations).values(key=conversation, last_in_at=at).on_conflict_do_nothing()
    )
    hold(connection, conversation)
