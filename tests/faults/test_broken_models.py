"""Breaks of what is promised about models: each must show, or its scenario proves nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.checks import approve
from bot.checks.approve import CHECKS
from bot.checks.grounding import ungrounded
from bot.facts.looked_up import LookedUp
from bot.facts.sender import Customer
from bot.providers.breaker import Breaker, Ticket
from bot.providers.spending import NOTHING, Spending
from tests.model_api import Fault, Say, StandIn
from tests.scenarios.test_models import HOURS, RIGHT, WRONG, desk_with_models, turns

Patch = pytest.MonkeyPatch
Scenario = Callable[[Patch, Path, StandIn], Awaitable[bool]]


@pytest.fixture
async def api() -> AsyncIterator[StandIn]:
    async with StandIn() as stand_in:
        yield stand_in


async def a_wrong_balance_leaves(patch: Patch, folder: Path, api: StandIn) -> bool:
    async with desk_with_models(patch, folder, api) as desk:
        api.openai.then(WRONG, RIGHT)
        return "127,549.32" in await desk.ask("What is my balance?", "m1", "ana")


async def anothers_balance_leaves(patch: Patch, folder: Path, api: StandIn) -> bool:
    async with desk_with_models(patch, folder, api) as desk:
        api.openai.always(RIGHT)
        return "47.15" in await desk.ask("What is my balance?", "m1", "bia")


async def more_is_spent_than_the_cap(patch: Patch, folder: Path, api: StandIn) -> bool:
    cap = {"NIGHTDESK__BUDGET__USD_PER_DAY": "0.005"}
    async with desk_with_models(patch, folder, api, **cap) as desk:
        usage = {"prompt_tokens": 5_000, "completion_tokens": 500, "total_tokens": 5_500}
        api.openai.always(Say("Of course!", usage))
        await asyncio.gather(*(desk.ask(HOURS, "m1", f"c{n}") for n in range(20)))
        return sum(turn["cost"] for turn in await turns(desk)) > 5_000_000


async def a_dead_model_is_asked_for_ever(patch: Patch, folder: Path, api: StandIn) -> bool:
    async with desk_with_models(patch, folder, api, ANTHROPIC_API_KEY="") as desk:
        api.openai.always(Fault.UNAVAILABLE)
        for n in range(6):
            await desk.ask(HOURS, "m1", f"c{n}")
        return len(api.calls()) > 5


def gate_open(patch: Patch) -> None:
    patch.setattr(approve, "CHECKS", tuple(check for check in CHECKS if check is not ungrounded))


def facts_of_anybody(patch: Patch) -> None:
    read = LookedUp._asked

    async def asked(self: LookedUp, source: object) -> object:
        self._customer = Customer("api", "api:test:ana", "ana")
        return await read(self, source)

    patch.setattr(LookedUp, "_asked", asked)


def nothing_reserved(patch: Patch) -> None:
    async def reserve(self: Spending, *_: object) -> object:
        return NOTHING

    patch.setattr(Spending, "reserve", reserve)


def breaker_stuck(patch: Patch) -> None:
    enter = Breaker.enter

    def always(self: Breaker, now: float) -> Ticket | None:
        return enter(Breaker(), now)

    patch.setattr(Breaker, "enter", always)
    patch.setattr(Breaker, "would_let", lambda self, now: True)


CATCHES = [
    (gate_open, a_wrong_balance_leaves),
    (facts_of_anybody, anothers_balance_leaves),
    (nothing_reserved, more_is_spent_than_the_cap),
    (breaker_stuck, a_dead_model_is_asked_for_ever),
]


@pytest.mark.parametrize(("broken", "scenario"), CATCHES, ids=lambda each: each.__name__)
async def test_a_broken_build_is_caught(
    monkeypatch: Patch,
    tmp_path: Path,
    api: StandIn,
    broken: Callable[[Patch], None],
    scenario: Scenario,
) -> None:
    broken(monkeypatch)
    assert await scenario(monkeypatch, tmp_path, api)


@pytest.mark.parametrize("scenario", [scenario for _, scenario in CATCHES])
async def test_a_sound_build_is_not(
    monkeypatch: Patch, tmp_path: Path, api: StandIn, scenario: Scenario
) -> None:
    assert not await scenario(monkeypatch, tmp_path, api)
