"""Nobody is there when customers write, and Twilio gives up. Later everybody is answered, once.

"curious" is the program itself with shorter waits: see broken_whatsapp.py. The stand-in's fifteen
seconds are one here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.faults.judge import held, looking
from tests.faults.rig import PATIENCE, Bench
from tests.faults.whatsapp_town import KEPT, WhatsAppTown, whatsapp_town

CURIOUS = "whatsapp.curious"
LONG = 4.0  # seconds for what a sound build does in half of them
HASTY = "&tt=1000"  # milliseconds within which a delivery has to be taken

Scenario = Callable[[Bench, str], Awaitable[list[str]]]


async def found(here: WhatsAppTown, build: str) -> bool:
    """Whether everything that was said is stored and nothing waits any more."""
    patience = PATIENCE if build == CURIOUS else LONG
    try:
        await here.api.wait_for(
            lambda: len(here.rows("direction = 'in'")) >= len(here.messages), patience
        )
    except AssertionError:
        return False
    return await here.settled()


async def marked(here: WhatsAppTown) -> None:
    """Wait for the first look: a desk that has never looked takes nothing from before it."""

    def mark() -> bool:
        with looking(here.bench.database) as connection:
            return bool(connection.execute("SELECT * FROM marks").fetchall())

    await here.api.wait_for(mark, PATIENCE)


def faults(here: WhatsAppTown, complete: bool) -> list[str]:
    """What is wrong, in words; nothing when everybody was answered exactly once and in order."""
    wrong = [] if complete else ["something was never found"]
    if here.verdict() != KEPT:
        wrong.append(f"{here.verdict()}")
    if here.shown != len(here.messages):
        wrong.append(f"{here.shown} answers to {len(here.messages)} messages")
    stored: dict[str, list[str]] = {chat: [] for chat in here.said}
    for row in here.rows("direction = 'in'"):
        stored[row["conversation"].split("/")[2].replace("%2B", "+")].append(row["external_id"])
    wrong += [f"out of order: {chat}" for chat in here.said if stored[chat] != here.said[chat]]
    return wrong


async def nobody_there(bench: Bench, build: str) -> list[str]:
    """kill -9, three messages of everybody a second apart and a fourth at once, a new start."""
    async with whatsapp_town(bench, people=4) as here:
        here.api.deliver_to(here.api.webhook.url + HASTY)
        program = await here.start(broken=build)
        await marked(here)
        await here.all_say(1)
        assert await here.settled()
        program.kill()
        await here.all_say(2, gap=1.0)
        await here.all_say(2)
        await here.api.wait_delivered(PATIENCE)
        assert len(here.api.webhook.lost) == 16
        await here.start(broken=build)
        return faults(here, await found(here, build))


async def locked_for_too_long(bench: Bench, build: str) -> list[str]:
    """The database is held elsewhere for longer than the hook may hold a delivery."""
    async with whatsapp_town(bench, people=3) as here:
        here.api.deliver_to(here.api.webhook.url.partition("#")[0])
        await here.start(broken=build)
        await marked(here)
        with held(bench.database):
            await here.all_say(1)
            await here.api.wait_delivered(PATIENCE)
        assert {tuple(each.statuses) for each in here.deliveries} == {(503,)}
        return faults(here, await found(here, build))


async def brought_by_both(bench: Bench, build: str) -> list[str]:
    """Everything is in the list as well; and what was lost is delivered after all, later."""
    async with whatsapp_town(bench, people=3) as here:
        here.api.deliver_to(here.api.webhook.url + HASTY)
        program = await here.start(broken=build)
        await marked(here)
        await here.all_say(1)
        program.kill()
        await here.all_say(1)
        await here.api.wait_delivered(PATIENCE)
        await here.start(broken=build)
        complete = await found(here, build)
        await here.delivered_again()
        await asyncio.sleep(2 if build == CURIOUS else 4)
        return faults(here, complete and await here.settled())


@pytest.mark.parametrize("scenario", [nobody_there, locked_for_too_long, brought_by_both])
async def test_what_was_missed_is_answered_once_and_in_order(
    bench: Bench, scenario: Scenario
) -> None:
    assert await scenario(bench, CURIOUS) == []


@pytest.mark.parametrize(
    ("build", "scenario"),
    [
        ("whatsapp.never_looks", locked_for_too_long),
        pytest.param("whatsapp.other_key", brought_by_both, marks=pytest.mark.full),
        pytest.param("whatsapp.newest_missed_first", nobody_there, marks=pytest.mark.full),
    ],
)
async def test_a_build_that_looks_wrongly_is_caught(
    bench: Bench, build: str, scenario: Scenario
) -> None:
    assert await scenario(bench, build) != []
