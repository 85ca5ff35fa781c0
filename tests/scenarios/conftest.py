"""Scenarios that are the same on several channels are played on each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.customers import CHANNELS, customers
from tests.desk_in_process import Desk


@pytest.fixture(params=CHANNELS)
def channel(request: pytest.FixtureRequest) -> str:
    """Where the customers of this scenario are."""
    return str(request.param)


@pytest.fixture
async def desk(
    channel: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Desk]:
    """A running desk with customers on that channel."""
    async with customers(channel, monkeypatch, tmp_path) as desk:
        yield desk
