"""What staff do: a claim takes effect at once, everything else waits in the customer's line."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select

from bot.intake.ports import ActAccepted
from bot.ledger.accept import ADD_DELIVERY, new_seq
from bot.ledger.claims import claim
from bot.ledger.conditions import CASE_IS_OPEN
from bot.ledger.locking import hold
from bot.ledger.tables import cases, conversations, messages, staff_seen
from bot.ledger.upsert import upsert
from bot.model import Action, ConversationKey, Kind, StaffAct


def accept_act(connection: Connection, act: StaffAct, at: float) -> ActAccepted:
    """Resolve the case, apply a claim at once, and queue everything else in the customer's line.

    An act that names no known case goes into the agent's own line, where it is answered.
    """
    delivery = {"channel": "staff", "account": act.agent, "key": act.id}
    case = _case_meant(connection, act)
    if case:
        hold(connection, case.conversation)
        case = _case_meant(connection, act)  # as it is, now that nobody else changes it
    line = case.conversation if case else str(act.surface)
    where = ConversationKey.parse(line)
    number = case.id if case else None
    if not connection.execute(ADD_DELIVERY, {**delivery, "digest": "", "at": at}).rowcount:
        return ActAccepted(where, number, 0, duplicate=True)
    connection.execute(
        upsert(conversations).values(key=line, last_in_at=at).on_conflict_do_nothing()
    )
    done = False
    if case:
        says_something = act.action is Action.REPLY and bool(act.text.strip())
        speaks = says_something or act.action is Action.INVITE
        takes_over = speaks and case.status != "claimed"
        if act.action is Action.CLAIM or takes_over:
            claim(connection, case.id, line, act.agent, at)
        done = act.action is Action.CLAIM
    added = connection.execute(
        insert(messages),
        {
            "conversation": line,
            "direction": "act",
            "state": "done" if done else "waiting",
            "external_id": act.id,
            "author": "staff",
            "kind": Kind.ACT.value,
            "text": act.text,
            "act": {
                "case": number if case else act.case,
                "agent": act.agent,
                "action": act.action.value,
                "surface": str(act.surface),
                **({"message": act.message} if act.message else {}),
                **({"why": act.why} if act.why else {}),
            },
            "at": at,
        },
    )
    holder = case.agent if case and case.status == "claimed" else ""
    return ActAccepted(where, number, new_seq(added), holder=holder)


def _case_meant(connection: Connection, act: StaffAct) -> Any:
    """The case of that number.

    Speaking to the customer of a resolved case means the case that is open in that chat by now;
    resolving or noting it again does not, for that would touch a case nobody named.
    """
    found = connection.execute(select(cases).where(cases.c.id == act.case)).first()
    speaks = act.action in (Action.REPLY, Action.CLAIM, Action.INVITE)
    if found is None or found.status != "resolved" or not speaks:
        return found
    open_now = select(cases).where(cases.c.conversation == found.conversation, CASE_IS_OPEN)
    return connection.execute(open_now).first() or found


def note_staff_seen(connection: Connection, agent: str, at: float) -> None:
    """Somebody has a staff surface open."""
    connection.execute(
        upsert(staff_seen)
        .values(agent=agent, at=at)
        .on_conflict_do_update(index_elements=[staff_seen.c.agent], set_={"at": at})
    )
