"""What a unit of work must hold before it acts on what it has read.

On SQLite there is one writer and nothing to hold. On PostgreSQL units run side by side: one that
reads a row and then writes because of it holds that row's conversation, or whatever name stands
for it, until its transaction ends. Several are held in this order: conversations, then names.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, func, literal, select

from bot.ledger.tables import conversations, messages

_HOLD = select(literal(1)).where(conversations.c.key == bindparam("key")).with_for_update()
_HOLD_CHAT_OF = (
    select(literal(1))
    .where(
        conversations.c.key
        == select(messages.c.conversation)
        .where(messages.c.seq == bindparam("seq"))
        .scalar_subquery()
    )
    .with_for_update(of=conversations)
)
_HOLD_NAME = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0)))


def hold(connection: Connection, conversation: str) -> None:
    """Nobody else changes this conversation until the unit is over."""
    if several_writers(connection):
        connection.execute(_HOLD, {"key": conversation})


def hold_chat_of(connection: Connection, seq: int) -> None:
    """The same for the conversation of a message; before the message itself is touched."""
    if several_writers(connection):
        connection.execute(_HOLD_CHAT_OF, {"seq": seq})


def hold_name(connection: Connection, name: str) -> None:
    """Nobody else who holds this name goes on until the unit is over; it needs no row."""
    if several_writers(connection):
        connection.execute(_HOLD_NAME, {"name": name})


def several_writers(connection: Connection) -> bool:
    """Whether units run side by side on this database."""
    return connection.dialect.name != "sqlite"
