"""The full forms of T1 and T13 for one process on SQLite, run by `make faults`.

The same load and the same switches as in test_fleet_full.py.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

import pytest

from tests.faults.fleet_load import Load
from tests.faults.judge import KEPT, agreed, drained, verdict
from tests.faults.rig import Bench, senders
from tests.faults.test_fleet_full import KILLS, RATE, SEED, SENDERS
from tests.faults.town import KEPT as KEPT_ON_PHONES
from tests.faults.town import town
from tests.faults.whatsapp_town import whatsapp_town

pytestmark = [pytest.mark.full, pytest.mark.timeout(1_200)]
ROOM = {"NIGHTDESK__INBOX__QUEUE_MESSAGES": "10000"}  # senders that are no customers
GRACE = 20.0  # seconds that a platform gives between SIGTERM and SIGKILL


def report(test: str, **figures: Any) -> None:
    said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())
    print(f"FIGURES {test} | sqlite | seed {SEED} | {said}")


async def test_t1_twenty_kills_of_one_process(bench: Bench) -> None:
    """kill -9 every 3 to 7 s under load on three channels, a thousand chats."""
    chance = random.Random(SEED)
    async with (
        senders() as customers,
        town(bench, people=20, **ROOM) as people,
        whatsapp_town(bench, 20, **people.settings) as phones,
    ):
        program = await bench.start(phones.settings)
        load = Load(program, customers)
        caught, longest, chats = 0, 0.0, 960
        async with (
            load.talk("c", chats=chats, gap=chats / RATE, stubborn=False),
            people.everybody_talking(gap=1.0),
            phones.everybody_talking(gap=1.0),
        ):
            for _ in range(KILLS):
                await asyncio.sleep(chance.uniform(3, 7))
                program.freeze()
                caught += len(people.rows("state = 'sending'"))
                killed = time.monotonic()
                program.kill()
                program = await bench.start(phones.settings)
                longest = max(longest, time.monotonic() - killed)
        began = time.monotonic()
        assert await drained(bench.database, 120)
        took = time.monotonic() - began
        assert await people.settled(120)
        assert await phones.settled(120)  # a platform that can be asked is asked for a minute
        found = await agreed(program, bench.database, customers, only="api/")
        unknown = people.answers("state = 'unknown'") + phones.answers("state = 'unknown'")
        said = [*people.messages, *phones.messages]
        report(
            "T1",
            kills=KILLS,
            tried=sum(map(len, customers.tried.values())) + len(said),
            acknowledged=len(customers.acknowledged),
            codes=dict(customers.codes),
            unknown=len(unknown),
            caught_in_a_send=caught,
            ready_again_s=f"{longest:.1f}",
            drained_s=f"{took:.1f}",
            p99_ack_s=f"{load.at(0.99):.2f}",
        )
        assert found == KEPT
        assert people.verdict() == KEPT_ON_PHONES
        assert phones.verdict() == KEPT_ON_PHONES
        assert len(unknown) <= min(caught, KILLS * SENDERS)
        assert took <= 60


async def test_t13_ten_restarts_of_one_process(bench: Bench) -> None:
    """One follows the other at the same address: who writes meanwhile tries again."""
    async with senders() as customers, town(bench, people=1, **ROOM) as people:
        program = await bench.start(people.settings)
        load, chats, slowest = Load(program, customers), 100, 0.0
        async with load.talk("c", chats=chats, gap=chats * 2 / RATE):
            for _ in range(10):
                await asyncio.sleep(1.5)
                began = time.monotonic()
                assert await program.terminated(GRACE) == 0, program.err
                slowest = max(slowest, time.monotonic() - began)
                assert "Traceback" not in program.err
                program = await bench.start(people.settings)
        assert await drained(bench.database, 120)
        found = await verdict(program, customers)
        report(
            "T13",
            restarts=10,
            acknowledged=len(customers.acknowledged),
            codes=dict(customers.codes),
            slowest_stop_s=f"{slowest:.1f} of {GRACE:.0f}",
            p99_ack_s=f"{load.at(0.99):.2f}",
        )
        assert found == KEPT
