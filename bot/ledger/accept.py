"""Accept: delivery key, budget and message in one unit of work; the platform hears 200 after it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, Connection, bindparam, case, func, insert, select, update

from bot.intake.ports import Accepted, Admission, Allowance, Arrival, Pauses
from bot.ledger.conditions import ROW_IS_OPEN
from bot.ledger.correcting import correct_after
from bot.ledger.holding import release
from bot.ledger.locking import hold_name
from bot.ledger.tables import (
    charges,
    conversations,
    counters,
    deliveries,
    messages,
)
from bot.ledger.upsert import upsert
from bot.limits.budget import Charges, charge
from bot.model import Incoming, Kind, Limit, Media, Ownership

COMMANDS_BEYOND = 10  # a request for a person finds room in a queue that is full
QUEUE_SECONDS = 10.0  # after which a program may try again: some of what waits is answered by then

_FIND_DELIVERY = select(deliveries.c.digest).where(
    deliveries.c.channel == bindparam("channel"),
    deliveries.c.account == bindparam("account"),
    deliveries.c.key == bindparam("key"),
)
ADD_DELIVERY = upsert(deliveries).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
# What was found late says nothing of where its sender is now, once they have written again.
_IS_OVERTAKEN = bindparam("late", type_=Boolean()) & (
    conversations.c.last_in_at > bindparam("last_in_at")
)
_TOUCH_CONVERSATION = (
    upsert(conversations)
    .values(
        key=bindparam("key"),
        last_in_at=bindparam("last_in_at"),
        language=bindparam("language"),
        name=bindparam("name"),
        public=bindparam("public"),
        address=bindparam("address"),
    )
    .on_conflict_do_update(
        index_elements=[conversations.c.key],
        set_={
            "last_in_at": case(
                (conversations.c.last_in_at > bindparam("last_in_at"), conversations.c.last_in_at),
                else_=bindparam("last_in_at"),
            ),
            # Not everything that tells of a message tells its sender's name.
            "name": case((bindparam("name") == "", conversations.c.name), else_=bindparam("name")),
            "public": bindparam("public"),
            "address": case((_IS_OVERTAKEN, conversations.c.address), else_=bindparam("address")),
            "blocked_at": None,  # whoever writes can be written to
        },
    )
    # In the same statement: a queue is counted for every message that comes in.
    .returning(
        conversations.c.ownership,
        conversations.c.held,
        conversations.c.queue_full,
        select(func.count())
        .select_from(messages)
        .where(messages.c.conversation == bindparam("key"), ROW_IS_OPEN)
        .scalar_subquery()
        .label("waiting"),
    )
)
_QUEUE_IS_FULL = (
    update(conversations)
    .where(conversations.c.key == bindparam("k"))
    .values(queue_full=bindparam("full"))
)
_FIND_CHARGES = select(charges.c.state).where(charges.c.identity == bindparam("identity"))
_SAVE_CHARGES = upsert(charges).values(
    identity=bindparam("identity"), state=bindparam("state"), at=bindparam("at")
)
_SAVE_CHARGES = _SAVE_CHARGES.on_conflict_do_update(
    index_elements=[charges.c.identity],
    set_={"state": _SAVE_CHARGES.excluded.state, "at": _SAVE_CHARGES.excluded.at},
)
_ADD_MESSAGE = insert(messages)
_COUNT = (
    upsert(counters)
    .values(day=bindparam("day"), name=bindparam("name"), n=1)
    .on_conflict_do_update(
        index_elements=[counters.c.day, counters.c.name], set_={"n": counters.c.n + 1}
    )
)


def accept(connection: Connection, arrival: Arrival, pauses: Pauses) -> Accepted:
    """Store a message exactly once, with the verdict on its sender's budget and chat's queue.

    One that belongs to what was just answered takes that answer back, while nobody has seen it.

    A repeat and a refusal write nothing at all; a refusal raises `Refused`, so that the unit's
    savepoint is rolled back.
    """
    message = arrival.message
    key = str(message.conversation)
    delivery = _delivery_key(message)
    at = message.received_at
    new = connection.execute(ADD_DELIVERY, {**delivery, "digest": arrival.digest, "at": at})
    if not new.rowcount:
        same = connection.execute(_FIND_DELIVERY, delivery).scalar() == arrival.digest
        return Accepted(Admission.DUPLICATE if same else Admission.CONFLICT)
    chat = connection.execute(
        _TOUCH_CONVERSATION,
        {
            "key": key,
            "last_in_at": message.written_at,
            "late": bool(message.sent_at),
            "language": message.language or None,
            "name": message.name,
            "public": message.public,
            "address": message.address,
        },
    ).one()
    if chat.held:
        release(connection, key, at)
    limit, retry_after = _room(connection, arrival, key, chat)
    if limit is not Limit.PASS:
        if arrival.refuse_when_limited:
            raise Refused(QUEUE_SECONDS)
    elif arrival.allowance is not None and chat.ownership != Ownership.HUMAN:
        limit, retry_after, state = _charged(connection, arrival, arrival.allowance)
        if limit is not Limit.PASS and arrival.refuse_when_limited:
            raise Refused(retry_after)
        connection.execute(_SAVE_CHARGES, {"identity": message.identity, "state": state, "at": at})
    if limit is Limit.PASS:
        correct_after(connection, message, chat.ownership, pauses)
    added = connection.execute(_ADD_MESSAGE, _message_row(message, key, limit, retry_after))
    return Accepted(Admission.NEW, limit, new_seq(added), retry_after)


def knows(connection: Connection, message: Incoming) -> bool:
    """Whether this id was accepted in this chat before."""
    return connection.execute(_FIND_DELIVERY, _delivery_key(message)).first() is not None


class Refused(Exception):
    """Rolls the unit back: a program that sends too much leaves no trace but a counter."""

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__()


def _delivery_key(message: Incoming) -> dict[str, str]:
    """Ids count per chat: one sender's choice of ids never reaches into another chat."""
    conversation = message.conversation
    delivery = message.delivery or message.id
    return {
        "channel": conversation.channel,
        "account": conversation.account,
        "key": f"{conversation}/{delivery}",  # the key of a conversation is quoted: no seam
    }


