"""Status callbacks: what Twilio tells of a message of ours after taking it.

They come in any order and more than once, which is the ledger's to sort out. Source: Twilio's
"Track outbound message status".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs

from bot.channels.whatsapp import CHANNEL
from bot.channels.whatsapp.address import chat_of
from bot.channels.whatsapp.form import Form
from bot.channels.whatsapp.heard import Nothing
from bot.channels.whatsapp.sid import sid_of
from bot.delivery.receipts import Receipt, Report

# Why a message failed and after how many seconds another attempt may help, by Twilio's error code.
AfterFailure = Callable[[int | None], tuple[str, float | None]]

RECEIPTS = {
    "accepted": Receipt.QUEUED,
    "scheduled": Receipt.QUEUED,
    "queued": Receipt.QUEUED,
    "sending": Receipt.SENDING,
    "sent": Receipt.SENT,
    "delivered": Receipt.DELIVERED,
    "read": Receipt.READ,
    "failed": Receipt.FAILED,
    "undelivered": Receipt.FAILED,
    "canceled": Receipt.FAILED,
}
ARRIVING = ("receiving", "received")  # of a message of theirs, not of ours
_OURS = re.compile(r"([0-9]{1,18})\.([0-9]{1,6})")


def is_status(form: Form) -> bool:
    """Whether this tells of a message of ours, rather than being one of a customer's."""
    status = form.get("MessageStatus")
    return bool(status) and status.lower() not in ARRIVING


def report_of(form: Form, query: str, after_failure: AfterFailure) -> Report | Nothing:
    """What a status callback says. Raises Unreadable with the code "wrong_sid"."""
    sid = sid_of(form)
    receipt = RECEIPTS.get(form.get("MessageStatus").lower())
    if receipt is None:
        return Nothing("unknown_status")
    reason, again_after = "", None
    if receipt is Receipt.FAILED:
        reason, again_after = after_failure(_code(form.get("ErrorCode")))
    seq, attempt = _ours(query)
    return Report(
        receipt=receipt,
        channel=CHANNEL,
        external_id=sid,
        chat=chat_of(form.get("To")) or "",
        seq=seq,
        attempt=attempt,
        reason=reason,
        again_after=again_after,
        account=chat_of(form.get("From")) or "",
    )


def _code(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) and int(text) else None


def _ours(query: str) -> tuple[int, int] | tuple[None, None]:
    """`m=<our number of the message>.<attempt>`, which we put into the URL that Twilio signs."""
    try:
        given = parse_qs(query, max_num_fields=20).get("m", [])
    except ValueError:
        given = []
    found = _OURS.fullmatch(given[0]) if len(given) == 1 else None
    return (int(found[1]), int(found[2])) if found else (None, None)
