"""Several processes that could all send to Telegram: one of them does, whatever becomes of it.

Two `nightdesk serve` on one database, as they are started by mistake, without a webhook: both
answer, one asks Telegram for updates and sends.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.fleet import DESK, Fleet, fleet
from tests.faults.rig import PATIENCE, Program
from tests.faults.town import KEPT, Town, town
from tests.postgres.server import Server
from tests.telegram_api.faults import delay

pytestmark = pytest.mark.asyncio(loop_scope="module")

SENDERS = 8  # delivery.senders


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Fleet]:
    async with fleet(postgres_server, tmp_path_factory.mktemp("fleet")) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(here: Fleet) -> AsyncIterator[Town]:
    async with town(here, "polling", people=6, PORT="0") as found:
        here.settings |= found.settings
        here.join(DESK)
        here.join(DESK)
        await here.all_open()
        yield found


async def leader_in_a_send(here: Fleet, people: Town) -> Program:
    """The process that sends, stopped where it stands, with requests of its own under way."""
    async with asyncio.timeout(PATIENCE):
        while True:
            leader = here.leader()
            if leader is not None:
                leader.freeze()
                if people.rows("state = 'sending'"):
                    return leader
                leader.thaw()
            await asyncio.sleep(0.02)


async def somebody_else_sends(people: Town) -> float:
    """Wait for the next message on a phone; how long that took."""
    began = time.monotonic()
    await asyncio.sleep(0.5)  # what was already on its way
    seen = len(people.api.ledger.delivered)
    await people.api.wait_for(lambda: len(people.api.ledger.delivered) > seen, seconds=PATIENCE)
    return time.monotonic() - began


async def test_two_desks_by_mistake_answer_everything_once(here: Fleet, people: Town) -> None:
    """T32: both work, one sends and polls."""
    before = len(people.api.ledger.delivered)
    await people.all_say(4, gap=0.05)
    assert await people.settled()
    assert people.verdict() == KEPT
    assert len(people.api.ledger.delivered) == before + 24
    owners = {row["owner"] for row in people.answers("state = 'sent'")}
    assert len(owners) == 1
    assert not [*people.api.ledger.violations]


async def test_when_the_sender_is_killed_another_one_sends(here: Fleet, people: Town) -> None:
    people.api.fail("sendMessage", delay(0.3, accepted=True), times=None)
    async with people.everybody_talking(gap=0.5):
        leader = await leader_in_a_send(here, people)
        caught = len(people.rows("state = 'sending'"))
        leader.kill()
        took = await somebody_else_sends(people)
        await here.join(DESK).ready()
    assert took < 30
    assert await people.settled()
    assert people.verdict() == KEPT
    unknown = people.answers("state = 'unknown'")
    assert len(unknown) <= min(caught, SENDERS)
    assert len(people.told()) == len(unknown)


@pytest.mark.full
async def test_a_sender_that_wakes_up_again_doubles_nothing(here: Fleet, people: Town) -> None:
    people.api.fail("sendMessage", delay(0.3, accepted=True), times=None)
    async with people.everybody_talking(gap=0.5):
        frozen = await leader_in_a_send(here, people)
        await somebody_else_sends(people)
        assert here.leader() is not frozen
        frozen.thaw()
        await asyncio.sleep(1)
    assert await people.settled()
    assert people.verdict() == KEPT
    assert here.leader() is not frozen
    await here.stopped()
    assert here.stranded() == []
    assert "Traceback" not in here.said
