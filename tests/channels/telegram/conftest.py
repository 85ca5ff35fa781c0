"""A real `telegram.Bot` in front of a tiny Bot API on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.channels.telegram.transport import QuietBot, bot_of
from tests.channels.telegram.tiny_api import TOKEN, TinyApi


@pytest.fixture
async def api() -> AsyncIterator[TinyApi]:
    api = TinyApi()
    await api.open()
    yield api
    await api.close()


@pytest.fixture
async def bot(api: TinyApi) -> AsyncIterator[QuietBot]:
    async with bot_of(TOKEN, api.base, send_seconds=1.0) as bot:
        yield bot
