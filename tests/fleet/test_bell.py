"""Processes wake each other over a real PostgreSQL, and a broken connection is made anew."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import asyncpg

from bot.ledger.bell import Bell

SECONDS = 20.0


@asynccontextmanager
async def ringing(dsn, *names):
    """Bells of these names, all connected; what each has heard."""
    heard = {name: [] for name in names}
    missed = {name: asyncio.Event() for name in names}
    bells = {
        name: Bell(dsn, name, lambda text, to=heard[name]: to.extend(text.split("\n")), event.set)
        for name, event in missed.items()
    }
    running = [asyncio.create_task(bell.run()) for bell in bells.values()]
    async with asyncio.timeout(SECONDS):
        for event in missed.values():
            await event.wait()
    try:
        yield bells, heard, missed
    finally:
        for bell in bells.values():
            bell.stop()
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(*running)


async def until(condition):
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.01)


async def test_the_others_hear_it_once_and_oneself_does_not(dsn):
    async with ringing(dsn, "a", "b", "c") as (bells, heard, _):
        for n in range(3_000):  # more than one notification can hold
            bells["a"].ring(f"arrived web//{n}")
        wanted = [f"arrived web//{n}" for n in range(3_000)]
        await until(lambda: len(heard["b"]) >= 3_000 and len(heard["c"]) >= 3_000)
        assert heard["b"] == heard["c"] == wanted
        assert heard["a"] == []


async def test_what_was_rung_before_the_end_is_told(dsn):
    async with ringing(dsn, "b") as (_, heard, __):
        async with ringing(dsn, "a") as (bells, ___, ____):
            bells["a"].ring("crew")
        await until(lambda: heard["b"] == ["crew"])


async def test_a_lost_connection_is_made_anew_and_whoever_missed_something_is_told(dsn):
    async with ringing(dsn, "a", "b") as (bells, heard, missed):
        missed["b"].clear()
        missed["a"].clear()
        killer = await asyncpg.connect(dsn)
        await killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'nightdesk-bell' AND datname = current_database()"
        )
        await killer.close()
        bells["a"].ring("outbox")  # it may find the dead connection, or the new one
        async with asyncio.timeout(SECONDS):
            await missed["a"].wait()
            await missed["b"].wait()
        bells["a"].ring("crew")
        await until(lambda: "crew" in heard["b"])


async def test_what_was_rung_on_a_dead_connection_is_told_over_the_next(dsn):
    """Otherwise a page at another process would show an answer only with its next heartbeat."""
    async with ringing(dsn, "a", "b") as (bells, heard, _):
        killer = await asyncpg.connect(dsn)
        await killer.execute(  # one of the two
            "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE"
            " application_name = 'nightdesk-bell' AND datname = current_database() LIMIT 1) AS one"
        )
        await killer.close()
        for name, bell in bells.items():
            bell.ring(f"news web//{name}")
        await until(lambda: heard["a"] or heard["b"])


async def test_it_outlives_a_connection_that_is_ended_while_it_tells(dsn, monkeypatch):
    """The server's last word has come and the end of the connection has not."""
    async with ringing(dsn, "a", "b") as (bells, heard, _):
        execute = asyncpg.Connection.execute
        ended = []

        async def ends(self, *args, **more):
            if not ended:
                ended.append(1)
                raise asyncpg.InternalClientError("another operation (2) is in progress")
            return await execute(self, *args, **more)

        monkeypatch.setattr(asyncpg.Connection, "execute", ends)
        bells["a"].ring("crew")
        await until(lambda: heard["b"] == ["crew"])


async def test_it_ends_while_there_is_no_database():
    bell = Bell("postgresql://nobody@127.0.0.1:9/none", "a", lambda _: None, lambda: None)
    running = asyncio.create_task(bell.run())
    bell.ring("crew")
    await asyncio.sleep(0.1)
    bell.stop()
    async with asyncio.timeout(SECONDS):
        await running
