"""The judge is judged: each build with a fault in it is caught."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from tests.faults.judge import (
    Findings,
    all_leased,
    drained,
    from_database,
    held,
    leased,
    replies,
    stored,
    strike,
)
from tests.faults.rig import HOLDING_BACK, ONE_BY_ONE, QUICK, Bench, Senders, senders

SHORT = 2.5  # seconds for what a sound build does in a fraction of one
CANARY = "Kanarienvogel 7731"

Scenario = Callable[[Bench, Senders, str], Awaitable[bool]]


async def _judged(bench: Bench, customers: Senders) -> Findings:
    await drained(bench.database, SHORT)
    return from_database(bench.database, customers)


async def killed_after_the_last_yes(bench: Bench, customers: Senders, build: str) -> bool:
    program = await bench.start(QUICK, broken=build)
    await customers.fill(program, 10, 2)
    program.kill()
    await bench.start(QUICK, broken=build)
    return bool((await _judged(bench, customers)).lost)


async def held_by_another_process(bench: Bench, customers: Senders, build: str) -> bool:
    program = await bench.start(QUICK, broken=build)
    with held(bench.database):
        posts = asyncio.ensure_future(customers.fill(program, 5, 1))
        await asyncio.sleep(1)
        early = set(customers.acknowledged) - stored(bench.database)
    await posts
    return bool(early)


async def repeated_after_a_kill(bench: Bench, customers: Senders, build: str) -> bool:
    program = await bench.start(QUICK, broken=build)
    await customers.fill(program, 5, 2)
    await drained(bench.database, SHORT)
    program.kill()
    program = await bench.start(QUICK, broken=build)
    await customers.fill(program, 5, 2)
    return bool((await _judged(bench, customers)).doubled)


async def many_copies(bench: Bench, customers: Senders, build: str) -> bool:
    program = await bench.start(QUICK, broken=build)
    await asyncio.gather(*(customers.say(program, "one", "only") for _ in range(100)))
    return bool((await _judged(bench, customers)).doubled)


async def many_chats(bench: Bench, customers: Senders, build: str) -> bool:
    program = await bench.start(HOLDING_BACK, broken=build)
    await customers.fill(program, 20, 1)
    return not await all_leased(bench.database, 20, SHORT)


async def bursts(bench: Bench, customers: Senders, build: str) -> Findings:
    program = await bench.start({"NIGHTDESK__INBOX__PAUSE_SECONDS": "1"}, broken=build)
    await customers.fill(program, 5, 6)
    return await _judged(bench, customers)


async def a_burst_in_order(bench: Bench, customers: Senders, build: str) -> bool:
    return bool((await bursts(bench, customers, build)).reordered)


async def a_burst_as_one(bench: Bench, customers: Senders, build: str) -> bool:
    await bursts(bench, customers, build)
    return max(replies(bench.database).values()) > 3


async def one_turn_at_a_time(bench: Bench, customers: Senders, build: str) -> bool:
    program = await bench.start(ONE_BY_ONE, broken=build)
    await asyncio.gather(*(customers.say(program, "c", f"m{n}") for n in range(40)))
    return bool((await _judged(bench, customers)).overlapping)


async def killed_in_a_burst(bench: Bench, customers: Senders, build: str) -> bool:
    program = await bench.start(HOLDING_BACK, broken=build)
    await customers.fill(program, 5, 2)
    while not leased(bench.database):
        await asyncio.sleep(0.01)
    program.kill()
    await bench.start(QUICK, broken=build)
    found = await _judged(bench, customers)
    return bool(found.stranded)  # whether it was acknowledged before the kill is chance


async def killed_in_turns(bench: Bench, customers: Senders, build: str) -> Findings:
    program = await bench.start(ONE_BY_ONE, broken=build)
    posts = [customers.say(program, f"c{n % 20}", f"m{n}") for n in range(120)]
    posting = asyncio.gather(*posts)
    await strike(program, answered=10, more_coming=True)
    await posting
    await bench.start(ONE_BY_ONE, broken=build)
    return await _judged(bench, customers)


async def turns_go_on_after_a_kill(bench: Bench, customers: Senders, build: str) -> bool:
    found = await killed_in_turns(bench, customers, build)
    return bool(found.stranded)  # whether it was acknowledged before the kill is chance


async def answers_are_whole_after_a_kill(bench: Bench, customers: Senders, build: str) -> bool:
    return bool((await killed_in_turns(bench, customers, build)).doubled)


async def a_second_process(bench: Bench, customers: Senders, build: str) -> bool:
    await bench.start(QUICK, broken=build)
    second = bench.launch(QUICK, broken=build)
    while second.process.poll() is None and not second.url:
        await asyncio.sleep(0.02)
    return bool(second.url)


async def a_stop_in_a_burst(bench: Bench, customers: Senders, build: str) -> bool:
    program = await bench.start(HOLDING_BACK, broken=build)
    await customers.fill(program, 5, 2)
    while not leased(bench.database):
        await asyncio.sleep(0.01)
    program.send(signal.SIGTERM)
    await program.ended()
    return bool(leased(bench.database))


async def a_quiet_log(bench: Bench, customers: Senders, build: str) -> bool:
    program = await bench.start(QUICK, broken=build)
    await customers.say(program, "c", "m", CANARY)
    await drained(bench.database, SHORT)
    return CANARY in program.out + program.err


async def a_chat_that_writes_and_writes(bench: Bench, customers: Senders, build: str) -> bool:
    program = await bench.start(
        {**HOLDING_BACK, "NIGHTDESK__INBOX__QUEUE_MESSAGES": "4"}, broken=build
    )
    await customers.fill(program, 1, 8)
    return customers.codes[429] == 0


async def asked_while_it_leaves(bench: Bench, customers: Senders, build: str) -> bool:
    program = await bench.start({**QUICK, "NIGHTDESK__WEB__DRAIN_SECONDS": "1"}, broken=build)
    program.send(signal.SIGTERM)
    heard = set()
    with suppress(aiohttp.ClientError):  # until the socket closes
        while program.process.poll() is None:
            async with customers._http.get(f"{program.url}/readyz") as r:
                heard.add(r.status)
    return 503 not in heard


CATCHES: list[tuple[str, Scenario]] = [
    ("ack_before_write", killed_after_the_last_yes),
    ("ack_before_write", held_by_another_process),
    ("memory_dedupe", repeated_after_a_kill),
    ("look_then_write", many_copies),
    ("in_line", many_chats),
    ("newest_first", a_burst_in_order),
    ("joins_nothing", a_burst_as_one),
    ("no_lease", one_turn_at_a_time),
    ("leases_kept", killed_in_a_burst),
    ("turns_not_reopened", turns_go_on_after_a_kill),
    ("settle_in_two_steps", answers_are_whole_after_a_kill),
    ("no_lock", a_second_process),
    ("stop_keeps_leases", a_stop_in_a_burst),
    ("talkative_log", a_quiet_log),
    ("no_queue_cap", a_chat_that_writes_and_writes),
    ("green_while_leaving", asked_while_it_leaves),
]


@pytest.mark.parametrize(("build", "scenario"), CATCHES, ids=lambda each: _name(each))
async def test_a_broken_build_is_caught(tmp_path: Path, build: str, scenario: Scenario) -> None:
    """What goes wrong only in a race has three of them to go wrong in."""
    for n in range(3):
        folder = tmp_path / str(n)
        folder.mkdir()
        bench = Bench(folder / "desk.db")
        try:
            async with senders() as customers:
                if await scenario(bench, customers, build):
                    return
        finally:
            bench.end()
    raise AssertionError(f"{build} was not caught")


def _name(each: object) -> str:
    return (each if isinstance(each, str) else getattr(each, "__name__", "")).replace("_", " ")


@pytest.mark.full
@pytest.mark.parametrize(
    "scenario", [a_chat_that_writes_and_writes, asked_while_it_leaves], ids=_name
)
async def test_a_sound_build_is_not(bench: Bench, customers: Senders, scenario: Scenario) -> None:
    assert not await scenario(bench, customers, "")
