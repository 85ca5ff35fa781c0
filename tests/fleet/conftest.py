"""A fleet's parts over a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.ledger.ledger import Ledger
from bot.ledger.postgres import PostgresEngine
from tests.ledger.conftest import CHANNELS, OPENING
from tests.postgres.databases import fresh


@pytest.fixture
async def dsn(postgres_server) -> str:
    return await fresh(postgres_server)


@pytest.fixture
async def shared(dsn) -> AsyncIterator[Ledger]:
    """The ledger of a database that several processes share."""
    ledger = Ledger(PostgresEngine(dsn), OPENING, CHANNELS, only_leader_sends=True)
    yield ledger
    await ledger.close()
