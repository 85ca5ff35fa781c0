"""One leads; who says nothing for a while is gone, and what it held is free."""

from __future__ import annotations

import asyncio

from bot.fleet.crew import Stage
from bot.intake.ports import Later, Opened
from tests.builders import BOOK, CHAT, NOON, answered, arrival, incoming, settlement

WORKS, DOORS, RETIRES = Stage.WORKS, Stage.DOORS, Stage.RETIRES


async def renew(ledger, owner, at, stage=WORKS, lead=True, seconds=5.0):
    return await ledger.renew(owner, stage=stage, lead=lead, now=at, until=at + seconds)


async def test_of_many_that_begin_at_once_one_leads(shared):
    found = await asyncio.gather(*(renew(shared, f"w{n}", NOON) for n in range(8)))
    assert sum(each.leads for each in found) == 1
    assert (await renew(shared, "doors", NOON, DOORS, lead=False)).workers == {
        f"w{n}" for n in range(8)
    }


async def test_the_leader_leads_on_until_its_lease_is_over(shared):
    assert (await renew(shared, "a", NOON)).leads
    assert not (await renew(shared, "b", NOON + 4.9)).leads
    assert (await renew(shared, "a", NOON + 4.9)).leads
    assert not (await renew(shared, "b", NOON + 9.8)).leads
    assert (await renew(shared, "b", NOON + 9.9)).leads
    assert not (await renew(shared, "a", NOON + 10)).leads


async def test_who_resigns_is_followed_at_once(shared):
    assert (await renew(shared, "a", NOON)).leads
    await shared.resign("a")
    found = await renew(shared, "b", NOON + 0.1)
    assert (found.leads, found.workers) == (True, {"b"})


async def test_doors_and_guests_never_lead(shared):
    assert not (await renew(shared, "doors", NOON, DOORS, lead=False)).leads
    assert not (await renew(shared, "guest", NOON, WORKS, lead=False)).leads
    assert (await renew(shared, "a", NOON)).leads


async def test_who_retires_gets_no_conversations_but_keeps_what_it_has(shared):
    await renew(shared, "a", NOON)
    found = await renew(shared, "a", NOON + 1, RETIRES)
    assert (found.workers, found.leads) == (frozenset(), True)
    assert "a" in found.living


async def test_the_lines_of_a_worker_that_is_gone_are_free_and_it_can_settle_nothing(shared):
    await shared.accept(arrival(incoming()))
    opened = await shared.begin(CHAT, "gone", NOON + 4, BOOK, 7)
    assert isinstance(opened, Opened)
    assert isinstance(await shared.begin(CHAT, "b", NOON + 5, BOOK, 7), Later)
    assert await shared.release_gone(["b", "gone"], NOON + 5) == 0  # it lives
    assert await shared.release_gone(["b"], NOON + 5) == 1
    again = await shared.begin(CHAT, "b", NOON + 5, BOOK, 7)
    assert isinstance(again, Opened)
    assert again.turn.id == opened.turn.id
    assert (await shared.settle(settlement(opened, answered(opened), owner="gone"))).fenced
    assert not (await shared.settle(settlement(again, answered(again), owner="b"))).fenced


async def test_only_the_leader_takes_what_is_to_be_sent(shared):
    pushed = incoming(chat=CHAT.__class__("wire", "shop", "1"))
    await shared.accept(arrival(pushed))
    opened = await shared.begin(pushed.conversation, "a", NOON + 4, BOOK, 7)
    await shared.settle(settlement(opened, answered(opened), owner="a"))
    await renew(shared, "a", NOON + 5)

    async def take(owner, at):
        return await shared.take(owner, at, at + 15, 8, ["wire"])

    assert not await take("b", NOON + 6)
    assert not await take("a", NOON + 11)  # its lease is over, though nobody else leads
    assert len(await take("a", NOON + 6)) == 1


async def test_the_database_tells_its_time(shared):
    import time

    assert abs(await shared.database_time() - time.time()) < 30