def _room(connection: Connection, arrival: Arrival, key: str, chat: Any) -> tuple[Limit, float]:
    """Whether one more message may wait in this chat. What may not is not charged either.

    Whoever has a person's ear is not limited. The count may miss what is being accepted at the
    same instant, where units run side by side; whether the customer was told is exact.
    """
    if chat.ownership == Ownership.HUMAN:
        return Limit.PASS, 0.0
    if chat.queue_full and chat.waiting * 2 < arrival.most_waiting:
        connection.execute(_QUEUE_IS_FULL, {"k": key, "full": False})
    is_command = arrival.message.kind is Kind.COMMAND
    if chat.waiting < arrival.most_waiting + (COMMANDS_BEYOND if is_command else 0):
        return Limit.PASS, 0.0
    if chat.queue_full:
        return Limit.SILENT, QUEUE_SECONDS
    connection.execute(_QUEUE_IS_FULL, {"k": key, "full": True})
    return Limit.FULL, QUEUE_SECONDS


def _charged(
    connection: Connection, arrival: Arrival, allowance: Allowance
) -> tuple[Limit, float, dict[str, Any]]:
    message = arrival.message
    hold_name(connection, message.identity)  # one person may write in several chats at once
    state = connection.execute(_FIND_CHARGES, {"identity": message.identity}).scalar()
    before = Charges(**state) if state else Charges()
    charged = charge(
        before,
        now=_charged_at(message, before),
        digest=arrival.digest[:16],
        is_command=message.kind is Kind.COMMAND,
        messages_per_hour=allowance.messages_per_hour,
        commands_per_minute=allowance.commands_per_minute,
    )
    return charged.limit, charged.retry_after, asdict(charged.charges)


def _charged_at(message: Incoming, before: Charges) -> float:
    """A backlog that comes in at once counts as it was written, though never before what counted
    already: that would look as if the clock had been set back.
    """
    return min(message.received_at, max(message.written_at, before.newest))


def _message_row(message: Incoming, key: str, limit: Limit, retry_after: float) -> dict[str, Any]:
    silent = limit is Limit.SILENT
    return {
        "conversation": key,
        "direction": "in",
        # Nobody opens a turn for what gets no answer.
        "state": "limited" if silent else "waiting",
        "verdict": "limited" if silent else "",
        "external_id": message.id,
        "identity": message.identity,
        "author": "customer",
        "kind": message.kind.value,
        "text": message.text,
        "button": message.button,
        "quoted": message.quoted,
        "media": [_said_of(each) for each in message.media] or None,
        "limit_verdict": limit.value,
        "retry_after": retry_after,
        "at": message.written_at,
    }


def _said_of(media: Media) -> dict[str, str | int]:
    """A medium without what was not said of it."""
    return {name: value for name, value in asdict(media).items() if value}


def count(connection: Connection, name: str, at: float) -> None:
    """Add one to a day's counter."""
    day = datetime.fromtimestamp(at, UTC).date().isoformat()
    connection.execute(_COUNT, {"day": day, "name": name})


def new_seq(result: Any) -> int:
    return int(result.inserted_primary_key[0])
