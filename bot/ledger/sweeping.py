"""What time alone changes: lines left behind by a dead worker, old keys, old charges."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, or_, select, update

from bot.ledger import heartbeat
from bot.ledger.conditions import IS_LEAVING, IS_SENDING, ROW_IS_OPEN
from bot.ledger.opening import LONGEST_REST
from bot.ledger.tables import charges, conversations, deliveries, messages, quarantine
from bot.model import ConversationKey

DELIVERY_SECONDS = 8 * 86_400.0  # Telegram gives up after 24 h; random update ids restart after 7 d
CHARGE_SECONDS = 3 * 3_600.0  # longer than any window that a charge counts in
DUE_AT_ONCE = 2_500  # more than a line has in memory: some of these wait there already


def due(connection: Connection, now: float) -> Sequence[ConversationKey]:
    """Conversations with work that nobody is doing, the longest waiting first."""
    waiting = (
        select(messages.c.conversation, func.min(messages.c.seq).label("first"))
        .where(ROW_IS_OPEN)
        .group_by(messages.c.conversation)
        .subquery()
    )
    rows = connection.execute(
        select(conversations.c.key)
        .join(waiting, waiting.c.conversation == conversations.c.key)
        .where(
            conversations.c.lease_until <= now,
            # A rest that seems longer than any is one from before the clock went back.
            or_(conversations.c.retry_at <= now, conversations.c.retry_at > now + LONGEST_REST),
        )
        .order_by(waiting.c.first)
        .limit(DUE_AT_ONCE)
    )
    return [ConversationKey.parse(row.key) for row in rows]


def free_all_leases(connection: Connection) -> int:
    """At the start of the only process: whoever held a line before is gone."""
    freed = connection.execute(
        update(conversations)
        .where(conversations.c.lease_owner != "")
        .values(lease_owner="", lease_until=0)
    )
    connection.execute(
        # Whoever was sending these is gone: the courier finds them, and staff are told.
        update(messages).where(IS_LEAVING, IS_SENDING).values(until=0)
    )
    return freed.rowcount


def purge(connection: Connection, now: float) -> None:
    """Forget keys and charges that can matter no more."""
    connection.execute(delete(deliveries).where(deliveries.c.at < now - DELIVERY_SECONDS))
    connection.execute(delete(quarantine).where(quarantine.c.at < now - DELIVERY_SECONDS))
    connection.execute(delete(charges).where(charges.c.at < now - CHARGE_SECONDS))
    heartbeat.purge(connection, now)
