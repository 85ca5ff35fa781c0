"""SIGTERM under load: out in time, nothing lost, nothing doubled, nothing to be ashamed of."""

from __future__ import annotations

import asyncio
import signal

from tests.faults.judge import KEPT, drained, leased, strike, verdict
from tests.faults.rig import ONE_BY_ONE, Bench, Senders

GRACE = 15.0  # seconds that a platform gives between SIGTERM and SIGKILL
CANARY = "Kanarienvogel 7731"


async def test_three_rolling_restarts_under_load(bench: Bench, customers: Senders) -> None:
    programs = [await bench.start(ONE_BY_ONE)]
    over = False

    async def poster(chat: str) -> None:
        """Repeats a message until it is acknowledged, as a sender should."""
        n = 0
        while not over:
            text = f"Qual o horário? {CANARY}"
            while await customers.say(programs[-1], chat, f"m{n:04}", text) not in (200, 202):
                await asyncio.sleep(0.02)
            n += 1

    async with asyncio.TaskGroup() as group:
        for n in range(10):
            group.create_task(poster(f"c{n}"))
        for _ in range(3):
            already = len(customers.acknowledged)
            while len(customers.acknowledged) < already + 40:
                await asyncio.sleep(0.005)
            await strike(programs[-1], signal.SIGTERM, more_coming=True)
            assert await programs[-1].ended(GRACE) == 0
            assert leased(bench.database) == []
            programs.append(await bench.start(ONE_BY_ONE))
        over = True
    assert await drained(bench.database)
    assert await verdict(programs[-1], customers) == KEPT
    assert await programs[-1].terminated(GRACE) == 0
    assert set(customers.codes) <= {0, 200, 202, 503}
    for program in programs:
        said = program.out + program.err
        assert "Traceback" not in said
        assert "Kanarienvogel" not in said
        assert '"level": "error"' not in said


async def test_a_stop_in_the_middle_of_a_burst_keeps_it_for_the_next_start(
    bench: Bench, customers: Senders
) -> None:
    program = await bench.start(
        {"NIGHTDESK__INBOX__PAUSE_SECONDS": "30", "NIGHTDESK__INBOX__PAUSE_CAP_SECONDS": "60"}
    )
    await customers.fill(program, 10, 2)
    assert await program.terminated(GRACE) == 0  # nobody waits for a customer to finish typing
    assert leased(bench.database) == []
    program = await bench.start()
    assert await drained(bench.database)
    assert await verdict(program, customers) == KEPT
