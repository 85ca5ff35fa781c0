"""The stand-in with its clock standing still, the real client library, and one customer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from twilio.rest import Client

from tests.twilio_api import Clock, Person, StandIn
from tests.twilio_api.endpoint import Endpoint, serving
from tests.twilio_api.sdk import client


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
