"""Two web processes and two workers on PostgreSQL: what holds for one process holds for four.

One fleet goes through all of it, for starting one takes seconds; each test has chats of its own.
The full forms are in test_fleet_full.py.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.faults.fleet import Fleet, fleet
from tests.faults.judge import KEPT
from tests.faults.rig import Senders
from tests.postgres.server import Server


@asynccontextmanager
async def talk(
    here: Fleet, customers: Senders, chats: int, gap: float = 0.0, *, stubborn: bool = True
) -> AsyncIterator[None]:
    """Chats in which one message follows the other for as long as the block runs.

    Stubborn senders repeat each until it is acknowledged; others give up what got no answer,
    and it may be stored or not.
    """
    over = False

    async def one(chat: str) -> None:
        n = 0
        while not over:
            while await customers.say(here, chat, f"m{n:04}") not in (200, 202):
                await asyncio.sleep(0.02)
                if not stubborn:
                    break
            n += 1
            await asyncio.sleep(gap)

    async with asyncio.TaskGroup() as group:
        for n in range(chats):
            group.create_task(one(f"t{n}"))
        try:
            yield
        finally:
            over = True


@pytest.fixture
async def here(postgres_server: Server, tmp_path: Path) -> AsyncIterator[Fleet]:
    async with fleet(postgres_server, tmp_path) as found:
        await found.man()
        yield found


async def more(customers: Senders, acknowledged: int) -> None:
    """Wait until that many more messages are acknowledged."""
    enough = len(customers.acknowledged) + acknowledged
    while len(customers.acknowledged) < enough:
        await asyncio.sleep(0.01)


async def test_kills_and_storms_and_restarts(here: Fleet, customers: Senders) -> None:
    chance = random.Random(1)
    async with talk(here, customers, 10, gap=0.05, stubborn=False):
        for command in ("web", "worker"):
            await more(customers, 60)
            victims = here.webs if command == "web" else here.workers
            await here.replace(chance.choice(victims))
        await more(customers, 30)
    assert await here.verdict(customers) == KEPT
