"""The real client library against the stand-in, and what tests do with it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientTimeout
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList

from tests.twilio_api import Person, StandIn


class Http(AsyncTwilioHttpClient):
    """The SDK's own, mended where 9.13 is broken: it has a deadline, and JSON goes as JSON.

    As it stands, the asynchronous client never times out, and writes what should be JSON as the
    fields of a form.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    async def request(self, method: str, url: str, *parts: Any, **more: Any) -> Response:
        headers, data = dict(more.get("headers") or {}), more.get("data")
        if headers.get("Content-Type") == "application/json":
            data = json.dumps(data)
        if auth := more.get("auth"):
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        assert self.session is not None
        async with self.session.request(
            method,
            url,
            params=more.get("params"),
            data=data,
            headers=headers,
            timeout=ClientTimeout(total=self.seconds),
            allow_redirects=False,
        ) as answer:
            return Response(answer.status, await answer.text(), answer.headers)


@asynccontextmanager
async def client(
    api: StandIn, token: str = "", account: str = "", seconds: float = 5.0
) -> AsyncIterator[Client]:
    """The real client, asking the stand-in."""
    http = Http(seconds)
    twilio = await asyncio.to_thread(
        Client, account or api.account_sid, token or api.auth_token, http_client=http
    )
    for domain in (twilio.api, twilio.messaging, twilio.content):
        domain.base_url = api.base
    try:
        yield twilio
    finally:
        await http.close()


async def send(
    twilio: Client, api: StandIn, person: Person | str, body: str = "oi", **more: object
):
    to = person if isinstance(person, str) else person.address
    return await twilio.messages.create_async(
        to=to, from_=f"whatsapp:{api.number}", **({"body": body} if body else {}), **more
    )


async def failed(twilio: Client, api: StandIn, sid: str) -> tuple[str, int | None]:
    """What became of a message in the end: its status and error code."""
    await api.wait_delivered()
    message = await twilio.messages(sid).fetch_async()
    return message.status, message.error_code


def quick_reply(*titles: str, body: str = "{{1}}", name: str = "n") -> Any:
    """A request for a Content resource, made with the SDK's own types."""
    actions = [{"type": "QUICK_REPLY", "title": t, "id": str(i)} for i, t in enumerate(titles)]
    types = ContentList.Types({"twilio/quick-reply": {"body": body, "actions": actions}})
    return ContentList.ContentCreateRequest(
        {"friendly_name": name, "language": "pt_BR", "variables": {"1": " "}, "types": types}
    )
