"""Two web processes and two workers on PostgreSQL: what holds for one process holds for four.

One fleet goes through all of this, for starting one takes seconds; each test has chats of its
own. The full forms are in test_fleet_full.py.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.fleet import Fleet, fleet
from tests.faults.fleet_load import COPIES, Load
from tests.faults.judge import KEPT, count
from tests.faults.rig import senders
from tests.postgres.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Fleet]:
    async with fleet(postgres_server, tmp_path_factory.mktemp("fleet")) as found:
        await found.man(webs=2, workers=2)
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def load(here: Fleet) -> AsyncIterator[Load]:
    async with senders() as customers:
        yield Load(here, customers)


async def test_a_kill_of_any_process_loses_nothing_and_doubles_nothing(
    here: Fleet, load: Load
) -> None:
    """T1: a web process and a worker are killed under load."""
    chance = random.Random(1)
    async with load.talk("killed", stubborn=False):
        await load.more(60)
        doomed = chance.choice(here.webs), chance.choice(here.workers)
        await asyncio.gather(*(here.replace(each) for each in doomed))
        await load.more(30)
    assert await here.verdict(load.customers) == KEPT


async def test_every_copy_is_acknowledged_and_one_answer_given(here: Fleet, load: Load) -> None:
    """T2: every message five times over two web processes."""
    before = count(here.dsn, "direction = 'out'")
    codes = await load.storm("storm", chats=10, each=10)
    assert sorted(codes) == [200] * 100 * (COPIES - 1) + [202] * 100
    assert await here.verdict(load.customers) == KEPT
    assert count(here.dsn, "direction = 'out'") == before + 100
    assert count(here.dsn, "conversation LIKE 'api/test/storm%' AND turn_id IS NULL") == 0


async def test_a_rolling_restart_is_felt_by_nobody(here: Fleet, load: Load) -> None:
    """T13: one process after the other is replaced under load, and then all of them stop."""
    async with load.talk("rolled", gap=0.2):
        await load.more(20)
        for old in (here.webs[0], here.workers[0]):
            await here.roll(old)
        await load.more(20)
    assert await here.verdict(load.customers) == KEPT
    assert set(load.customers.codes) <= {0, 200, 202, 503}
    await here.stopped()
    assert here.stranded() == []
    assert "Traceback" not in here.said
    assert '"level": "error"' not in here.said
