"""The database of a fleet at its worst, and processes that stand still, are deaf, or go wrong.

One of the web processes has a clock that is an hour behind, one of the workers one that is an
hour ahead: nothing of this may depend on what a machine takes for the time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
import pytest_asyncio

from tests.faults.fleet import WEB, WORKER, Fleet, fleet
from tests.faults.fleet_load import Load
from tests.faults.judge import KEPT, drained, stored, stored_as
from tests.faults.looking import holding
from tests.faults.rig import PATIENCE, QUESTION, senders
from tests.postgres.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One of this file's own: it is going to crash."""
    found = Server()
    yield found
    found.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(server: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    async with fleet(server, tmp_path_factory.mktemp("fleet")) as found:
        found.join(WEB, broken="fleet.hour_behind")
        found.join(WEB)
        found.join(WORKER, broken="fleet.hour_ahead+thoughtful")
        found.join(WORKER, broken="fleet.thoughtful")
        await found.all_open()
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def load(here: Fleet) -> AsyncIterator[Load]:
    async with senders() as customers:
        yield Load(here, customers)


async def test_a_table_held_by_somebody_else_costs_time_and_nothing_else(
    here: Fleet, load: Load
) -> None:
    """T14: nobody is told yes without a row, whoever holds `messages`."""
    async with load.talk("held"):
        await load.more(30)
        with holding(here.dsn) as holder:
            for _ in range(4):
                await asyncio.sleep(1)
                assert set(load.customers.acknowledged) <= stored_as(holder)
        await load.more(30)
    assert await here.verdict(load.customers) == KEPT


async def test_a_database_that_crashes_and_comes_back_loses_nothing(
    here: Fleet, load: Load, server: Server
) -> None:
    async with load.talk("crash"):
        await load.more(30)
        await server.crash()
        await asyncio.sleep(1.5)
        await server.start_again()
        assert set(load.customers.acknowledged) <= stored(here.dsn)
        await load.more(30)
    assert len(here.running) == 4
    assert await here.verdict(load.customers) == KEPT


async def test_a_worker_that_stood_still_writes_nothing_when_it_wakes(
    here: Fleet, load: Load
) -> None:
    """Stopped in a turn for longer than its lease; another one answers meanwhile."""
    async with load.talk("still"):
        frozen = here.workers[1]
        await here.frozen_in_a_turn(frozen)
    assert await drained(here.dsn, 60)
    frozen.thaw()
    await asyncio.sleep(1)
    assert await here.verdict(load.customers) == KEPT
    assert '"event": "turn_fenced"' in frozen.out + frozen.err


async def test_a_notification_that_is_lost_costs_a_sweep(here: Fleet, load: Load) -> None:
    mute = await here.join(WEB, broken="fleet.mute").ready()
    took = []
    for n in range(3):
        began = time.monotonic()
        assert await load.customers.say(mute, "mute", f"m{n}") == 202
        assert await drained(here.dsn)
        took.append(time.monotonic() - began)
    assert min(took) < 8  # a sweep a second, and the next one for what another worker left
    assert await mute.terminated() == 0
    assert await here.verdict(load.customers) == KEPT


async def test_a_page_sees_what_other_processes_do(here: Fleet) -> None:
    """Its stream comes from one web process, what it says goes to the other, workers answer."""
    listening, speaking = here.webs
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as page:
        await page.get(listening.url)
        async with page.get(f"{listening.url}/chat/events") as stream:
            events = asyncio.create_task(seen(stream))
            body = {"id": "m1", "text": QUESTION}
            async with page.post(f"{speaking.url}/chat/messages", json=body) as posted:
                assert posted.status == 202
            assert await asyncio.wait_for(events, PATIENCE) >= {"message", "typing"}


async def seen(stream: aiohttp.ClientResponse) -> set[str]:
    """Names of events until both sides have spoken."""
    names, spoken = set(), 0
    async for line in stream.content:
        name, _, value = line.decode().rstrip().partition(": ")
        if name == "event":
            names.add(value)
            spoken += value == "message"
            if spoken == 2:
                return names
    return names


async def test_all_of_them_go_in_peace(here: Fleet) -> None:
    await here.stopped()
    assert here.stranded() == []
    assert "Traceback" not in here.said
