"""What the tests of WhatsApp share: a way in, and Twilio's real client before a tiny Twilio."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from twilio.rest import Client

from bot.channels.whatsapp.transport import SafeTwilioHttp, client_of
from tests.channels.whatsapp.out import Out
from tests.channels.whatsapp.rig import Rig, rig_in
from tests.channels.whatsapp.tiny_twilio import HANG, NEXT_TOKEN, SID, TOKEN, TinyTwilio


@pytest.fixture
async def api() -> AsyncIterator[TinyTwilio]:
    api = TinyTwilio()
    await api.open()
    yield api
    await api.close()


@pytest.fixture
async def http() -> AsyncIterator[SafeTwilioHttp]:
    http = SafeTwilioHttp(SID, (TOKEN, NEXT_TOKEN), seconds=1.0)
    yield http
    await http.close()


@pytest.fixture(autouse=True)
def _no_long_wait(request: pytest.FixtureRequest) -> None:
    """Where a test makes Twilio hang, calls give up soon."""
    case = getattr(request.node, "callspec", None)
    if case is not None and HANG in case.params.values():
        request.getfixturevalue("http")._seconds = 0.3


@pytest.fixture
def client(api: TinyTwilio, http: SafeTwilioHttp) -> Client:
    return client_of(SID, api.base, http)


@pytest.fixture
def out(client: Client) -> Out:
    return Out(client)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig_in(tmp_path) as rig:
        yield rig
