"""The full forms of what the short tests show: minutes long, run by `make faults`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from tests.channels.telegram.payloads import poison, said
from tests.faults.fleet import fleet
from tests.faults.judge import looking
from tests.faults.rig import Bench
from tests.faults.town import KEPT, TEAM, Town, all_ask_for_a_person, confirmed, town, waits
from tests.postgres.server import Server
from tests.telegram_api.faults import cut, flooded

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]
Served = Callable[[int], AbstractAsyncContextManager[Town]]  # from a number of people


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def served(engine: str, bench: Bench, postgres_server: Server, tmp_path: Path) -> Served:
    """People whom one process on a file serves, or two web processes and two workers."""

    @asynccontextmanager
    async def by_one(people: int) -> AsyncIterator[Town]:
        async with town(bench, people=people) as here:
            await here.start()
            yield here

    @asynccontextmanager
    async def by_several(people: int) -> AsyncIterator[Town]:
        async with (
            fleet(postgres_server, tmp_path) as several,
            town(several, people=people, PORT="0", PUBLIC_URL=several.url) as here,
        ):
            several.settings |= here.settings
            await several.man()
            yield here

    return by_one if engine == "sqlite" else by_several


async def test_five_hundred_queued_and_one_chat_to_be_left_alone(
    served: Served, engine: str
) -> None:
    """T7: 429 with retry_after 17 while 500 messages are to be sent."""
    async with served(100) as here:
        first, *others = here.people
        here.api.limits.enforce()
        here.api.fail("sendMessage", flooded(17), chat=first.id)
        began = time.monotonic()
        await here.all_say(5)
        await here.api.wait_for(
            lambda: all(len(here.api.shown(other.id)) == 5 for other in others), seconds=60
        )
        assert await here.settled(120)
        assert [*here.api.ledger.violations] == []
        refused = [call for call in here.api.ledger.of("sendMessage") if call.status == 429]
        assert {call.chat for call in refused} == {first.id}
        later = [call.arrived for call in here.api.ledger.of("sendMessage", first.id)][1:]
        assert min(later) - refused[0].arrived >= 17
        assert here.verdict() == KEPT
        took = time.monotonic() - began
        print(f"FIGURES T7 | {engine} | seed fixed | {took:.0f} s, {len(refused)} refused")


async def test_one_send_in_twenty_is_cut_off(bench: Bench) -> None:
    """T9, its Telegram half: accepted, and the connection cut before the answer."""
    async with town(bench, people=200) as here:
        here.api.fail("sendMessage", cut(accepted=True), times=None, share=0.05)
        await here.start()
        await here.all_say(5, gap=1.5)
        assert await here.settled(400, staff=True)  # they are told of each, twenty a minute
        assert here.verdict() == KEPT
        unknown = here.rows("state = 'unknown' AND conversation LIKE 'telegram/%'")
        told = here.told()
        assert len(unknown) == len(told) > 20
        assert {row["text"] for row in told} <= here.texts(TEAM)
        print(f"{len(unknown)} of 1000 unknown, all shown to staff")


async def test_two_hundred_poisonous_updates_between_good_ones(bench: Bench) -> None:
    """T10: every body 2xx or 413, one row each, and the next good message answered in time."""
    async with town(bench, people=4) as here:
        program = await here.start()
        await here.api.wait_for(lambda: bool(here.api.webhook.settings.url))
        bodies = [*poison(), said("a" * 600_000), b"x" * 1_000_000, b"[" * 2_000_000]
        longest = 0.0
        for n, body in enumerate(bodies):
            assert await here.api.webhook.post(body) in range(200, 300)
            if n % 10 == 0:
                person = here.people[n // 10 % 4]
                before = len(here.api.shown(person.id))
                began = time.monotonic()
                await here.says(person)
                await here.api.wait_shown(person.id, before + 1, seconds=5)
                longest = max(longest, time.monotonic() - began)
        assert await here.settled()
        with looking(bench.database) as connection:
            kept = connection.execute("SELECT count(*) FROM quarantine").fetchone()[0]
        assert kept == len(bodies) >= 200
        assert here.verdict() == KEPT
        assert program.process.poll() is None
        print(f"{kept} kept, the slowest good message took {longest:.1f} s")


async def test_a_hundred_customers_ask_for_a_person_at_once(served: Served, engine: str) -> None:
    """T8: one card a case, what they say is joined by case, and customers do not wait for it."""
    async with served(100) as here:
        here.api.limits.enforce()
        began = time.monotonic()
        asked = await all_ask_for_a_person(here)
        await confirmed(here, seconds=30)
        await asyncio.sleep(1)
        for n in range(3):
            for person in here.people:
                await here.says(person, f"sou {person.first_name}, alô {n}?")
        assert await here.settled(720 - (time.monotonic() - began), staff=True)
        took = time.monotonic() - began
        longest = max(waits(here, asked))
        shown = here.api.texts(TEAM)
        for person in here.people:
            about = [text for text in shown if f"🔔 {person.first_name} " in text]
            assert len(about) == 1, person.first_name
            for n in range(3):
                line = f"sou {person.first_name}, alô {n}?"
                assert sum(text.count(line) for text in shown) == 1, line
        assert len(shown) < 200  # of 400 things to show
        assert len(here.refused()) <= 1
        assert longest <= 5
        assert took < 720
        said = f"told within {longest:.1f} s, shown in {len(shown)} messages and {took:.0f} s"
        print(f"FIGURES T8 | {engine} | seed fixed | {said}")
