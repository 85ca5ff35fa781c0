"""Settle: answer, changes and record of a turn in one unit of work, if its fence still holds."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from bot.intake.ports import Opened, Pauses, Settled, Settlement
from bot.ledger.answers import Channels, write_answers
from bot.ledger.conditions import CASE_IS_OPEN
from bot.ledger.correcting import corrected_before, only_speaks
from bot.ledger.erasing import erase
from bot.ledger.recording import close_turn
from bot.ledger.rows import drafts_to, form_to
from bot.ledger.tables import cases, conversations, messages, turns
from bot.outcome import (
    Change,
    CloseCase,
    Erase,
    KeepDrafts,
    OpenCase,
    ReleaseCase,
    Remember,
    SetForm,
    SetLanguage,
    SetTries,
    Verdict,
)
from bot.prompt import MOST_DRAFTS
from bot.record import record_of

_MINE = (
    (conversations.c.key == bindparam("k"))
    & (conversations.c.lease_owner == bindparam("mine"))
    & (conversations.c.fence == bindparam("its_fence"))
)
_FREE = (
    update(conversations)
    .where(_MINE)
    .values(lease_owner="", lease_until=0, retry_at=0)
    .returning(conversations.c.epoch, conversations.c.facts)
)
_CLOSE_ROWS = (
    update(messages)
    .where(messages.c.turn_id == bindparam("turn"), messages.c.state == "in_turn")
    .where(messages.c.conversation == bindparam("conv"))
    .values(state=bindparam("new_state"), verdict=bindparam("how"))
)
_MORE = (
    select(messages.c.seq)
    .where(messages.c.conversation == bindparam("key"), messages.c.state == "waiting")
    .limit(1)
)
_STATE_AFTER = {Verdict.LIMITED: "limited", Verdict.DEAD: "dead"}


class Fenced(Exception):
    """The line was taken away: the unit rolls back and nothing is written."""


def settle(
    connection: Connection, settlement: Settlement, channels: Channels, pauses: Pauses
) -> Settled:
    """Write what was decided and free the line; where the customer has gone on, only free it."""
    turn, outcome = settlement.turn, settlement.outcome
    key = str(turn.conversation)
    mine = {"k": key, "mine": settlement.owner, "its_fence": settlement.fence}
    held = connection.execute(_FREE, mine).first()
    if held is None:
        raise Fenced
    if corrected_before(connection, settlement, pauses):
        return Settled(corrected=True, more=True)
    if values := _apply(connection, settlement, held.facts):
        connection.execute(update(conversations).where(conversations.c.key == key).values(**values))
    erased = any(isinstance(change, Erase) for change in outcome.changes)
    if erased:
        erase(connection, settlement.turn)
    _close_rows(connection, settlement)
    to_send = write_answers(connection, settlement, held.epoch, channels)
    record = record_of(turn, outcome, settlement.at)
    left = bool(record.answered_by) and turn.conversation.channel in channels.pulled
    reopenable = not left and only_speaks(outcome, turn.conversation)
    close_turn(connection, record, outcome, left=left, reopenable=reopenable)
    more = connection.execute(_MORE, {"key": key}).first() is not None
    return Settled(more=more, to_send=to_send, erased=erased)


def _close_rows(connection: Connection, settlement: Settlement) -> None:
    turn, outcome = settlement.turn, settlement.outcome
    connection.execute(
        _CLOSE_ROWS,
        {
            "turn": turn.id,
            "conv": str(turn.conversation),
            "new_state": _STATE_AFTER.get(outcome.verdict, "done"),
            "how": outcome.verdict.value,
        },
    )


def _apply(connection: Connection, settlement: Settlement, known: dict[str, Any]) -> dict[str, Any]:
    """Carry out the changes; what belongs to the conversation's row is returned as its values."""
    values: dict[str, Any] = {}
    facts = dict(known)
    for change in settlement.outcome.changes:
        _apply_one(connection, settlement, change, values, facts)
    if facts != known:
        values["facts"] = facts
    return values


def _apply_one(
    connection: Connection,
    settlement: Settlement,
    change: Change,
    values: dict[str, Any],
    facts: dict[str, Any],
) -> None:
    match change:
        case SetLanguage(language, pinned):
            values.update(language=language, pinned_language=pinned)
        case SetForm(form):
            values["form"] = form_to(form)
        case SetTries(tries):
            values["tries"] = tries
        case Remember(fact):
            facts[fact.name] = asdict(fact)
        case OpenCase():
            _open_case(connection, settlement, change)
        case KeepDrafts(drafts):
            values["drafts"] = drafts_to(drafts)
        case ReleaseCase(case):
            values.update(ownership="bot", holder="")
            _move_case(connection, settlement, case, status="waiting", agent="", claimed_at=None)
        case CloseCase(case):
            values.update(ownership="bot", holder="", tries=0)
            at = settlement.at
            _move_case(connection, settlement, case, status="resolved", resolved_at=at)
        case Erase():
            facts.clear()
            values.update(form=None, language=None, pinned_language=False, tries=0, name="")
            values.update(drafts=None, rhythm=None)


def _open_case(connection: Connection, settlement: Settlement, wanted: OpenCase) -> None:
    key = str(settlement.turn.conversation)
    still_open = connection.execute(
        select(cases.c.id, cases.c.details, cases.c.drafts).where(
            cases.c.conversation == key, CASE_IS_OPEN
        )
    ).first()
    if still_open is None:
        connection.execute(
            insert(cases),
            {
                "conversation": key,
                "status": "waiting",
                "reason": wanted.reason,
                "details": dict(wanted.details),
                "drafts": drafts_to(wanted.drafts),
                "opened_at": settlement.at,
            },
        )
    elif wanted.details or wanted.drafts:
        details = {**still_open.details, **wanted.details}
        drafts = [*(still_open.drafts or ()), *(drafts_to(wanted.drafts) or ())][-MOST_DRAFTS:]
        _move_case(connection, settlement, still_open.id, details=details, drafts=drafts or None)


def _move_case(connection: Connection, settlement: Settlement, case: int, **values: object) -> None:
    key = str(settlement.turn.conversation)
    connection.execute(
        update(cases).where(cases.c.id == case, cases.c.conversation == key).values(**values)
    )


def postpone(connection: Connection, opened: Opened, owner: str, until: float) -> None:
    """A turn failed: free the line; its messages stay together and rest until `until`."""
    connection.execute(
        update(conversations).where(_MINE).values(lease_owner="", lease_until=0, retry_at=until),
        {"k": str(opened.turn.conversation), "mine": owner, "its_fence": opened.fence},
    )


def put_back(connection: Connection, opened: Opened, owner: str) -> None:
    """The program stops before the turn was decided: this opening does not count."""
    freed = connection.execute(
        update(conversations).where(_MINE).values(lease_owner="", lease_until=0),
        {"k": str(opened.turn.conversation), "mine": owner, "its_fence": opened.fence},
    )
    if freed.rowcount:
        connection.execute(
            update(turns)
            .where(turns.c.id == opened.turn.id, turns.c.attempts > 0)
            .values(attempts=turns.c.attempts - 1)
        )


def let_go(connection: Connection, key: str, owner: str) -> None:
    """Free a line that was leased only for joining."""
    connection.execute(
        update(conversations)
        .where(conversations.c.key == key, conversations.c.lease_owner == owner)
        .values(lease_owner="", lease_until=0)
    )
