"""A turn over rows that cannot be read, so that its line moves on and a person looks at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Connection, select, update

from bot.book import Book
from bot.intake.ports import Begun, Later, Nothing, Opened
from bot.ledger.conditions import CASE_IS_OPEN, ROW_IS_OPEN
from bot.ledger.opening import Opening, lease, stamp
from bot.ledger.rows import case_from, drafts_from, facts_from, form_from
from bot.ledger.tables import cases, conversations, messages
from bot.model import ConversationKey, KnownFacts, Limit, Ownership, Turn


def bury(
    connection: Connection,
    key: ConversationKey,
    owner: str,
    now: float,
    book: Book,
    seed: int,
    opening: Opening,
) -> Begun:
    """Open the head of a line without reading what it says: enough to call a person for it.

    The head is the turn that was being decided, else the first message alone: those behind it may
    be sound. What of the conversation itself cannot be read is forgotten.
    """
    chat = connection.execute(
        select(
            conversations.c.lease_owner,
            conversations.c.lease_until,
            conversations.c.fence,
            conversations.c.ownership,
            conversations.c.language,
        )
        .where(conversations.c.key == str(key))
        .with_for_update()
    ).first()
    if chat is None:
        return Nothing()
    if chat.lease_owner not in ("", owner) and chat.lease_until > now:
        return Later(chat.lease_until)
    rows = connection.execute(
        select(messages.c.seq, messages.c.state, messages.c.turn_id, messages.c.direction)
        .where(messages.c.conversation == str(key), ROW_IS_OPEN)
        .order_by(messages.c.seq)
    ).all()
    if not rows:
        return Nothing()
    head = [row for row in rows if row.state == "in_turn"] or [rows[0]]
    _forget_what_is_broken(connection, str(key))
    lease(connection, key, owner, now + opening.lease_seconds)
    number, attempts, opened_first = stamp(connection, key, head, now)
    # Of what staff wrote the customer hears nothing, as where a person has the chat.
    quiet = chat.ownership == Ownership.HUMAN or head[0].direction == "act"
    known = chat.language in book.languages
    turn = Turn(
        id=number,
        conversation=key,
        messages=(),
        act=None,
        history=(),
        identity="",
        ownership=Ownership.HUMAN if quiet else Ownership.BOT,
        case=_open_case(connection, str(key)),
        tries=0,
        limit=Limit.PASS,
        form=None,
        book=book,
        facts=KnownFacts(),
        language=chat.language if known else book.default_language,
        now=now,
        deadline=now + opening.turn_seconds,
        seed=seed,
        attempt=attempts,
    )
    return Opened(turn, chat.fence + 1, attempts, opened_first, visible=False)


def _open_case(connection: Connection, key: str) -> Any:
    row = connection.execute(
        select(cases.c.id, cases.c.status, cases.c.reason, cases.c.opened_at, cases.c.agent).where(
            cases.c.conversation == key, CASE_IS_OPEN
        )
    ).first()
    return case_from(row) if row else None


def _forget_what_is_broken(connection: Connection, key: str) -> None:
    """A form, facts or drafts that no version of ours wrote would stop the next turn as well."""
    here = conversations.c.key == key
    kept: tuple[tuple[Column[Any], Callable[[Any], object], object], ...] = (
        (conversations.c.form, form_from, None),
        (conversations.c.facts, facts_from, {}),
        (conversations.c.drafts, drafts_from, None),
    )
    for column, read, nothing in kept:
        try:
            read(connection.execute(select(column).where(here)).scalar())
        except Exception:  # noqa: BLE001  # in whatever way it is broken
            connection.execute(update(conversations).where(here).values({column.name: nothing}))
