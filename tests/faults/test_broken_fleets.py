"""The judge of fleets is judged: each build with a fault in it is caught."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.faults.fleet import DESK, WEB, WORKER, Fleet, fleet
from tests.faults.fleet_load import Load
from tests.faults.judge import Findings, drained, from_database
from tests.faults.rig import PATIENCE, Senders, senders
from tests.faults.town import KEPT as KEPT_BY_TELEGRAM
from tests.faults.town import town
from tests.postgres.server import Server
from tests.telegram_api.faults import delay

# Seconds for what a sound build does in a few: a worker that is gone is missed after five.
SHORT = 14.0

Scenario = Callable[[Fleet, Senders, str], Awaitable[bool]]


async def killed_after_the_last_yes(here: Fleet, customers: Senders, build: str) -> bool:
    program = await here.join(DESK, broken=build).ready()
    await customers.fill(program, 10, 2)
    await here.replace(program, broken=build)
    return bool((await judged(here, customers)).lost)


async def a_worker_that_wakes_up(here: Fleet, customers: Senders, build: str) -> bool:
    """Stopped in a turn; another one answers meanwhile."""
    sound, broken = here.join(DESK, broken="fleet.thoughtful"), here.join(DESK, broken=build)
    await asyncio.gather(sound.ready(), broken.ready())
    async with Load(sound, customers).talk("c"):
        await here.frozen_in_a_turn(broken)
    await drained(here.dsn, SHORT)
    broken.thaw()
    await asyncio.sleep(1)
    return bool((await judged(here, customers)).doubled)


async def a_worker_that_dies(here: Fleet, customers: Senders, build: str) -> bool:
    """Killed in a turn; another one should go on with it."""
    sound, doomed = here.join(DESK, broken=build), here.join(DESK, broken=build)
    await asyncio.gather(sound.ready(), doomed.ready())
    async with Load(sound, customers).talk("c"):
        await here.frozen_in_a_turn(doomed)
        doomed.kill()
    return bool((await judged(here, customers)).stranded)


async def a_second_one_starts(here: Fleet, customers: Senders, build: str) -> bool:
    """While the first is at work: nobody has died, so nothing may be taken from it."""
    first = await here.join(DESK, broken="fleet.thoughtful").ready()
    async with Load(first, customers).talk("c", gap=0.0):
        await here.join(DESK, broken=build).ready()
        await asyncio.sleep(2)
    await judged(here, customers)
    return '"event": "turn_fenced"' in here.said


async def two_after_the_same_lines(here: Fleet, customers: Senders, build: str) -> bool:
    pair = [here.join(DESK, broken=build) for _ in range(2)]
    await asyncio.gather(*(each.ready() for each in pair))
    async with Load(pair[0], customers).talk("a"), Load(pair[1], customers).talk("b"):
        await asyncio.sleep(2)
    return (await judged(here, customers)) != Findings()


async def nobody_is_told(here: Fleet, customers: Senders, build: str) -> bool:
    web, worker = here.join(WEB, broken="fleet.mute"), here.join(WORKER, broken=build)
    await asyncio.gather(web.ready(), worker.ready())
    await customers.fill(web, 5, 1)
    return not await drained(here.dsn, SHORT)


async def two_senders(here: Fleet, customers: Senders, build: str) -> bool:
    async with town(here, "polling", people=6, PORT="0") as people:
        here.settings |= people.settings
        pair = [here.join(DESK, broken=build) for _ in range(2)]
        await asyncio.gather(*(each.ready() for each in pair))
        people.api.fail("sendMessage", delay(0.3, accepted=True), times=None)
        await people.all_say(4)
        await people.settled(SHORT)
        return people.verdict() != KEPT_BY_TELEGRAM


async def judged(here: Fleet, customers: Senders, seconds: float = SHORT) -> Findings:
    await drained(here.dsn, seconds)
    return from_database(here.dsn, customers)


# Each takes some ten seconds; these two are in every test run, the others in `make faults`.
CATCHES: list[tuple[str, Scenario]] = [
    ("ack_before_write", killed_after_the_last_yes),
    ("begin_unheld", two_after_the_same_lines),
]
MORE: list[tuple[str, Scenario]] = [
    ("start_frees_all", a_second_one_starts),
    ("no_fence+thoughtful", a_worker_that_wakes_up),
    ("dead_keep_their_lines+thoughtful", a_worker_that_dies),
    ("own_clock+hour_ahead+thoughtful", a_second_one_starts),
    ("no_sweep", nobody_is_told),
    ("all_lead", two_senders),
]
ALL = [*CATCHES, *(pytest.param(*each, marks=pytest.mark.full) for each in MORE)]


@pytest.mark.parametrize(("build", "scenario"), ALL, ids=lambda each: _name(each))
async def test_a_broken_fleet_is_caught(
    postgres_server: Server, tmp_path: Path, build: str, scenario: Scenario
) -> None:
    """What goes wrong only in a race has two of them to go wrong in."""
    for n in range(2):
        folder = tmp_path / str(n)
        folder.mkdir()
        async with fleet(postgres_server, folder) as here, senders() as customers:
            async with asyncio.timeout(PATIENCE):
                if await scenario(here, customers, f"fleet.{build}"):
                    return
    raise AssertionError(f"{build} was not caught")


SCENARIOS = list(dict.fromkeys(scenario for _, scenario in [*CATCHES, *MORE]))


@pytest.mark.full
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: _name(each))
async def test_a_sound_fleet_is_not(
    postgres_server: Server, tmp_path: Path, scenario: Scenario
) -> None:
    """Or the tests above would prove nothing."""
    async with fleet(postgres_server, tmp_path) as here, senders() as customers:
        assert not await scenario(here, customers, "fleet.thoughtful")


def _name(each: object) -> str:
    return (each if isinstance(each, str) else getattr(each, "__name__", "")).replace("_", " ")
