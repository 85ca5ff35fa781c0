"""What was written long before it was found: stored as written, charged as if it had come then."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.intake.ports import Allowance
from bot.model import Incoming, Kind, Limit
from tests.builders import NOON, arrival, incoming

ALLOWED = Allowance(messages_per_hour=10, commands_per_minute=3)


def late(ago: float, id: str, **more: object) -> Incoming:
    """Received at noon, written some seconds earlier."""
    return replace(incoming(f"text {id}", id=id), sent_at=NOON - ago, **more)


async def accepted(ledger, *messages: Incoming) -> list[Limit]:
    found = [await ledger.accept(arrival(each, allowance=ALLOWED)) for each in messages]
    return [each.limit for each in found]


async def test_a_backlog_is_charged_as_it_was_written(ledger):
    """Twenty commands in as many minutes are no flood, though they come in at once."""
    backlog = [late(1200 - 60 * n, f"m{n}", kind=Kind.COMMAND) for n in range(20)]
    assert set(await accepted(ledger, *backlog)) == {Limit.PASS}


async def test_a_flood_stays_a_flood(ledger):
    flood = [late(60.0 - n, f"m{n}") for n in range(20)]
    limits = await accepted(ledger, *flood)
    assert limits.count(Limit.PASS) <= 10
    assert limits.count(Limit.NOTICE) == 1


async def test_what_was_charged_meanwhile_is_not_forgotten(ledger, rows):
    """An old message after a new one does not look as if the clock had been set back."""
    await accepted(ledger, incoming("live", id="live", at=NOON))
    [before] = await rows("SELECT state FROM charges")
    await accepted(ledger, late(3000, "old"))
    [after] = await rows("SELECT state FROM charges")
    assert '"hour_count": 1' in before["state"]
    assert '"hour_count": 2' in after["state"]
    assert f'"hour_last": {NOON}' in after["state"]
    assert after["state"].count("@") == 2  # the risk remembers both


async def test_an_old_message_changes_nothing_that_a_newer_one_has_said(ledger, rows):
    live = replace(incoming("live", id="live"), name="Ana", address="BR.1")
    await accepted(ledger, live, late(3000, "old", address="", name=""))
    [chat] = await rows("SELECT last_in_at, name, address FROM conversations")
    assert chat == {"last_in_at": NOON, "name": "Ana", "address": "BR.1"}
    await accepted(ledger, replace(incoming("again", id="again", at=NOON + 9), name="Bia"))
    [chat] = await rows("SELECT last_in_at, name, address FROM conversations")
    assert chat == {"last_in_at": NOON + 9, "name": "Bia", "address": ""}


async def test_the_newest_of_a_backlog_says_where_to_answer(ledger, rows):
    await accepted(ledger, incoming("before", id="before", at=NOON - 9000))
    await accepted(ledger, late(60, "old", address="BR.1"))
    [chat] = await rows("SELECT last_in_at, address FROM conversations")
    assert chat == {"last_in_at": NOON - 60, "address": "BR.1"}


async def test_keys_are_kept_from_when_it_was_found(ledger, rows):
    await accepted(ledger, late(3 * 86_400, "old"))
    assert [row["at"] for row in await rows("SELECT at FROM deliveries")] == [NOON]
    assert [row["at"] for row in await rows("SELECT at FROM messages")] == [NOON - 3 * 86_400]


async def test_a_mark_is_kept_by_name_and_may_go_back(ledger):
    assert await ledger.mark("a") is None
    await ledger.set_mark("a", NOON)
    await asyncio.gather(*(ledger.set_mark("b", NOON) for _ in range(5)))
    await ledger.set_mark("b", NOON - 5)
    assert (await ledger.mark("a"), await ledger.mark("b")) == (NOON, NOON - 5)
