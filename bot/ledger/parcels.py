"""A row of the outbox as whoever sends it, or tells of it, sees it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, literal_column, select

from bot.delivery.ports import Parcel
from bot.ledger.conditions import CASE_IS_OPEN
from bot.ledger.rows import buttons_from, template_from
from bot.ledger.tables import cases, conversations, messages
from bot.model import ConversationKey

_OPEN_CASE = (
    select(cases.c.id)
    .where(cases.c.conversation == messages.c.conversation, CASE_IS_OPEN)
    .scalar_subquery()
)
_next = messages.alias("next")
_MORE = (
    select(_next.c.seq)
    .where(
        _next.c.conversation == messages.c.conversation,
        _next.c.state == literal_column("'pending'"),
    )
    .exists()
)
# Not as a RETURNING clause: names of tables are left out there, and any open case would fit.
PARCELS = select(
    messages.c.seq,
    messages.c.conversation,
    messages.c.text,
    messages.c.author,
    messages.c.buttons,
    messages.c.marked,
    messages.c.quote,
    messages.c.owner,
    messages.c.until,
    messages.c.attempt,
    messages.c.template,
    messages.c.at,
    func.coalesce(messages.c.case_id, _OPEN_CASE).label("about"),
    _MORE.label("more"),
    conversations.c.name,
    conversations.c.address,
    conversations.c.last_in_at,
).join(conversations, conversations.c.key == messages.c.conversation)


def parcel_from(row: Any) -> Parcel:
    """What the courier and notices to staff see of a row of PARCELS."""
    return Parcel(
        row.seq,
        ConversationKey.parse(row.conversation),
        row.text,
        row.author,
        buttons_from(row.buttons),
        marked=row.marked,
        quote=row.quote,
        case=row.about,
        name=row.name,
        more=row.more,
        attempt=row.attempt,
        address=row.address,
        heard_at=row.last_in_at,
        template=template_from(row.template),
        written_at=row.at,
    )
