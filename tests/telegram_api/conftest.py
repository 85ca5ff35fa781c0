"""The stand-in with its clock standing still, the real client library, and one customer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from tests.telegram_api import TOKEN, Chat, Clock, StandIn, User


@pytest.fixture
async def api() -> AsyncIterator[StandIn]:
    async with StandIn(clock=Clock(1_800_000_000.0)) as api:
        yield api


@pytest.fixture
async def bot(api: StandIn) -> AsyncIterator[Bot]:
    async with client(api) as bot:
        yield bot


@pytest.fixture
def ana(api: StandIn) -> User:
    return api.user(5001, "Ana")


@pytest.fixture
def chat(api: StandIn, ana: User) -> Chat:
    return api.private(ana)


def client(api: StandIn, token: str = TOKEN, seconds: float = 5.0) -> Bot:
    request = HTTPXRequest(read_timeout=seconds)
    return Bot(token, base_url=f"{api.base}/bot", request=request, get_updates_request=request)
