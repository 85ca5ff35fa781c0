"""The tests of Telegram are tested: each build with a fault in it is caught."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.faults.rig import PATIENCE, Bench
from tests.faults.town import TEAM, Town, town
from tests.telegram_api.faults import cut, flooded

SHORT = 4.0  # seconds for what a sound build does in a fraction of one

Scenario = Callable[[Bench, str], Awaitable[bool]]


async def killed_after_a_poll(bench: Bench, build: str) -> bool:
    async with town(bench, "polling", people=4) as here:
        program = await here.start(broken=build)
        await here.all_say(2)
        await here.api.wait_for(lambda: not here.api.updates.pending, seconds=PATIENCE)
        program.kill()
        await here.start(broken=build)
        await here.settled(SHORT if build else PATIENCE)
        return bool(here.verdict().lost)


async def written_while_we_were_down(bench: Bench, build: str) -> bool:
    async with town(bench, people=4) as here:
        program = await here.start(broken=build)
        await here.all_say(1)
        await here.settled(SHORT)
        program.kill()
        await here.all_say(1)
        await here.start(broken=build)
        await here.settled(SHORT)
        return bool(here.verdict().lost)


async def cut_off(bench: Bench, build: str) -> bool:
    async with town(bench, people=4) as here:
        here.api.fail("sendMessage", cut(accepted=True), times=4)
        await here.start(broken=build)
        await here.all_say(2)
        await here.settled(SHORT)
        return bool(here.verdict().doubled)


async def asked_to_wait(bench: Bench, build: str) -> bool:
    async with town(bench, people=2) as here:
        first = here.people[0]
        here.api.fail("sendMessage", flooded(3), chat=first.id)
        await here.start(broken=build)
        await here.all_say(2)
        await here.settled(SHORT)
        return bool([*here.api.ledger.violations])


async def a_crowd(bench: Bench, build: str) -> bool:
    async with town(bench, people=30) as here:
        here.api.limits.enforce()
        await here.start(broken=build)
        await _all_ask_for_a_person(here)
        await asyncio.sleep(1)
        refused = [call for call in here.api.ledger.calls if call.status == 429]
        return len(refused) > 1 or bool([*here.api.ledger.violations])


async def two_at_the_desk(bench: Bench, build: str) -> bool:
    async with town(bench, people=2) as here:
        await here.start(broken=build)
        await _all_ask_for_a_person(here)
        cards = await here.api.wait_shown(TEAM, 2, seconds=PATIENCE)
        rita = here.api.users[501]
        for card in cards:
            await rita.replies(card, f"para {card.text.splitlines()[0]}")
        await here.settled(PATIENCE)
        return any(
            f"#c{n} " in text and person.first_name not in text
            for n, person in enumerate(here.people, 1)
            for text in here.api.texts(person.id)
        ) or any(len(here.api.texts(person.id)) != 2 for person in here.people)


async def two_slow_answers(bench: Bench, build: str) -> bool:
    inbox = {"SLOW_SECONDS": "1", "PAUSE_SECONDS": "0", "PAUSE_CAP_SECONDS": "0"}
    quick = {f"NIGHTDESK__INBOX__{name}": value for name, value in inbox.items()}
    async with town(bench, people=2, **quick, NIGHTDESK__DEADLINES__TURN_SECONDS="0.9") as here:
        await here.start(broken=build)
        for n in range(2):
            for person in here.people:
                await here.says(person)
            for person in here.people:  # each is told, then answered
                await here.api.wait_shown(person.id, 2 + n, seconds=PATIENCE)
        await here.settled(PATIENCE)
        told = [sum("mais lentos" in text for text in here.api.texts(p.id)) for p in here.people]
        assert min(told) >= 1, "nobody was told at all"
        return max(told) > 1


async def _all_ask_for_a_person(here: Town) -> None:
    for person in here.people:
        await here.says(person, "quero falar com uma pessoa")
        await here.api.wait_shown(person.id, 1, seconds=PATIENCE)


CATCHES: list[tuple[str, Scenario]] = [
    ("offset_before_storing", killed_after_a_poll),
    ("pending_dropped", written_while_we_were_down),
    ("sent_again_blindly", cut_off),
    ("deaf_to_429", asked_to_wait),
    ("unpaced", a_crowd),
    ("answers_the_newest_case", two_at_the_desk),
    ("told_again_and_again", two_slow_answers),
]


def _name(each: object) -> str:
    return str(getattr(each, "__name__", each)).replace("_", " ")


@pytest.mark.parametrize(("build", "scenario"), CATCHES, ids=_name)
async def test_a_broken_build_is_caught(bench: Bench, build: str, scenario: Scenario) -> None:
    assert await scenario(bench, build)


@pytest.mark.parametrize("scenario", [two_at_the_desk, killed_after_a_poll], ids=_name)
async def test_a_sound_build_is_not(bench: Bench, scenario: Scenario) -> None:
    assert not await scenario(bench, "")


@pytest.mark.full
async def test_who_waits_twice_in_an_hour_is_told_once(bench: Bench) -> None:
    """No fault but slowness: every turn takes seconds."""
    assert not await two_slow_answers(bench, "dawdling")
