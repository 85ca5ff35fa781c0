"""Reads for the staff and for whoever runs the desk: cases, cards, how things stand."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, or_, select, true

from bot.desk.card import Card, CardLine
from bot.desk.cases import CaseList, CaseSummary
from bot.desk.fate import Fate
from bot.desk.standing import Standing
from bot.ledger.conditions import CASE_IS_OPEN, IS_LEAVING, ROW_IS_OPEN
from bot.ledger.dead import IS_DEAD_SEND, IS_DEAD_TURN, dead_counts
from bot.ledger.rows import case_from, drafts_from
from bot.ledger.tables import cases, conversations, messages, quarantine, staff_seen
from bot.model import ConversationKey, Said

MOST_CASES = 500  # on one list; its total says how many there are
CARD_MESSAGES = 60  # read for a card: some of them are notes and staff acts


def case_list(connection: Connection, everything: bool, newest_first: bool) -> CaseList:
    """Cases, the longest waiting first; `everything` adds the resolved ones."""
    wanted = true() if everything else CASE_IS_OPEN
    total = connection.execute(select(func.count()).select_from(cases).where(wanted)).scalar_one()
    order = (
        (cases.c.id.desc(),)
        if newest_first
        else (cases.c.status == "resolved", cases.c.opened_at, cases.c.id)
    )
    said = messages.alias("said")
    last = (
        select(func.max(said.c.seq))
        .where(said.c.conversation == cases.c.conversation, said.c.direction == "in")
        .correlate(cases)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(
            cases,
            conversations.c.language,
            conversations.c.last_in_at,
            messages.c.text,
            messages.c.at,
        )
        .join(conversations, conversations.c.key == cases.c.conversation)
        .outerjoin(messages, messages.c.seq == last)
        .where(wanted)
        .order_by(*order)
        .limit(MOST_CASES)
    )
    found = tuple(
        CaseSummary(
            case=case_from(row),
            channel=ConversationKey.parse(row.conversation).channel,
            language=row.language or "",
            last_text=row.text or "",
            last_at=row.at or row.opened_at,
            heard_at=row.last_in_at,
        )
        for row in rows
    )
    return CaseList(found, total)


def card(connection: Connection, case: int) -> Card | None:
    """Everything about a case; None when there is no such case."""
    row = connection.execute(
        select(
            cases,
            conversations.c.language,
            conversations.c.name,
            conversations.c.last_in_at,
        )
        .join(conversations, conversations.c.key == cases.c.conversation)
        .where(cases.c.id == case)
    ).first()
    if row is None:
        return None
    rows = connection.execute(
        select(messages)
        .where(messages.c.conversation == row.conversation, messages.c.state != "superseded")
        .order_by(messages.c.seq.desc())
        .limit(CARD_MESSAGES)
    ).all()
    rows = rows[::-1]
    key = ConversationKey.parse(row.conversation)
    notes = (each for each in rows if each.direction == "act" and each.act["action"] == "note")
    return Card(
        case=case_from(row),
        who=row.name or next((each.identity for each in rows if each.identity), key.chat),
        channel=key.channel,
        language=row.language or "",
        said=tuple(
            CardLine(each.author, _words(each), each.at, _fate(each))
            for each in rows
            if each.direction != "act"
        ),
        details=dict(row.details),
        notes=tuple(Said(each.act["agent"], each.text, each.at) for each in notes),
        drafts=drafts_from(row.drafts),
        heard_at=row.last_in_at,
    )


def _fate(row: Any) -> Fate | None:
    """How far a line of ours has come."""
    return Fate(row.state, row.receipt, row.failure) if row.direction == "out" else None


def _words(row: Any) -> str:
    """What was said, with what is no text as a word in brackets, and a later version of it."""
    media = [f"[{each['kind']}] {each.get('detail', '')}".rstrip() for each in row.media or ()]
    said = " ".join(filter(None, (*media, row.text)))
    return f"{said} (edited: {row.edits[-1]['text']})" if row.edits else said


def staff_last_seen(connection: Connection) -> float:
    """Unix time at which a staff surface was last connected; 0 for never."""
    return connection.execute(select(func.max(staff_seen.c.at))).scalar() or 0.0


def act_state(connection: Connection, seq: int) -> str:
    """What became of a queued staff act: a message state, or "" for an unknown number."""
    found = connection.execute(
        select(messages.c.state).where(messages.c.seq == seq, messages.c.direction == "act")
    ).scalar()
    return found or ""


def standing(connection: Connection, since: float) -> Standing:
    """How things stand; failures are counted since then."""
    open_cases = connection.execute(
        select(cases.c.status, func.count()).where(CASE_IS_OPEN).group_by(cases.c.status)
    )
    failures: dict[str, int] = {}
    for some in (IS_DEAD_TURN, IS_DEAD_SEND):  # each has its index
        found = connection.execute(
            select(messages.c.state, func.count())
            .where(some, messages.c.at >= since)
            .group_by(messages.c.state)
        )
        failures |= {row[0]: row[1] for row in found}
    unread = select(func.count()).select_from(quarantine).where(quarantine.c.at >= since)
    return Standing(
        backlog=backlog(connection),
        cases={row[0]: row[1] for row in open_cases},
        failures=failures,
        quarantined=connection.execute(unread).scalar_one(),
        dead_letters=dead_counts(connection),
    )


def backlog(connection: Connection) -> dict[str, int]:
    """How much is waiting, by direction and state; for the health page."""
    found: dict[str, int] = {}
    for some in (ROW_IS_OPEN, IS_LEAVING):  # each has its index: a page may ask every second
        rows = connection.execute(
            select(messages.c.state, func.count()).where(some).group_by(messages.c.state)
        )
        found |= {row[0]: row[1] for row in rows}
    return found


def case_shown(
    connection: Connection, surface: str, message: str, marked: int | None
) -> int | None:
    """The case that a message of ours in a staff chat shows, by the platform's id of it.

    Where its send is being recorded, or broke off and may have arrived, the id is not known: the
    case whose number it bears counts then, but only if something about it has really left. Where
    the number says something else than the id, nobody is meant.
    """
    # In one statement: the send may be recorded between two.
    its_id = messages.c.external_id == message
    its_number = (
        (messages.c.case_id == marked)
        & messages.c.state.in_(("sending", "unknown"))
        & (messages.c.external_id == "")
    )
    found = connection.execute(
        select(messages.c.case_id, messages.c.external_id)
        .where(
            messages.c.conversation == surface,
            messages.c.direction == "out",
            its_id if marked is None else or_(its_id, its_number),
        )
        # A number of the old chat may still have been written down while this one moved.
        .order_by(its_id.desc(), messages.c.seq.desc())
        .limit(1)
    ).first()
    return found.case_id if found and marked in (None, found.case_id) else None


def took_last(connection: Connection, surface: str) -> bool | None:
    """Whether the last thing that left for a staff chat arrived; None if nothing ever left."""
    state = connection.execute(
        select(messages.c.state)
        .where(
            messages.c.conversation == surface,
            messages.c.direction == "out",
            messages.c.state.in_(("sent", "failed", "unknown")),
        )
        .order_by(messages.c.seq.desc())
        .limit(1)
    ).scalar()
    return None if state is None else state == "sent"
