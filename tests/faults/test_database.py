"""A database that is held by somebody else, or has no room left: no promise without a row."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

import pytest

from tests.faults.judge import KEPT, count, drained, held, stored, verdict
from tests.faults.rig import NO_BYTECODE, ONE_BY_ONE, PATIENCE, Bench, Program, Senders


def locked_in_a_turn(program: Program, lock: ExitStack) -> bool:
    """Freeze it, and whether it stands in a turn and outside of any write of its own."""
    program.freeze()
    if not count(program.database, "state = 'in_turn'"):
        return False
    try:
        lock.enter_context(held(program.database, patience=0.05))
    except sqlite3.OperationalError:  # frozen in the middle of a write, it holds the lock itself
        return False
    return True


@asynccontextmanager
async def caught(program: Program) -> AsyncIterator[None]:
    """Another process's open transaction, taken while a turn is under way."""
    with ExitStack() as lock:
        async with asyncio.timeout(PATIENCE):
            while not locked_in_a_turn(program, lock):
                program.thaw()
                await asyncio.sleep(0.003)
        program.thaw()
        yield


@contextmanager
def full_disk(program: Program) -> Iterator[None]:
    """No file of the program can grow, its log included."""
    before = resource.prlimit(program.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (1, before[1]))
    yield
    resource.prlimit(program.pid, resource.RLIMIT_FSIZE, before)


@asynccontextmanager
async def load(program: Program, customers: Senders) -> AsyncIterator[None]:
    """Ten chats that repeat each message until it is acknowledged; at the end all are."""
    over = asyncio.Event()

    async def poster(chat: str) -> None:
        n = 0
        while not over.is_set():
            while await customers.say(program, chat, f"m{n:04}") not in (200, 202):
                await asyncio.sleep(0.05)
            n += 1

    async with asyncio.TaskGroup() as group:
        for n in range(10):
            group.create_task(poster(f"c{n}"))
        yield
        over.set()


async def acknowledged(customers: Senders, more: int) -> None:
    """Wait until that many more messages are acknowledged."""
    enough = len(customers.acknowledged) + more
    async with asyncio.timeout(PATIENCE):
        while len(customers.acknowledged) < enough:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("patience", ["", "impatient"], ids=["waiting", "giving up"])
async def test_a_write_lock_held_elsewhere_costs_time_and_nothing_else(
    bench: Bench, customers: Senders, patience: str
) -> None:
    # As it is, the desk waits 12 seconds for the lock; "impatient" gives up after 0.2.
    program = await bench.start(ONE_BY_ONE, broken=patience)
    async with load(program, customers):
        await acknowledged(customers, 40)
        with held(bench.database):
            await asyncio.sleep(2)
            assert set(customers.acknowledged) <= stored(bench.database)
        await acknowledged(customers, 40)
    assert customers.codes.keys() == ({202, 503} if patience else {202})
    # Whatever was under way is taken up again at once, not when a lease has run out.
    assert await drained(bench.database, 10)
    assert await verdict(program, customers) == KEPT
    assert await program.terminated() == 0
    assert "Traceback" not in program.err


async def test_turns_caught_by_a_lock_go_on_when_it_is_gone(
    bench: Bench, customers: Senders
) -> None:
    program = await bench.start(ONE_BY_ONE, broken="hesitant")
    await customers.fill(program, 10, 1)
    posts = asyncio.gather(*(customers.say(program, f"q{n}", "m") for n in range(40)))
    async with caught(program):
        await posts  # what the lock keeps out is refused and not repeated
        await asyncio.sleep(1)
    # Nothing else comes in and no lease runs out this soon: the desk must try again by itself.
    assert await drained(bench.database, 10)
    assert await verdict(program, customers) == KEPT


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux")
async def test_a_full_disk_takes_no_message_and_loses_none(
    bench: Bench, customers: Senders
) -> None:
    program = await bench.start({**ONE_BY_ONE, **NO_BYTECODE})
    async with load(program, customers):
        await acknowledged(customers, 40)
        with full_disk(program):
            while customers.codes[503] < 20:
                await asyncio.sleep(0.01)
            assert set(customers.acknowledged) <= stored(bench.database)
        await acknowledged(customers, 40)
    assert customers.codes.keys() == {202, 503}
    assert await drained(bench.database, 10)
    assert await verdict(program, customers) == KEPT
    assert await program.terminated() == 0
    assert "Traceback" not in program.err
