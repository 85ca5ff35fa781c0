"""A send of which nobody knows what became is looked for in Twilio's own list of messages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import structlog

from bot.channels.whatsapp import CHANNEL
from bot.channels.whatsapp.address import address_of
from bot.channels.whatsapp.codes import after_failure, meaning
from bot.channels.whatsapp.rendering import comparable, shapes
from bot.channels.whatsapp.transport import CallFailed, Refused, answered, within
from bot.delivery.ports import Parcel
from bot.delivery.receipts import Receipt, Report
from bot.errors import DeliveryDelayed

log = structlog.get_logger()

Known = Callable[[Sequence[str]], Awaitable[frozenset[str]]]

CALL_SECONDS = 8.0  # for all pages
MOST_LOOKED_THROUGH, PAGE = 300, 100  # messages, and in one call
EARLY_SECONDS = 60.0  # by which Twilio's clock may be behind ours
AGAIN_SECONDS = 10.0  # after Twilio could not be asked

_RECEIPTS = {
    "accepted": Receipt.QUEUED,
    "scheduled": Receipt.QUEUED,
    "queued": Receipt.QUEUED,
    "sending": Receipt.SENDING,
    "sent": Receipt.SENT,
    "partially_delivered": Receipt.SENT,
    "delivered": Receipt.DELIVERED,
    "read": Receipt.READ,
    "failed": Receipt.FAILED,
    "undelivered": Receipt.FAILED,
    "canceled": Receipt.FAILED,
}


async def look_up(client: Any, parcel: Parcel, known: Known) -> Report | None:
    """What became of it; None when Twilio does not list it, or not yet.

    `known` tells which of some MessageSids belong, or may, to other messages of ours. Raises
    DeliveryDelayed when Twilio cannot be asked.

    Twilio filters by whole days in GMT, so more is asked for than is wanted. A message sent from
    an approved template is found only if its words are those of the parcel's text.
    """
    wanted = shapes(parcel)
    found = [
        message
        for message in await _listed(client, parcel)
        if message.sid
        and message.status in _RECEIPTS
        and str(message.direction).startswith("outbound")
        and message.date_created is not None
        and message.date_created.timestamp() >= parcel.written_at - EARLY_SECONDS
        and comparable(message.body or "") in wanted
    ]
    # Asked apart: an attempt that failed must not make it look as if there were enough for all.
    failures = [message for message in found if _RECEIPTS[message.status] is Receipt.FAILED]
    sent = await _free([message for message in found if message not in failures], known)
    if sent:
        return _report(parcel, sent[0])
    failed = await _free(failures, known)
    # An earlier attempt that failed says nothing of this one.
    return _report(parcel, failed[-1]) if len(failed) >= parcel.attempt else None


async def _free(found: Sequence[Any], known: Known) -> Sequence[Any]:
    """Those that are no other message of ours, oldest first."""
    if not found:
        return []
    taken = await known([message.sid for message in found])
    return sorted(
        (message for message in found if message.sid not in taken),
        key=lambda message: message.date_created,
    )


async def _listed(client: Any, parcel: Parcel) -> Sequence[Any]:
    day = datetime.fromtimestamp(parcel.written_at, UTC).date() - timedelta(days=1)
    problem: DeliveryDelayed
    try:
        with within(asyncio.get_running_loop().time() + CALL_SECONDS):
            listed: Sequence[Any] = await answered(
                client.messages.list_async(
                    to=address_of(parcel.address or parcel.to.chat),
                    from_=address_of(parcel.to.account),
                    date_sent_after=datetime.combine(day, time(), UTC),
                    limit=MOST_LOOKED_THROUGH,
                    page_size=PAGE,
                )
            )
    except CallFailed as error:
        log.info("whatsapp_look_up_failed", message=parcel.seq, error=type(error).__name__)
        told = meaning(error.status, error.code) if isinstance(error, Refused) else None
        wait = told.retry_after if isinstance(told, DeliveryDelayed) else 0.0
        problem = DeliveryDelayed(max(wait, AGAIN_SECONDS))
    else:
        return listed
    raise problem  # out here, so that no foreign error hangs on it


def _report(parcel: Parcel, message: Any) -> Report:
    receipt = _RECEIPTS[message.status]
    reason, again_after = "", None
    if receipt is Receipt.FAILED:
        reason, again_after = after_failure(message.error_code)
    return Report(
        receipt,
        CHANNEL,
        message.sid,
        parcel.address or parcel.to.chat,
        parcel.seq,
        parcel.attempt,
        reason,
        again_after,
    )
