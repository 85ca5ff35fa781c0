"""People under several names: a telephone number, and an id that hides it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from bot.intake.ports import Person
from bot.ledger.locking import hold_name
from bot.ledger.tables import conversations, identities
from bot.ledger.upsert import upsert
from bot.model import ConversationKey, Ownership

NUMBER = "+"  # a name that begins with it is a telephone number


def look(
    connection: Connection, chat: ConversationKey, names: Sequence[str]
) -> tuple[Person, tuple[str, ...]]:
    """Who writes under these names, and which of the names are not known yet."""
    rows = connection.execute(
        select(identities.c.name, identities.c.chat).where(
            identities.c.channel == chat.channel,
            identities.c.account == chat.account,
            identities.c.name.in_(names),
        )
    )
    homes = {row.name: row.chat for row in rows}
    home = next((homes[name] for name in names if name in homes), None)
    if home is None:
        home = chat.chat if len(names) == 1 else _served(connection, chat, names)
    new = tuple(name for name in names if name not in homes) if len(names) > 1 else ()
    at_home = replace(chat, chat=home)
    return Person(at_home, _best(connection, at_home, names)), new


def remember(
    connection: Connection, chat: ConversationKey, names: Sequence[str], at: float
) -> Person:
    """The same, and the names are known from now on."""
    for name in sorted(names):
        hold_name(connection, f"{chat.channel}/{chat.account}/{name}")
    person, new = look(connection, chat, names)
    for name in new:
        connection.execute(
            upsert(identities)
            .values(
                channel=chat.channel,
                account=chat.account,
                name=name,
                chat=person.chat.chat,
                at=at,
            )
            .on_conflict_do_nothing()
        )
    return person


def is_named(connection: Connection, chat: ConversationKey, name: str) -> bool:
    """Whether the person of this chat is known under that name, too."""
    known = connection.execute(
        select(identities.c.chat).where(
            identities.c.channel == chat.channel,
            identities.c.account == chat.account,
            identities.c.name == name,
        )
    ).scalar()
    return known == chat.chat


def names_of(connection: Connection, chat: ConversationKey) -> Sequence[str]:
    """All names under which the person of this chat is known; none for somebody with one name."""
    return (
        connection.execute(
            select(identities.c.name).where(
                identities.c.channel == chat.channel,
                identities.c.account == chat.account,
                identities.c.chat == chat.chat,
            )
        )
        .scalars()
        .all()
    )


def _served(connection: Connection, chat: ConversationKey, names: Sequence[str]) -> str:
    """The name under which this person has a chat already; its own where there is none.

    Of several, the one that somebody of the team holds, or else the one that was written in last:
    the talk goes on there.
    """
    keys = {str(replace(chat, chat=name)): name for name in names}
    there = connection.execute(
        select(conversations.c.key, conversations.c.ownership, conversations.c.last_in_at).where(
            conversations.c.key.in_(keys)
        )
    ).all()
    if not there:
        return chat.chat
    live = max(there, key=lambda row: (row.ownership == Ownership.HUMAN, row.last_in_at))
    return keys[live.key]


def _best(connection: Connection, chat: ConversationKey, names: Sequence[str]) -> str:
    """A telephone number, because that is what a business knows its customers by."""
    if number := next((name for name in names if name.startswith(NUMBER)), ""):
        return number
    if chat.chat.startswith(NUMBER):
        return chat.chat
    found = connection.execute(
        select(identities.c.name).where(
            identities.c.channel == chat.channel,
            identities.c.account == chat.account,
            identities.c.chat == chat.chat,
            identities.c.name.startswith(NUMBER),
        )
    ).scalar()
    return found or chat.chat
