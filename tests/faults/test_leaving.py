"""Behind a load balancer: it hears of a stop before the socket closes, and loses nothing."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest

from tests.faults.judge import KEPT, drained, verdict
from tests.faults.rig import ONE_BY_ONE, Bench, Program, Senders

BEHIND_A_BALANCER = {**ONE_BY_ONE, "NIGHTDESK__WEB__DRAIN_SECONDS": "2"}
NO_WAITING = 25.0  # seconds; with the wait it would take minutes
LONG = {**ONE_BY_ONE, "NIGHTDESK__WEB__DRAIN_SECONDS": "110"}


async def readyz(customers: Senders, program: Program) -> tuple[int, str]:
    async with customers._http.get(f"{program.url}/readyz") as r:
        return r.status, (await r.json())["status"]


async def test_while_it_leaves_it_is_not_ready_and_serves_everything(
    bench: Bench, customers: Senders
) -> None:
    program = await bench.start(BEHIND_A_BALANCER)
    assert await readyz(customers, program) == (200, "ready")
    program.send(signal.SIGTERM)
    began = time.monotonic()
    while await readyz(customers, program) == (200, "ready"):
        await asyncio.sleep(0.01)
    assert await readyz(customers, program) == (503, "leaving")
    assert await customers.say(program, "c", "m1") == 202
    async with customers._http.get(f"{program.url}/healthz") as r:
        assert r.status == 200
    assert await program.ended() == 0
    assert time.monotonic() - began >= 1.8
    assert "Traceback" not in program.out + program.err
    program = await bench.start(ONE_BY_ONE)
    assert await drained(bench.database)
    assert await verdict(program, customers) == KEPT


@pytest.mark.parametrize(
    "signals", [(signal.SIGINT,), (signal.SIGTERM, signal.SIGTERM)], ids=["Ctrl+C", "twice"]
)
async def test_who_is_in_a_hurry_does_not_wait(
    bench: Bench, customers: Senders, signals: tuple[signal.Signals, ...]
) -> None:
    program = await bench.start(LONG)
    for number in signals:
        program.send(number)
        await asyncio.sleep(0.3)
    assert await program.ended(NO_WAITING) == 0
    assert "Traceback" not in program.out + program.err
