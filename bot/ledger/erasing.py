"""Erase: what one customer said, and what staff were shown of it. Numbers stay, words go."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, delete, or_, select, update

from bot.ledger.accept import count
from bot.ledger.identities import names_of
from bot.ledger.tables import cases, messages, quarantine, turns
from bot.model import Turn


def erase(connection: Connection, turn: Turn) -> None:
    """Delete what was said; messages that no turn has taken yet are a new conversation."""
    key = str(turn.conversation)
    said = (messages.c.conversation == key) & messages.c.state.not_in(("waiting", "in_turn"))
    _count_erased(connection, said)
    connection.execute(delete(messages).where(said))
    connection.execute(
        update(messages)
        .where(messages.c.seq.in_(turn.answers))
        .values(text="/forget", button="", quoted="", media=None)
    )
    connection.execute(
        update(cases).where(cases.c.conversation == key).values(details={}, drafts=None)
    )
    # Of what could not be read, the thread is not known, nor whose other name it came under.
    here = replace(turn.conversation, thread="")
    names = (here.chat, *names_of(connection, here))
    chats = (key, *(str(replace(here, chat=name)) for name in names))
    connection.execute(delete(quarantine).where(quarantine.c.conversation.in_(chats)))
    _erase_what_staff_were_shown(connection, key)


def _count_erased(connection: Connection, said: ColumnElement[bool]) -> None:
    """How many messages there were goes on counting, day by day, for the report."""
    rows = connection.execute(
        select(messages.c.at, messages.c.state).where(said, messages.c.direction == "in")
    )
    for row in rows:
        count(connection, "erased.in", row.at)
        if row.state == "limited":
            count(connection, "erased.limited", row.at)


def _erase_what_staff_were_shown(connection: Connection, key: str) -> None:
    """The rows stay without their words: a reply to one still reaches this customer."""
    theirs = select(cases.c.id).where(cases.c.conversation == key)
    said = select(turns.c.id).where(turns.c.conversation == key)
    shown = (messages.c.direction == "out") & or_(
        messages.c.case_id.in_(theirs),
        # A notice of what did not arrive repeats it, with or without a case.
        messages.c.inside & messages.c.turn_id.in_(said),
    )
    connection.execute(
        update(messages).where(shown, messages.c.state == "pending").values(state="superseded")
    )
    connection.execute(update(messages).where(shown).values(text=""))
