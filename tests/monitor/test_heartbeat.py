"""A beat at once, one in each minute, and none that is missed ends it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from bot.clock import Clock
from bot.errors import LedgerError
from bot.ledger.heartbeat import KEPT_MINUTES, beat, purge
from bot.monitor.heartbeat import Heartbeat
from tests.builders import NOON


@dataclass
class Time:
    """A clock that jumps when somebody sleeps, until `naps` are over."""

    at: float = NOON + 47.3
    naps: int = 3
    beats: list[float] = field(default_factory=list)
    fails: set[int] = field(default_factory=set)

    async def sleep(self, seconds: float) -> None:
        if not self.naps:
            await asyncio.sleep(3_600)
        self.naps -= 1
        self.at += seconds

    async def beat(self, at: float) -> None:
        self.beats.append(at)
        if len(self.beats) in self.fails:
            raise LedgerError("cannot write: SQLITE_FULL")

    async def run(self) -> None:
        """Until every nap is over, then cancelled."""
        task = asyncio.create_task(
            Heartbeat(self.beat, Clock(now=lambda: self.at, sleep=self.sleep)).run()
        )
        while self.naps:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_it_beats_at_once_and_then_once_in_each_minute():
    time = Time()
    await time.run()
    minutes = [int(at // 60) for at in time.beats]
    assert time.beats[0] == NOON + 47.3
    assert minutes == list(range(minutes[0], minutes[0] + 4))


async def test_it_goes_on_when_the_ledger_takes_nothing():
    time = Time(fails={1, 3})
    with capture_logs() as logged:
        await time.run()
    assert len(time.beats) == 4
    assert [(each["event"], each["error"]) for each in logged] == [
        ("heartbeat_missed", "LedgerError")
    ] * 2


async def test_a_minute_has_one_row_however_often_it_beats(engine, rows):
    for at in (NOON, NOON + 1, NOON + 59.9, NOON + 60):
        await engine.write(lambda c, at=at: beat(c, at))
    first = int(NOON // 60)
    assert await rows("SELECT minute FROM heartbeats ORDER BY 1") == [
        {"minute": first},
        {"minute": first + 1},
    ]


async def test_what_is_older_than_any_report_goes(engine, rows):
    kept, gone = NOON - KEPT_MINUTES * 60, NOON - (KEPT_MINUTES + 1) * 60
    for at in (gone, kept, NOON):
        await engine.write(lambda c, at=at: beat(c, at))
    await engine.write(lambda c: purge(c, NOON))
    assert [row["minute"] for row in await rows("SELECT minute FROM heartbeats ORDER BY 1")] == [
        int(kept // 60),
        int(NOON // 60),
    ]
