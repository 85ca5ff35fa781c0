"""The other resources: the account, its senders, typing indicators, contents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.twilio_api.contents import Content, created
from tests.twilio_api.errors import bad_request, not_found
from tests.twilio_api.ledger import INBOUND, Call, Typing
from tests.twilio_api.limits import SANDBOX
from tests.twilio_api.messages import rfc2822

if TYPE_CHECKING:
    from tests.twilio_api.server import StandIn


async def account(api: StandIn, call: Call) -> tuple[int, Any]:
    path = f"/2010-04-01/Accounts/{api.account_sid}"
    since = rfc2822(api.clock.now() - 86_400 * 365)
    return 200, {
        "sid": api.account_sid,
        "owner_account_sid": api.account_sid,
        "auth_token": api.auth_token,
        "friendly_name": "Desk",
        "status": api.account_status,
        "type": "Full",
        "date_created": since,
        "date_updated": since,
        "uri": f"{path}.json",
        "subresource_uris": {"messages": f"{path}/Messages.json"},
    }


async def typing(api: StandIn, call: Call) -> tuple[int, Any]:
    """It names a message of a customer, which is thereby read."""
    message = api.ledger.messages.get(str(call.fields.get("messageId", "")))
    if call.fields.get("channel") != "whatsapp" or message is None:
        raise not_found(call.path)
    if message.direction != INBOUND:
        api.complain("typing", "it names no message of a customer")
        raise bad_request(20001, "Invalid parameter: messageId")
    api.ledger.typing.append(Typing(message.sid, message.person, api.clock.now()))
    return 200, {"success": True}


async def senders(api: StandIn, call: Call) -> tuple[int, Any]:
    """The sandbox is not among them."""
    if call.fields.get("Channel") != "whatsapp":
        raise bad_request(20001, "Invalid parameter: Channel")
    ours = [number for number in api.numbers if number != SANDBOX]
    return 200, _page(api, call, "senders", [_sender(api, number) for number in ours])


async def sender(api: StandIn, call: Call) -> tuple[int, Any]:
    for number, sid in api.numbers.items():
        if sid == call.sid:
            return 200, _sender(api, number)
    raise not_found(call.path)


async def contents(api: StandIn, call: Call) -> tuple[int, Any]:
    """Newest first."""
    newest = reversed(api.contents.values())
    made = [content.json(api.account_sid, api.base) for content in newest]
    return 200, _page(api, call, "contents", made)


async def create_content(api: StandIn, call: Call) -> tuple[int, Any]:
    """From JSON alone: what is sent as a form is refused."""
    content = created(call.fields.get("json"), api.clock.now())
    api.contents[content.sid] = content
    return 201, content.json(api.account_sid, api.base)


async def fetch_content(api: StandIn, call: Call) -> tuple[int, Any]:
    return 200, _named(api, call).json(api.account_sid, api.base)


async def delete_content(api: StandIn, call: Call) -> tuple[int, Any]:
    del api.contents[_named(api, call).sid]
    return 204, None


async def approval(api: StandIn, call: Call) -> tuple[int, Any]:
    return 200, _named(api, call).approval(api.account_sid, api.base)


def _named(api: StandIn, call: Call) -> Content:
    content = api.contents.get(call.sid)
    if content is None:
        raise not_found(call.path)
    return content


def _sender(api: StandIn, number: str) -> dict[str, Any]:
    sid = api.numbers[number]
    return {
        "sid": sid,
        "status": api.sender_status,
        "sender_id": f"whatsapp:{number}",
        "configuration": {"waba_id": "100200300400500"},
        "webhook": {
            "callback_url": api.webhook.url,
            "callback_method": api.callback_method,
            "fallback_url": "",
            "fallback_method": "POST",
            "status_callback_url": "",
            "status_callback_method": "POST",
        },
        "profile": {"name": "Desk"},
        "properties": {"quality_rating": "HIGH", "messaging_limit": "1K Customers/24hr"},
        "offline_reasons": None if api.sender_status == "ONLINE" else [{"code": "63001"}],
        "url": f"{api.base}/v2/Channels/Senders/{sid}",
    }


def _page(api: StandIn, call: Call, key: str, all_: Sequence[Any]) -> dict[str, Any]:
    """Paging as the newer APIs have it, with a key that names the list."""
    fields = dict(call.fields)
    size = min(max(int(fields.pop("PageSize", 50)), 1), 1000)
    page = int(fields.pop("Page", 0))
    fields.pop("PageToken", None)

    def url(number: int) -> str:
        token = {"PageToken": f"PT{number}"} if number else {}
        query = fields | {"PageSize": size, "Page": number} | token
        return f"{api.base}{call.path}?{urlencode(query)}"

    more = (page + 1) * size < len(all_)
    return {
        key: list(all_[page * size : (page + 1) * size]),
        "meta": {
            "page": page,
            "page_size": size,
            "first_page_url": url(0),
            "previous_page_url": url(page - 1) if page else None,
            "url": url(page),
            "next_page_url": url(page + 1) if more else None,
            "key": key,
        },
    }
