"""A process of a fleet wakes what is its own, tells the others, and stops leading in time."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from bot.clock import Clock
from bot.errors import LedgerError
from bot.fleet.clock import DatabaseClock
from bot.fleet.crew import Crew, Stage
from bot.fleet.fleet import LEASE_SECONDS, MARGIN_SECONDS, Fleet
from bot.fleet.neighbours import Alone, Household
from bot.fleet.signals import unpacked
from bot.model import ConversationKey
from bot.presence import Presence, Sign

CHATS = [ConversationKey("web", "", f"c{n}") for n in range(40)]
PUSHED = ConversationKey("telegram", "bot", "1")
OTHERS = frozenset({"me", "other"})


@dataclass
class Seen:
    workers: frozenset[str] = frozenset({"me"})
    living: frozenset[str] = frozenset({"me"})
    leads: bool = False


@dataclass
class Roll:
    """What is written down, and what the next renewal sees."""

    seen: Seen = field(default_factory=Seen)
    renewals: list[tuple[Stage, bool]] = field(default_factory=list)
    freed_for: list[frozenset[str]] = field(default_factory=list)
    resigned: bool = False
    away: bool = False

    async def renew(self, owner, *, stage, lead, now, until):
        if self.away:
            raise LedgerError("away")
        self.renewals.append((stage, lead))
        return self.seen

    async def release_gone(self, living, now):
        self.freed_for.append(living)
        return 0

    async def resign(self, owner):
        if self.away:
            raise LedgerError("away")
        self.resigned = True

    async def time(self):
        if self.away:
            raise LedgerError("away")
        return 1_000.0


class Voice:
    """Tells nobody, and remembers what it was to tell."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.heard = lambda text: None
        self.missed = lambda: None
        self._stopped = asyncio.Event()

    def made(self, owner, heard, missed):
        self.heard, self.missed = heard, missed
        return self

    def ring(self, signal):
        self.told.append(signal)

    async def run(self):
        await self._stopped.wait()

    def stop(self):
        self._stopped.set()


class Rig:
    def __init__(self, stage=Stage.WORKS, may_lead=True, rings=True) -> None:
        self.now = 1_000.0
        self.roll, self.voice, self.presence = Roll(), Voice(), Presence()
        clock = Clock(now=lambda: self.now)
        self.fleet = Fleet(
            "me",
            self.roll,
            self.voice.made,
            DatabaseClock(clock, self.roll.time),
            clock,
            stage=stage,
            may_lead=may_lead,
            watched={"web"},
        )
        self.rung: list[tuple[ConversationKey, bool]] = []
        self.in_hand: set[ConversationKey] = set()
        self.couriers = self.looks = self.forgets = self.missed = 0
        self.fleet.meet(
            Household(
                self.presence,
                (lambda chat, hurry: self.rung.append((chat, hurry))) if rings else None,
                self.in_hand.__contains__,
                self._courier,
                self._look,
                self._look_for_missed,
                self._forget,
            )
        )

    async def renewed(self):
        """Somebody came or went, and it has looked."""
        before = len(self.roll.renewals)
        self.voice.heard("crew")
        async with asyncio.timeout(5):
            while len(self.roll.renewals) == before:
                await asyncio.sleep(0.01)

    def _courier(self):
        self.couriers += 1

    def _forget(self):
        self.forgets += 1

    def _look_for_missed(self):
        self.missed += 1

    def _look(self):
        self.looks += 1


@asynccontextmanager
async def opened(**how):
    rig = Rig(**how)
    rig.roll.seen = Seen(OTHERS, OTHERS, leads=False)
    await rig.fleet.open()
    rig.voice.told.clear()
    rig.couriers = rig.looks = 0
    try:
        yield rig
    finally:
        await rig.fleet.leave()
        await rig.fleet.close()


def of(worker: str) -> list[ConversationKey]:
    return [chat for chat in CHATS if Crew(worker, OTHERS).serves(str(chat))]


async def test_what_arrives_is_told_and_served_here_only_if_it_is_ours():
    async with opened() as rig:
        for chat in CHATS:
            rig.fleet.arrived(chat, False)
        assert rig.rung == [(chat, False) for chat in of("me")]
        assert rig.voice.told == [f"arrived {chat}" for chat in CHATS]


async def test_what_others_tell_wakes_the_same_parts():
    async with opened() as rig:
        rig.voice.heard("\n".join([*(f"hurry {chat}" for chat in CHATS), "outbox", "nonsense"]))
        assert rig.rung == [(chat, True) for chat in of("me")]
        assert rig.couriers == 1
        assert rig.voice.told == []  # what was heard is not told again


async def test_a_burst_in_hand_is_hurried_though_the_chat_is_another_s_by_now():
    async with opened() as rig:
        rig.in_hand.add(of("other")[0])
        rig.voice.heard(f"hurry {of('other')[0]}")
        assert rig.rung == [(of("other")[0], True)]


async def test_doors_ring_no_line_and_never_lead():
    async with opened(stage=Stage.DOORS, may_lead=False, rings=False) as rig:
        rig.fleet.arrived(CHATS[0], True)
        assert rig.voice.told == [f"hurry {CHATS[0]}"]
        assert rig.roll.renewals == [(Stage.DOORS, False)]


