"""The tests of WhatsApp are tested: each build with a fault in it is caught."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.faults.broken_builds import WHATSAPP
from tests.faults.judge import held
from tests.faults.rig import PATIENCE, Bench
from tests.faults.whatsapp_town import KEPT, watched, whatsapp_town
from tests.twilio_api import forms
from tests.twilio_api.faults import cut, flooded
from tests.twilio_api.ledger import INBOUND, Message, new_sid

LONG = 6.0  # seconds for what a sound build does in half of them
SOUND = "whatsapp.sound"

Scenario = Callable[[Bench, str], Awaitable[bool]]


async def killed_after_the_last_yes(bench: Bench, build: str) -> bool:
    async with whatsapp_town(bench, people=4) as here:
        program = await here.start(broken=build)
        await here.all_say(1)
        await here.api.wait_for(lambda: len([*here.promised()]) == 4, PATIENCE)
        program.kill()
        await here.start(broken=build)
        await here.settled()
        return bool(here.verdict().lost)


async def delivered_again_after_a_kill(bench: Bench, build: str) -> bool:
    async with whatsapp_town(bench, people=3) as here:
        program = await here.start(broken=build)
        await here.all_say(1)
        await here.settled()
        program.kill()
        await here.start(broken=build)
        for delivery in here.deliveries:
            assert await here.api.again(delivery) == 200
        await here.settled()
        return bool(here.verdict().doubled) or here.shown > 3


async def held_by_another_process(bench: Bench, build: str) -> bool:
    async with whatsapp_town(bench, people=4) as here:
        here.api.deliver_to(here.api.webhook.url.partition("#")[0])  # nothing is repeated
        await here.start(broken=build)
        with held(bench.database):
            await here.all_say(1)
            await asyncio.sleep(1.5)
        await here.settled()
        refused = {tuple(each.statuses) for each in here.deliveries} != {(200,)}
        return refused or here.verdict() != KEPT


async def forged(bench: Bench, build: str) -> bool:
    async with whatsapp_town(bench, people=1) as here:
        ana, api = here.people[0], here.api
        await here.start(broken=build)
        message = Message(
            new_sid("SM"), INBOUND, ana.address, f"whatsapp:{api.number}", "oi", "received", 0.0
        )
        form = forms.head(message, api.account_sid)
        answer = await api.webhook.post(form, {"X-Twilio-Signature": "A" * 27 + "="})
        return answer != 403 or bool(here.rows("direction = 'in'"))


async def cut_off(bench: Bench, build: str) -> bool:
    """As Twilio has taken it each time: some are there twice, or nobody finds them."""
    async with whatsapp_town(bench, people=4) as here:
        here.api.statuses.never = True
        here.api.fail("messages.create", cut(accepted=True), times=2)
        here.api.fail("messages.create", cut(accepted=False), times=2)
        await here.start(broken=build)
        await here.all_say(2)
        settled = await here.settled(PATIENCE if build == SOUND else LONG)
        return not settled or here.verdict() != KEPT


async def backwards(bench: Bench, build: str) -> bool:
    async with whatsapp_town(bench, people=3) as here:
        here.api.statuses.order, here.api.statuses.until = "reversed", "read"
        here.api.statuses.delay = 0.05
        await here.start(broken=build)
        async with watched(here) as watch:
            await here.all_say(2)
            await here.settled()
        return bool(watch.fallen) or {row["receipt"] for row in here.answers("1")} != {"read"}


async def a_day_later(bench: Bench, build: str) -> bool:
    async with whatsapp_town(bench, people=1) as here:
        ana = here.people[0]
        await here.start(broken=build)
        await here.says(ana, "quero falar com uma pessoa")
        await here.api.wait_shown(ana, 1, PATIENCE)
        here.wrote_long_ago(ana)
        await here.act("reply", 1, "Oi, Ana.")
        await here.api.wait_for(lambda: here.answers("text = 'Oi, Ana.'"), PATIENCE)
        await here.settled()
        return bool(here.api.violations)


async def asked_to_wait(bench: Bench, build: str) -> bool:
    async with whatsapp_town(bench, people=1) as here:
        await here.start(broken=build)
        await here.all_say(1)
        await here.settled()
        here.api.fail("messages.create", flooded(20429), times=None)
        await here.all_say(2)
        await asyncio.sleep(2)
        return len([call for call in here.creates if call.status == 429]) > 4


async def a_crowd(bench: Bench, build: str) -> bool:
    """Far more at once than the sender may send in a second."""
    pace = {"NIGHTDESK__CHANNELS__WHATSAPP__MESSAGES_PER_SECOND": "5"}
    async with whatsapp_town(bench, people=25, **pace) as here:
        here.api.limits.enforce(per_second=15)
        await here.start(broken=build)
        await here.all_say(1)
        await here.api.wait_for(lambda: here.api.violations or here.shown == 25, PATIENCE)
        return bool(here.api.violations)


CATCHES: list[tuple[str, Scenario]] = [
    ("whatsapp.yes_before_storing", killed_after_the_last_yes),
    ("memory_dedupe", delivered_again_after_a_kill),
    ("whatsapp.refuses_when_busy", held_by_another_process),
    ("whatsapp.anybody_may_call", forged),
    ("whatsapp.created_again_blindly", cut_off),
    ("whatsapp.believes_the_last_word", backwards),
    ("whatsapp.window_from_our_own_words", a_day_later),
    ("whatsapp.deaf_to_429", asked_to_wait),
]
MORE: list[tuple[str, Scenario]] = [
    ("whatsapp.hopes_for_the_best", cut_off),
    ("whatsapp.looks_no_further", cut_off),
    ("whatsapp.unpaced", a_crowd),
]


def _name(each: object) -> str:
    name = str(getattr(each, "__name__", each))
    return name.removeprefix(WHATSAPP).replace("_", " ")


@pytest.mark.parametrize(("build", "scenario"), CATCHES, ids=_name)
async def test_a_broken_build_is_caught(bench: Bench, build: str, scenario: Scenario) -> None:
    assert await scenario(bench, build)


@pytest.mark.full
@pytest.mark.parametrize(("build", "scenario"), MORE, ids=_name)
async def test_a_build_that_is_broken_elsewhere_is_caught(
    bench: Bench, build: str, scenario: Scenario
) -> None:
    assert await scenario(bench, build)


# Of the others, the tests of the same things show as much.
@pytest.mark.parametrize("scenario", [held_by_another_process, forged, cut_off], ids=_name)
async def test_a_sound_build_is_not(bench: Bench, scenario: Scenario) -> None:
    assert not await scenario(bench, SOUND)


@pytest.mark.full
@pytest.mark.parametrize("scenario", dict.fromkeys(each for _, each in CATCHES + MORE), ids=_name)
async def test_no_scenario_blames_a_sound_build(bench: Bench, scenario: Scenario) -> None:
    assert not await scenario(bench, SOUND)
