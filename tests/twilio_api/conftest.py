"""The stand-in with its clock standing still, the real client library, and one customer."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientTimeout
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from tests.twilio_api import Clock, Person, StandIn
from tests.twilio_api.endpoint import Endpoint, serving


@pytest.fixture
async def api() -> AsyncIterator[StandIn]:
    async with StandIn(clock=Clock(1_800_000_000.0)) as api:
        yield api


@pytest.fixture
async def twilio(api: StandIn) -> AsyncIterator[Client]:
    async with client(api) as twilio:
        yield twilio


@pytest.fixture
def ana(api: StandIn) -> Person:
    return api.person("+5511990000001", "Ana")


@pytest.fixture
async def endpoint(api: StandIn) -> AsyncIterator[Endpoint]:
    async with serving(api.auth_token) as endpoint:
        yield endpoint


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
    yield twilio
    await http.close()
