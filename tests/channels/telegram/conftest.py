"""What the tests of Telegram share: a way in over a real ledger, a way out to a tiny Bot API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.channels.telegram.transport import QuietBot, bot_of
from tests.channels.telegram.rig import Rig, rig_in
from tests.channels.telegram.tiny_api import TOKEN, TinyApi


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig_in(tmp_path) as rig:
        yield rig


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