async def test_pages_see_signs_of_every_process_and_platforms_are_not_told():
    async with opened() as rig:
        with rig.presence.watch(CHATS[0]) as watcher:
            rig.voice.heard(f"typing {CHATS[0]}\narrived {CHATS[0]}\nidle {CHATS[0]}")
            signs = [await watcher.next(1) for _ in range(3)]
        assert signs == [Sign.TYPING, Sign.NEWS, Sign.IDLE]
        rig.fleet.show(CHATS[0], Sign.ERASED)
        rig.fleet.show(PUSHED, Sign.TYPING)
        rig.voice.heard(f"erased {PUSHED}")
        assert rig.forgets == 2  # what is remembered of texts is dropped in every process
        assert [str(each) for each in unpacked("\n".join(rig.voice.told))] == [f"erased {CHATS[0]}"]


async def test_after_a_broken_connection_everybody_looks_for_themselves():
    async with opened() as rig:
        with rig.presence.watch(CHATS[0]) as watcher:
            rig.voice.missed()
            assert await watcher.next(1) is Sign.NEWS
        assert (rig.looks, rig.couriers, rig.missed) == (1, 1, 1)


async def test_what_one_process_has_refused_every_other_looks_for_if_it_can():
    async with opened(stage=Stage.DOORS, may_lead=False) as doors:
        doors.fleet.refused()
        assert (doors.voice.told, doors.missed) == (["refused"], 1)
    async with opened() as worker:
        worker.voice.heard("refused")
        assert worker.missed == 1
        worker.voice.heard("arrived web//c1\noutbox\ncrew")
        assert worker.missed == 1


async def test_a_leader_that_cannot_say_so_stops_leading_before_its_lease_is_over():
    async with opened() as rig:
        rig.roll.seen = Seen(OTHERS, OTHERS, leads=True)
        rig.voice.heard("crew")  # somebody came or went: look at once
        async with asyncio.timeout(5):
            while not rig.fleet.leads():
                await asyncio.sleep(0.01)
        rig.roll.away = True
        rig.now += LEASE_SECONDS - MARGIN_SECONDS - 0.01
        assert rig.fleet.leads()
        rig.now += 0.02
        assert not rig.fleet.leads()


async def test_doors_with_nobody_behind_them_say_so_once():
    with capture_logs() as logs:
        async with opened(stage=Stage.DOORS, may_lead=False) as rig:
            assert rig.fleet.workers() == 2
            rig.roll.seen = Seen(frozenset(), frozenset({"me"}))
            for _ in range(3):
                await rig.renewed()
            assert rig.fleet.workers() == 0
            rig.roll.seen = Seen(OTHERS, OTHERS)
            await rig.renewed()
            assert rig.fleet.workers() == 2
    assert [each["event"] for each in logs] == ["no_worker"]


async def test_doors_that_open_before_any_worker_say_so():
    rig = Rig(stage=Stage.DOORS, may_lead=False)
    rig.roll.seen = Seen(frozenset(), frozenset({"me"}))
    with capture_logs() as logs:
        await rig.fleet.open()
    assert [each["event"] for each in logs] == ["no_worker"]
    await rig.fleet.leave()
    await rig.fleet.close()


async def test_the_leader_frees_what_is_held_by_who_is_gone():
    async with opened() as rig:
        rig.roll.seen = Seen(frozenset({"me"}), frozenset({"me"}), leads=True)
        before = rig.looks
        rig.voice.heard("crew")
        async with asyncio.timeout(5):
            while not rig.roll.freed_for:
                await asyncio.sleep(0.01)
        assert rig.roll.freed_for[0] == {"me"}
        assert rig.looks > before  # whoever is left looks at what is free now


async def test_who_retires_leads_on_and_resigns_when_it_leaves():
    async with opened() as rig:
        rig.roll.seen = Seen(OTHERS, OTHERS, leads=True)
        await rig.fleet.retire()
        assert rig.roll.renewals[-1] == (Stage.RETIRES, False)  # it did not lead before
        await rig.fleet.retire()
        await rig.fleet.leave()
        assert rig.roll.resigned
        assert not rig.fleet.leads()
        assert rig.voice.told[-1] == "crew"


async def test_leaving_is_no_trouble_while_the_database_is_away():
    async with opened() as rig:
        rig.roll.away = True
        async with asyncio.timeout(5):
            await rig.fleet.retire()
            await rig.fleet.leave()


@pytest.mark.parametrize("rings", [True, False])
async def test_alone_news_reach_the_own_line_and_pages(rings):
    rig = Rig(rings=rings)
    alone = Alone("me")
    alone.arrived(CHATS[0], True)  # nobody is there yet
    alone.meet(rig.fleet._household)  # the same parts
    with rig.presence.watch(CHATS[0]) as watcher:
        alone.arrived(CHATS[0], True)
        assert await watcher.next(1) is Sign.NEWS
    assert rig.rung == ([(CHATS[0], True)] if rings else [])
    alone.refused()
    assert (rig.missed, alone.workers()) == (1, 1)
    alone.wake_courier()
    assert (rig.couriers, alone.leads(), alone.serves(CHATS[0])) == (1, True, True)
