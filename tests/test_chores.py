"""What is done now and then: at the start and again, never beside itself, gone quickly."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from bot import chores
from bot.chores import Chore, Chores

PATIENCE = 10.0


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def done(*of: Chore, may_run: Callable[[], bool] = chores.always) -> AsyncIterator[Chores]:
    runner = Chores(of, may_run)
    runner.open()
    yield runner
    await runner.stop()


class Counted:
    """A chore that counts; `wants` are what it returns, `fails` how often it raises."""

    def __init__(self, *wants: float, fails: int = 0, lasts: float = 0.0) -> None:
        self.wants, self.fails, self.lasts = list(wants), fails, lasts
        self.begun = self.ended = self.most = 0

    async def __call__(self) -> float | None:
        self.begun += 1
        self.most = max(self.most, self.begun - self.ended)
        try:
            await asyncio.sleep(self.lasts)
            if self.fails:
                self.fails -= 1
                raise ValueError("what a customer wrote")
            return self.wants.pop(0) if self.wants else None
        finally:
            self.ended += 1


async def test_it_is_done_at_the_start_and_again_after_its_time():
    often, seldom = Counted(), Counted()
    async with done(Chore("often", 0.05, often), Chore("seldom", 3600, seldom)):
        await until(lambda: often.ended >= 4)
    assert seldom.ended == 1


async def test_it_comes_sooner_when_it_wants_to_or_is_asked_for():
    wanting = Counted(0.02, 0.02)
    chore = Chore("x", 3600, wanting)
    chore.bell.ring()  # nobody hears it yet
    async with done(chore):
        await until(lambda: wanting.ended == 3)
        chore.bell.ring(0.01)
        chore.bell.ring(1800)  # does not put it off
        await until(lambda: wanting.ended == 4)
    chore.bell.ring()
    assert wanting.begun == 4


async def test_it_is_asked_for_while_it_is_done_and_is_done_once_more_after_it():
    slow = Counted(lasts=0.2)
    chore = Chore("x", 3600, slow)
    async with done(chore):
        await until(lambda: slow.begun == 1)
        for _ in range(5):
            chore.bell.ring()
        await until(lambda: slow.ended == 2)
        await asyncio.sleep(0.3)
    assert (slow.begun, slow.most) == (2, 1)


async def test_none_overlaps_itself_and_none_waits_for_another(caplog):
    slow, quick = Counted(lasts=0.3), Counted()
    async with done(Chore("slow", 0.02, slow), Chore("quick", 0.02, quick)):
        await until(lambda: slow.ended == 2)
    assert slow.most == 1
    assert quick.ended > 5
    assert caplog.records == []  # nor does APScheduler say a word


async def test_one_that_is_due_while_the_program_is_busy_comes_late(caplog):
    """APScheduler by itself drops what is a second late."""
    counted = Counted()
    chore = Chore("x", 3600, counted)
    async with done(chore):
        await until(lambda: counted.ended == 1)
        chore.bell.ring(0.01)
        time.sleep(1.2)
        await until(lambda: counted.ended == 2)
    assert caplog.records == []


async def test_one_that_raises_is_logged_by_name_and_comes_again_ever_later(monkeypatch):
    monkeypatch.setattr(chores, "FIRST_REST", 0.05)
    broken = Counted(fails=3)
    began = time.monotonic()
    with structlog.testing.capture_logs() as logs:
        async with done(Chore("x", 3600, broken)):
            await until(lambda: broken.ended == 4)
    assert time.monotonic() - began > 0.05 + 0.1 + 0.2
    told = {"event": "chore_failed", "chore": "x", "error": "ValueError", "log_level": "error"}
    assert logs == [told] * 3


async def test_what_is_done_alone_is_done_by_whoever_leads(monkeypatch):
    monkeypatch.setattr(chores, "LEAD_SECONDS", 0.02)
    alone, everywhere = Counted(), Counted()
    leads = False
    of = Chore("alone", 3600, alone, alone=True), Chore("everywhere", 0.02, everywhere)
    async with done(*of, may_run=lambda: leads):
        await until(lambda: everywhere.ended >= 5)
        assert alone.begun == 0
        leads = True
        await until(lambda: alone.ended == 1)


async def test_a_stop_is_quick_and_final():
    endless = Counted(lasts=3600)
    runner = Chores([Chore("x", 0.02, endless)])
    await runner.stop()  # before it was opened
    runner = Chores([Chore("x", 0.02, endless)])
    runner.open()
    await until(lambda: endless.begun == 1)
    began = time.monotonic()
    await runner.stop()
    await runner.stop()
    assert time.monotonic() - began < 1
    assert endless.ended == 1
    await asyncio.sleep(0.1)
    assert endless.begun == 1


async def test_a_stop_while_it_opens_begins_nothing():
    never = Counted()
    runner = Chores([Chore("x", 0.02, never)])
    runner.open()
    await runner.stop()
    await asyncio.sleep(0.3)
    assert never.begun == 0


def test_apscheduler_is_loaded_late():
    code = "import sys, bot.app; sys.exit('apscheduler' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
