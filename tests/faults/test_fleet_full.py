"""The full forms on PostgreSQL with two web processes and two workers, run by `make faults`.

`NIGHTDESK_FAULTS_RATE` and `NIGHTDESK_FAULTS_KILLS` shorten them on a small machine; what each run
was is printed with its result. See benchmarks/faults.py.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.fleet import GRACE, Fleet, fleet
from tests.faults.fleet_load import COPIES, Load
from tests.faults.judge import KEPT, count, drained, stored_as
from tests.faults.looking import holding
from tests.faults.rig import Senders, senders
from tests.faults.town import KEPT as KEPT_ON_PHONES
from tests.faults.town import Town, town
from tests.faults.whatsapp_town import WhatsAppTown, whatsapp_town
from tests.postgres.server import Server
from tests.telegram_api.faults import cut
from tests.twilio_api.faults import cut as cut_by_twilio
from tests.whatsapp_desk import HOOK

pytestmark = [pytest.mark.full, pytest.mark.timeout(1_200)]

RATE = float(os.environ.get("NIGHTDESK_FAULTS_RATE", "200"))  # messages a second, all chats
KILLS = int(os.environ.get("NIGHTDESK_FAULTS_KILLS", "20"))
SEED = int(os.environ.get("NIGHTDESK_FAULTS_SEED", "1"))
SENDERS = 8  # delivery.senders
PHONED = "direction = 'in' AND conversation LIKE 'whatsapp/%'"


@asynccontextmanager
async def manned(server: Server, folder: Path, **settings: str) -> AsyncIterator[Fleet]:
    async with fleet(server, folder) as here:
        here.settings |= settings
        await here.man(webs=2, workers=2)
        yield here


@asynccontextmanager
async def mixed(
    server: Server, folder: Path
) -> AsyncIterator[tuple[Fleet, Town, WhatsAppTown, Load]]:
    """A fleet with programs at its API and people on both platforms, which call the balancer."""
    async with (
        fleet(server, folder) as here,
        senders() as customers,
        town(here, people=20, PORT="0", PUBLIC_URL=here.url) as people,
        whatsapp_town(here, 20, **people.settings) as phones,
    ):
        here.settings |= phones.settings
        await here.man(webs=2, workers=2)
        yield here, people, phones, Load(here, customers)


def report(test: str, **figures: Any) -> None:
    said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())
    print(f"FIGURES {test} | postgresql | seed {SEED} | {said}")


async def test_t1_twenty_kills_under_load(postgres_server: Server, tmp_path: Path) -> None:
    """kill -9 of any process every 3 to 7 s under load on three channels, a thousand chats."""
    chance = random.Random(SEED)
    async with mixed(postgres_server, tmp_path) as (here, people, phones, load):
        caught = 0
        longest = 0.0
        chats = 960
        began = time.monotonic()
        async with (
            load.talk("c", chats=chats, gap=chats / RATE, stubborn=False),
            people.everybody_talking(gap=1.0),
            phones.everybody_talking(gap=1.0),
        ):
            for _ in range(KILLS):
                await asyncio.sleep(chance.uniform(3, 7))
                doomed = here.any(chance)
                doomed.freeze()
                caught += len(people.rows(f"state = 'sending' AND owner LIKE '%:{doomed.pid}:%'"))
                killed = time.monotonic()
                await here.replace(doomed)
                longest = max(longest, time.monotonic() - killed)
        loaded = time.monotonic() - began
        began = time.monotonic()
        assert await people.settled(120)
        took = time.monotonic() - began
        assert await phones.settled(120)  # a platform that can be asked is asked for a minute
        found = await here.verdict(load.customers)
        unknown = people.answers("state = 'unknown'") + phones.answers("state = 'unknown'")
        said = [*people.messages, *phones.messages]
        report(
            "T1",
            kills=KILLS,
            tried=sum(map(len, load.customers.tried.values())) + len(said),
            acknowledged=len(load.customers.acknowledged),
            codes=dict(load.customers.codes),
            refused_at_the_balancer=here.balancer.refused,
            seconds=f"{loaded:.0f}",
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


async def test_t2_every_copy_of_a_storm(postgres_server: Server, tmp_path: Path) -> None:
    async with manned(postgres_server, tmp_path) as here, senders() as customers:
        load = Load(here, customers)
        chats, each = 50, 20
        codes = await load.storm("c", chats, each, gap=chats * COPIES / RATE)
        assert sorted(codes) == [200] * chats * each * (COPIES - 1) + [202] * chats * each
        assert await here.verdict(customers) == KEPT
        answers = count(here.dsn, "direction = 'out'")
        report(
            "T2",
            messages=chats * each,
            copies=len(codes),
            answers=answers,
            p50_ack_s=f"{load.at(0.5):.3f}",
            p99_ack_s=f"{load.at(0.99):.3f}",
        )
        assert answers == chats * each


async def test_t13_ten_rolling_restarts(postgres_server: Server, tmp_path: Path) -> None:
    async with manned(postgres_server, tmp_path) as here, senders() as customers:
        load = Load(here, customers)
        slowest = 0.0
        chats = 100
        async with load.talk("c", chats=chats, gap=chats * 2 / RATE):
            for n in range(10):
                kind = here.webs if n % 2 else here.workers
                slowest = max(slowest, await here.roll(kind[0]))
                assert here.stranded() == []
        found = await here.verdict(customers)
        await here.stopped()
        report(
            "T13",
            restarts=10,
            acknowledged=len(customers.acknowledged),
            codes=dict(customers.codes),
            slowest_stop_s=f"{slowest:.1f} of {GRACE:.0f}",
            p99_ack_s=f"{load.at(0.99):.2f}",
        )
        assert found == KEPT
        assert here.stranded() == []
        assert "Traceback" not in here.said
        assert '"level": "error"' not in here.said


async def test_t14_a_table_held_five_times(
    postgres_server: Server, tmp_path: Path, customers: Senders
) -> None:
    """Ten seconds each, with customers at the API and on both platforms."""
    async with mixed(postgres_server, tmp_path) as (here, people, phones, load):
        recovered = []
        async with (
            load.talk("c", chats=50, gap=0.5),
            people.everybody_talking(gap=2.0),
            phones.everybody_talking(gap=2.0),
        ):
            for _ in range(5):
                await load.more(100)
                with holding(here.dsn) as holder:
                    for _ in range(10):
                        await asyncio.sleep(1)
                        missing = set(load.customers.acknowledged) - stored_as(holder)
                        assert not missing
                released = time.monotonic()
                await load.more(1)
                recovered.append(time.monotonic() - released)
        found = await here.verdict(load.customers)
        assert await people.settled()
        assert await phones.settled()
        codes = dict(load.customers.codes)
        report(
            "T14",
            times=5,
            acknowledged=len(load.customers.acknowledged),
            codes=codes,
            recovered_s=f"{max(recovered):.2f}",
        )
        assert found == KEPT
        assert people.verdict() == KEPT_ON_PHONES
        assert phones.verdict() == KEPT_ON_PHONES
        assert all(each.accepted for each in phones.deliveries)  # Twilio tries nothing again
        assert max(recovered) <= 2


async def test_what_twilio_gave_up_on_is_found_soon_after_the_database_is_back(
    postgres_server: Server, tmp_path: Path
) -> None:
    """A web process refuses it, and tells the worker that leads: its next look is minutes away."""
    async with mixed(postgres_server, tmp_path) as (here, _, phones, _):
        await phones.all_say(1)
        assert await phones.settled()
        phones.api.deliver_to(here.url + HOOK)  # from now on it tries each once
        await asyncio.sleep(30)  # the look that every start begins with is over
        with holding(here.dsn):
            await phones.all_say(1)
            await phones.api.wait_delivered(60)
            await asyncio.sleep(14)  # nothing waits for the table any more
        released = time.monotonic()
        refused = [each for each in phones.deliveries if not each.accepted]
        async with asyncio.timeout(90):
            while len(phones.rows(PHONED)) < len(phones.messages):
                await asyncio.sleep(0.1)
        took = time.monotonic() - released
        assert await phones.settled()
        report("missed", refused=len(refused), found_s=f"{took:.0f}")
        assert refused
        assert phones.verdict() == KEPT_ON_PHONES


async def test_t9_one_send_in_twenty_is_cut_off(postgres_server: Server, tmp_path: Path) -> None:
    async with mixed(postgres_server, tmp_path) as (here, people, phones, _):
        people.api.fail("sendMessage", cut(accepted=True), times=None, share=0.05)
        phones.api.statuses.never = True  # only its list tells what Twilio has taken
        phones.api.fail("messages.create", cut_by_twilio(accepted=True), times=None, share=0.05)
        await asyncio.gather(people.all_say(15, gap=1.0), phones.all_say(15, gap=1.0))
        assert await phones.settled(200)
        assert await people.settled(200, staff=True)
        unknown = people.answers("state = 'unknown'")
        looked_up = here.said.count('"event": "send_looked_up"')
        report(
            "T9",
            sends=len(people.messages) + len(phones.messages),
            unknown=len(unknown),
            told=len(people.told()),
            looked_up=looked_up,
        )
        assert people.verdict() == KEPT_ON_PHONES
        assert phones.verdict() == KEPT_ON_PHONES
        assert len(unknown) == len(people.told()) > 0
        assert looked_up
        assert phones.answers("state = 'unknown'") == []
        assert await drained(here.dsn)
