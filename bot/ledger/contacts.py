"""What platforms say about chats: shut out, moved to another id, or nothing we understand."""

from __future__ import annotations

from sqlalchemy import Connection, case, insert, literal, select, update

from bot.intake.ports import Poison
from bot.ledger.claims import claim, reopen_running_turn
from bot.ledger.conditions import CASE_IS_OPEN, IS_LEAVING, IS_PENDING
from bot.ledger.failing import block
from bot.ledger.locking import hold
from bot.ledger.staff_rows import know
from bot.ledger.tables import cases, conversations, messages, moved_chats, quarantine, turns
from bot.ledger.upsert import upsert
from bot.model import ConversationKey, Ownership

KEPT_BYTES = 65_536  # of a body: enough to see what it was


def keep(connection: Connection, poison: Poison) -> None:
    """Put an unreadable delivery out of the way."""
    connection.execute(
        insert(quarantine),
        {
            "channel": poison.channel,
            "account": poison.account,
            "conversation": str(poison.conversation) if poison.conversation else "",
            "reason": poison.reason,
            "body": poison.body[:KEPT_BYTES],
            "size": poison.size or len(poison.body),
            "at": poison.at,
        },
    )


def blocked(connection: Connection, chat: ConversationKey, is_blocked: bool, at: float) -> None:
    """The customer has shut us out, or let us in again."""
    if is_blocked:
        block(connection, str(chat), at)
    else:
        connection.execute(
            update(conversations).where(conversations.c.key == str(chat)).values(blocked_at=None)
        )


def home_of(connection: Connection, chat: ConversationKey) -> ConversationKey:
    """The id under which a chat goes on now."""
    seen: set[str] = set()
    now = chat.chat
    while now not in seen:
        seen.add(now)
        after = connection.execute(
            select(moved_chats.c.after).where(
                moved_chats.c.channel == chat.channel,
                moved_chats.c.account == chat.account,
                moved_chats.c.before == now,
            )
        ).scalar()
        now = after if after is not None else now
    return ConversationKey(chat.channel, chat.account, now, chat.thread)


def moved(
    connection: Connection, before: ConversationKey, after: ConversationKey, at: float
) -> None:
    """Everything of a chat goes on under its new id; said twice, it changes nothing more.

    Where the chat has been written to under the new id already, its rows join those.
    """
    if before.chat == after.chat:
        return
    connection.execute(
        upsert(moved_chats)
        .values(
            channel=before.channel,
            account=before.account,
            before=before.chat,
            after=after.chat,
            at=at,
        )
        .on_conflict_do_nothing()
    )
    old_prefix = str(ConversationKey(before.channel, before.account, before.chat))
    found = connection.execute(
        select(conversations.c.key).where(
            conversations.c.key.startswith(old_prefix, autoescape=True)
        )
    ).scalars()
    for key in list(found):
        old = ConversationKey.parse(key)
        new = ConversationKey(after.channel, after.account, after.chat, old.thread)
        _rename(connection, key, str(new), at)


def bring_to_staff(connection: Connection, staff: ConversationKey, at: float) -> None:
    """What still waits for another staff chat is shown in this one: it is the team's by now."""
    brought = connection.execute(
        update(messages)
        .where(
            IS_LEAVING,
            IS_PENDING,
            messages.c.conversation.startswith(f"{staff.channel}/{staff.account}/"),
            messages.c.conversation != str(staff),
        )
        .values(conversation=str(staff), quote="", until=0)
    )
    if brought.rowcount:
        know(connection, str(staff), at)


def _rename(connection: Connection, old: str, new: str, at: float) -> None:
    for key in sorted((old, new)):
        hold(connection, key)
    taken = connection.execute(
        select(conversations.c.key).where(conversations.c.key == new)
    ).first()
    if taken is None:
        connection.execute(
            update(conversations)
            .where(conversations.c.key == old)
            # Whoever works on it knows the old key only: the fence keeps that from being settled.
            .values(key=new, fence=conversations.c.fence + 1, lease_owner="", lease_until=0)
        )
        holder = ""
    else:
        holder = _holder(connection, old)
        reopen_running_turn(connection, old)  # a line has one turn at a time
        _close_second_case(connection, old, new)
        connection.execute(
            update(conversations)
            .where(conversations.c.key == old)
            .values(fence=conversations.c.fence + 1, lease_owner="", lease_until=0)
        )
        # Its rows go on the epoch of the chat that they join.
        epoch = select(conversations.c.epoch).where(conversations.c.key == new).scalar_subquery()
        connection.execute(
            update(messages)
            .where(messages.c.conversation == old, messages.c.state.in_(("pending", "sending")))
            .values(epoch=epoch)
        )
    _forget_numbers(connection, old)
    for table in (messages, turns, cases, quarantine):
        connection.execute(
            update(table).where(table.c.conversation == old).values(conversation=new)
        )
    if holder:
        _hold(connection, new, holder, at)


def _holder(connection: Connection, key: str) -> str:
    """The person who holds a chat; "" where the bot does. A merged chat is held no more."""
    found = connection.execute(
        select(conversations.c.ownership, conversations.c.holder).where(conversations.c.key == key)
    ).one()
    connection.execute(
        update(conversations)
        .where(conversations.c.key == key)
        .values(ownership=Ownership.BOT.value, holder="")
    )
    return str(found.holder) if found.ownership == Ownership.HUMAN else ""


def _hold(connection: Connection, key: str, holder: str, at: float) -> None:
    """Who held a chat holds the one that it has joined: the bot talks over nobody."""
    open_case = connection.execute(
        select(cases.c.id).where(cases.c.conversation == key, CASE_IS_OPEN)
    ).scalar()
    if open_case is not None:
        claim(connection, open_case, key, holder, at)


def _forget_numbers(connection: Connection, old: str) -> None:
    """Under its new id a chat counts its messages from 1 again: old numbers mean nothing there."""
    was = ConversationKey.parse(old).chat
    here = messages.c.conversation == old
    connection.execute(
        update(messages)
        .where(here, messages.c.external_id != "")
        .values(external_id=literal(f"{was}:") + messages.c.external_id)
    )
    connection.execute(update(messages).where(here).values(quote=""))


def _close_second_case(connection: Connection, old: str, new: str) -> None:
    """A chat has one open case: the one under the new id stays, the old one ends in it."""
    both = connection.execute(
        select(cases.c.id, cases.c.conversation).where(
            cases.c.conversation.in_((old, new)), cases.c.status != "resolved"
        )
    ).all()
    if {row.conversation for row in both} == {old, new}:
        connection.execute(
            update(cases)
            .where(cases.c.conversation == old)
            .values(status=case((cases.c.status != "resolved", "resolved"), else_=cases.c.status))
        )
