"""The Messages resource: what a client may send, and what it is told of messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.twilio_api.errors import INVALID_PARAMETER, bad_request, not_found
from tests.twilio_api.ledger import OUTBOUND, Call, Message, new_sid
from tests.twilio_api.rules import Plan, plan_of

if TYPE_CHECKING:
    from tests.twilio_api.server import StandIn

PAGE_SIZE, LARGEST_PAGE = 50, 1000


async def create(api: StandIn, call: Call) -> tuple[int, Any]:
    """201 with a queued message. What goes wrong on its way is told by status callback."""
    plan = plan_of(api, call)
    message = _accepted(api, call, plan)
    answer = told(api, message)
    call.message = message.sid
    way = api.statuses.follow(message, plan.failure)
    if api.statuses.early:
        await way
    else:
        api.webhook.start(way)
    api.tell()
    return 201, answer


async def fetch(api: StandIn, call: Call) -> tuple[int, Any]:
    return 200, told(api, _named(api, call))


async def update(api: StandIn, call: Call) -> tuple[int, Any]:
    """An empty Body takes the text out."""
    message = _named(api, call)
    if call.fields.get("Body") == "":
        message.text = ""
    message.updated = api.clock.now()
    return 200, told(api, message)


async def delete(api: StandIn, call: Call) -> tuple[int, Any]:
    _named(api, call).deleted = True
    return 204, None


async def media(api: StandIn, call: Call) -> tuple[int, Any]:
    """The files of a message."""
    message = _named(api, call)
    date = rfc2822(message.created)
    path = _path(api, message).removesuffix(".json") + "/Media"
    files = [
        {
            "sid": sid, "account_sid": api.account_sid, "parent_sid": message.sid,
            "content_type": kind, "date_created": date, "date_updated": date,
            "uri": f"{path}/{sid}.json",
        }
        for sid, kind in message.media
    ]  # fmt: skip
    return 200, {"media_list": files, "uri": f"{path}.json", "next_page_uri": None, "page": 0}


async def listed(api: StandIn, call: Call) -> tuple[int, Any]:
    """Newest first, either direction; dates are compared by whole days of GMT.

    A message that is still queued has no date of sending: it is found by that of its creation.
    """
    fields = dict(call.fields)
    size = min(max(int(fields.pop("PageSize", PAGE_SIZE)), 1), LARGEST_PAGE)
    page, token = int(fields.pop("Page", 0)), str(fields.pop("PageToken", ""))
    found = [message for message in _newest_first(api) if _fits(message, fields)]
    start = next((i + 1 for i, m in enumerate(found) if "PA" + m.sid == token), page * size)
    part = found[start : start + size]
    path = f"/2010-04-01/Accounts/{api.account_sid}/Messages.json"

    def uri(number: int, last: str = "") -> str:
        paging = {"PageSize": size, "Page": number} | ({"PageToken": "PA" + last} if last else {})
        return f"{path}?{urlencode(fields | paging)}"

    more = start + size < len(found)
    return 200, {
        "messages": [told(api, message) for message in part],
        "first_page_uri": uri(0),
        "next_page_uri": uri(page + 1, part[-1].sid) if more else None,
        "previous_page_uri": uri(page - 1) if page else None,
        "uri": uri(page),
        "page": page,
        "page_size": size,
        "start": start,
        "end": start + len(part) - 1,
    }


def told(api: StandIn, message: Message) -> dict[str, Any]:
    """A Message resource as JSON."""
    path = _path(api, message)
    return {
        "account_sid": api.account_sid,
        "api_version": "2010-04-01",
        "body": message.text,
        "date_created": rfc2822(message.created),
        "date_sent": rfc2822(message.sent),
        "date_updated": rfc2822(message.updated),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": None,
        "from": message.from_,
        "messaging_service_sid": None,
        "num_media": str(len(message.media)),
        "num_segments": "1",
        "price": None,
        "price_unit": None,
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": path.removesuffix(".json") + "/Media.json"},
        "to": message.to,
        "uri": path,
    }


def rfc2822(at: float | None) -> str | None:
    """As this API writes moments: "Fri, 15 Jan 2027 08:00:00 +0000"."""
    return None if at is None else format_datetime(datetime.fromtimestamp(int(at), UTC))


def _accepted(api: StandIn, call: Call, plan: Plan) -> Message:
    fields, now = call.fields, api.clock.now()
    urls = fields.get("MediaUrl", [])
    message = Message(
        new_sid("MM" if urls else "SM"),
        OUTBOUND,
        fields["From"],
        fields["To"],
        plan.text,
        "queued",
        now,
        updated=now,
        template=str(fields.get("ContentSid", "")),
        buttons=plan.buttons,
        media=tuple((new_sid("ME"), "application/octet-stream") for _ in urls and [urls]),
        callback=str(fields.get("StatusCallback", "")),
        person=plan.person.key if plan.person else "",
        shown=plan.failure is None and api.statuses.until not in ("queued", "sending"),
    )
    api.ledger.add(message)
    return message


def _named(api: StandIn, call: Call) -> Message:
    message = api.ledger.messages.get(call.sid)
    if message is None or message.deleted:
        raise not_found(call.path)
    return message


def _path(api: StandIn, message: Message) -> str:
    return f"/2010-04-01/Accounts/{api.account_sid}/Messages/{message.sid}.json"


def _newest_first(api: StandIn) -> Iterator[Message]:
    return (m for m in reversed(api.ledger.messages.values()) if not m.deleted)


def _fits(message: Message, fields: dict[str, Any]) -> bool:
    if fields.get("To") not in (None, message.to) or fields.get("From") not in (
        None,
        message.from_,
    ):
        return False
    moment = message.created if message.sent is None else message.sent
    day = datetime.fromtimestamp(moment, UTC).date()
    return (
        ("DateSent" not in fields or day == _day(fields["DateSent"]))
        and ("DateSent>" not in fields or day >= _day(fields["DateSent>"]))
        and ("DateSent<" not in fields or day <= _day(fields["DateSent<"]))
    )


def _day(written: str) -> date:
    if not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", written):
        raise bad_request(INVALID_PARAMETER, "Invalid parameter: DateSent")
    return date.fromisoformat(written[:10])
