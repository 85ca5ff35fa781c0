"""Answers become rows: one row is one message of the platform, in parts that it can take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from bot.delivery.split import split
from bot.intake.ports import Settlement
from bot.ledger.conditions import CASE_IS_OPEN
from bot.ledger.rows import buttons_to, template_to
from bot.ledger.staff_rows import joined, know
from bot.ledger.tables import cases, messages
from bot.model import Kind
from bot.outcome import Outgoing
from bot.words.options import numbered

_ADD_ANSWER = insert(messages).returning(messages.c.seq)
_NAME_ANSWER = (
    update(messages)
    .where(
        messages.c.seq == bindparam("answered"),
        messages.c.answered_by.is_(None),
    )
    .values(answered_by=bindparam("answer"))
)


@dataclass(frozen=True, slots=True)
class Channels:
    """How a channel's answers leave, by its name.

    On `pulled` ones the row's being written *is* the sending, so it is born `sent`; all others
    wait as `pending` for the courier, in parts of at most `lengths` UTF-16 units. On those in
    `written_out` buttons may have to stand in the text, as numbered choices.
    """

    pulled: frozenset[str] = frozenset()
    lengths: Mapping[str, int] = field(default_factory=dict)
    written_out: frozenset[str] = frozenset()

    def room(self, message: Outgoing) -> int | None:
        """UTF-16 units that a part of this message may have; None where there is no limit."""
        most = self.lengths.get(message.to.channel)
        if most is None or message.to.channel not in self.written_out:
            return most
        choices = numbered([button.label for button in message.buttons])
        return max(most - len(choices.encode("utf-16-le", "surrogatepass")) // 2, most // 2)


def write_answers(
    connection: Connection, settlement: Settlement, epoch: int, channels: Channels
) -> bool:
    """Write every message of the outcome; whether the courier has something to do."""
    case = _case(connection, settlement)
    to_send, part = False, 0
    for message in settlement.outcome.sends:
        for row in _rows(message, settlement, channels):
            own = message.to == settlement.turn.conversation
            row |= {"part": part, "epoch": epoch if own else 0, "case_id": None}
            if message.shows_case:
                row["case_id"] = case
            if not own:
                know(connection, row["conversation"], settlement.at)
            if row["state"] == "pending":
                to_send = True
                if message.shows_case and joined(connection, row):
                    continue
            seq = connection.execute(_ADD_ANSWER, row).scalar_one()
            part += 1
            if row["answers"]:
                connection.execute(
                    _NAME_ANSWER,
                    [{"answered": answered, "answer": seq} for answered in row["answers"]],
                )
    return to_send


def _rows(
    message: Outgoing, settlement: Settlement, channels: Channels
) -> Iterator[dict[str, Any]]:
    """The first part names what it answers, the last one has the buttons."""
    pulled = message.to.channel in channels.pulled
    text = message.text if pulled or not message.marked else message.marked
    most = channels.room(message)
    marked = bool(message.marked) and not pulled
    parts = split(text, most, marked=marked) if most else (text,)
    for n, part in enumerate(parts):
        yield {
            "conversation": str(message.to),
            "direction": "out",
            "state": "sent" if pulled else "pending",
            "author": message.author,
            "text": part,
            "marked": marked,
            "buttons": buttons_to(message.buttons) if n == len(parts) - 1 else None,
            "template": template_to(message.template),
            "turn_id": settlement.turn.id,
            "answers": list(message.answers) if n == 0 else [],
            "quote": _quote(message, settlement) if n == 0 else "",
            "inside": message.urgency.is_inside,
            "can_wait": message.urgency.can_wait,
            "at": settlement.at,
        }


def _quote(message: Outgoing, settlement: Settlement) -> str:
    """The platform's id of what is answered, where several people speak side by side."""
    turn = settlement.turn
    if turn.act is not None:
        return turn.act.message if message.to == turn.act.surface else ""
    if not turn.public or message.to != turn.conversation:
        return ""
    return next((m.id for m in reversed(turn.messages) if m.kind is not Kind.BUTTON), "")


def _case(connection: Connection, settlement: Settlement) -> int | None:
    """The case that this turn is about, the one that it has just opened included."""
    turn = settlement.turn
    if turn.case is not None or not any(each.shows_case for each in settlement.outcome.sends):
        return turn.case.id if turn.case else None
    key = str(turn.conversation)
    return connection.execute(
        select(cases.c.id).where(cases.c.conversation == key, CASE_IS_OPEN)
    ).scalar()
