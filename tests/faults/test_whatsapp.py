"""WhatsApp at its worst: kills, cut calls, repeats, disorder, locks. The program runs for real.

"hurried" is the program itself with shorter waits: see broken_whatsapp.py.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from tests.faults.crowd import chat_of
from tests.faults.judge import held, stored
from tests.faults.rig import PATIENCE, Bench, Program
from tests.faults.town import TEAM, Town, town
from tests.faults.whatsapp_town import KEPT, WhatsAppTown, watched, whatsapp_town
from tests.twilio_api.faults import (
    cut,
    delay,
    drip,
    flooded,
    hang,
    not_json,
    page,
    refused,
    server_error,
)

HURRIED = "whatsapp.hurried"
SENDERS = 8  # delivery.senders
TWILIO_WAITS = 15.0  # seconds for an answer


@asynccontextmanager
async def staffed(
    bench: Bench, people: int = 6, **settings: str
) -> AsyncIterator[tuple[Town, WhatsAppTown]]:
    """A town whose team hears of what goes wrong, in its chat on Telegram."""
    async with (
        town(bench, people=0) as team,
        whatsapp_town(bench, people, **{**team.settings, **settings}) as here,
    ):
        yield team, here


async def test_three_kills_lose_nothing_and_double_nothing(bench: Bench) -> None:
    """Calls take a while, so that each kill meets some: taken by Twilio and not yet answered."""
    async with staffed(bench) as (team, here):
        here.api.fail("messages.create", delay(0.3, accepted=True), times=None)
        programs = [await here.start(broken=HURRIED)]
        async with here.everybody_talking(gap=0.3):
            for _ in range(3):
                enough = here.shown + 6
                await here.api.wait_for(
                    lambda most=enough: here.shown > most and here.answers("state = 'sending'"),
                    PATIENCE,
                )
                programs[-1].kill()
                programs.append(await here.start(broken=HURRIED))
        assert await here.settled()
        await here.delivered_again()
        assert await here.settled()
        assert here.verdict() == KEPT
        assert len(here.rows("direction = 'in'")) == len(here.messages)
        left_behind = sum(each.err.count("send_left_behind") for each in programs)
        assert 3 <= left_behind <= 3 * SENDERS
        unknown = here.answers("state = 'unknown'")
        assert len(unknown) + len(here.answers("state = 'sent'")) == len(here.messages)
        assert len(team.told()) == len(unknown) < left_behind  # most are found at Twilio
        assert not any("Traceback" in each.err for each in programs)


@pytest.mark.parametrize("callbacks", [True, False], ids=["callbacks", "looking up"])
async def test_what_was_taken_and_then_cut_off_is_found_and_never_repeated(
    bench: Bench, callbacks: bool
) -> None:
    """T9: either way Twilio tells what it has taken, and nobody has to be asked."""
    async with staffed(bench, people=8) as (team, here):
        here.api.statuses.never = not callbacks
        here.api.fail("messages.create", cut(accepted=True), times=None, share=0.2)
        await here.start(broken="" if callbacks else HURRIED)
        await here.all_say(5, gap=0.05)
        assert await here.settled()
        struck = [call for call in here.creates if call.fault]
        assert len(struck) >= 3
        assert here.verdict() == KEPT
        assert here.shown == len(here.creates) == len(here.answers("state = 'sent'")) == 40
        assert here.answers("state = 'unknown'") == []
        assert team.told() == []


async def test_whatever_becomes_of_a_call_it_is_made_once(bench: Bench) -> None:
    """What Twilio took is found in its list; of the rest staff are told. Nothing goes twice."""
    taken = [
        cut(accepted=True), server_error(500, accepted=True), server_error(503, accepted=True),
        page(502, accepted=True), hang(accepted=True), not_json(), drip(0.1),
    ]  # fmt: skip
    gone = [cut(accepted=False), server_error(500), server_error(503), page(504), hang()]
    faults = taken + gone
    quick = {"NIGHTDESK__DEADLINES__SEND_SECONDS": "1.5"}
    async with staffed(bench, people=len(faults), **quick) as (team, here):
        here.api.statuses.never = True
        for person, fault in zip(here.people, faults, strict=True):
            here.api.fail("messages.create", fault, chat=person)
        await here.start(broken=HURRIED)
        await here.all_say(2)
        assert await here.settled()
        assert here.verdict() == KEPT
        assert len([call for call in here.creates if call.fault]) == len(faults)
        assert set(Counter(call.chat for call in here.creates).values()) == {2}
        unknown = here.answers("state = 'unknown'")
        losers = {person.chat for person in here.people[len(taken) :]}
        assert {chat_of(row) for row in unknown} == losers
        assert len(unknown) == len(team.told()) == len(gone)
        assert len(here.answers("state = 'sent'")) == 2 * len(faults) - len(gone)
        notices = {row["text"] for row in team.told()}
        await team.api.wait_for(lambda: notices <= team.texts(TEAM), seconds=PATIENCE)


async def test_every_delivery_five_times_is_one_answer(bench: Bench) -> None:
    async with whatsapp_town(bench) as here:
        here.api.webhook.copies, here.api.webhook.together = 5, 3
        await here.start()
        await here.all_say(4, gap=0.05)
        assert await here.settled()
        assert here.verdict() == KEPT
        assert here.shown == len(here.creates) == 24
        assert {tuple(each.statuses) for each in here.deliveries} == {(200,) * 5}
        assert here.api.violations == []


async def test_callbacks_in_any_order_end_alike(bench: Bench) -> None:
    """Backwards, shuffled, thrice, at once, late, and before the call is answered."""
    async with whatsapp_town(bench, people=5) as here:
        await here.start()
        statuses = here.api.statuses
        statuses.until = "read"
        async with watched(here) as watch:
            for order in ("natural", "reversed", "shuffled"):
                for early, together, late in (
                    (False, False, 0.0),
                    (True, False, 0.0),
                    (True, True, 0.0),
                    (False, True, 0.1),
                ):
                    statuses.order, statuses.times = order, 3
                    statuses.early, statuses.together, statuses.delay = early, together, late
                    await here.all_say(1)
                    assert await here.settled()
        assert here.verdict() == KEPT
        answers = here.answers("1")
        assert len(answers) == len(here.creates) == here.shown == 60
        assert {(row["state"], row["receipt"]) for row in answers} == {("sent", "read")}
        assert watch.fallen == []
        assert watch.looks > 50
        told = [each for each in here.api.webhook.deliveries if each.kind == "status"]
        assert len(told) == 60 * 4 * 3
        assert {tuple(each.statuses) for each in told} == {(200,)}


async def test_a_locked_database_holds_deliveries_until_it_is_free(bench: Bench) -> None:
    """T14: Twilio drops what is refused, and hears nothing but 200, ten seconds later."""
    async with whatsapp_town(bench, people=8) as here:
        await here.start()
        await here.all_say(1)
        assert await here.settled()
        usual = {message.text for message in here.api.ledger.outbound}
        here.api.webhook.ordered = False  # everybody writes three messages at once
        talking: asyncio.Future[None] = asyncio.ensure_future(here.all_say(2, gap=1.0))
        await asyncio.sleep(0.02)
        with held(bench.database):
            await here.all_say(1)
            await asyncio.sleep(10)
            accepted = {(chat, id) for chat, id in here.promised()}
            assert accepted <= stored(bench.database)
            assert len(accepted) < len(here.messages)
        freed = time.monotonic()
        await talking
        assert await here.settled()
        assert here.verdict() == KEPT
        assert here.shown == len(here.messages) == 32
        assert {tuple(each.statuses) for each in here.deliveries} == {(200,)}
        waits = [each.answered[0] - each.posted[0] for each in here.deliveries]
        assert 9 < max(waits) < TWILIO_WAITS
        assert max(each.answered[0] for each in here.deliveries) - freed < 5
        assert {message.text for message in here.api.ledger.outbound} == usual


async def test_a_flood_is_waited_out_and_the_pace_is_kept(bench: Bench) -> None:
    async with whatsapp_town(
        bench, people=8, NIGHTDESK__CHANNELS__WHATSAPP__MESSAGES_PER_SECOND="20"
    ) as here:
        here.api.limits.enforce(per_second=40)
        for code in (20429, 63018):
            here.api.fail("messages.create", flooded(code), skip=10)
        await here.start()
        began = time.monotonic()
        await here.all_say(6)
        assert await here.settled()
        assert time.monotonic() - began > 2  # 48 answers, 20 a second
        assert here.verdict() == KEPT
        assert here.shown == 48
        assert [call.code for call in here.creates if call.status == 429] == [20429, 63018]
        assert len(here.creates) == 50
        assert here.api.violations == []


async def test_a_token_that_is_refused_stops_everything_until_it_is_mended(bench: Bench) -> None:
    async with staffed(bench) as (team, here):
        here.api.fail("", refused(401, 20003, "Authenticate"), times=None)
        program = await here.start(broken=HURRIED)
        await here.all_say(2)
        await here.api.wait_for(lambda: len(here.answers("state = 'pending'")) == 12, PATIENCE)
        await team.api.wait_for(lambda: bool(team.told("⛔")), PATIENCE)
        await asyncio.sleep(1)
        assert here.shown == 0
        assert len(here.creates) < 12  # one now and then finds out
        assert (await ready(program))["whatsapp"]["link"] == "unauthorized"
        platform = (await here.status())["platforms"]["whatsapp"]
        assert (platform["ok"], platform["last_error_code"]) == (False, 20003)
        here.api.faults.switches.clear()
        assert await here.settled()
        assert here.verdict() == KEPT
        assert here.shown == 12
        assert (await ready(program))["whatsapp"]["ok"]
        await team.api.wait_for(lambda: bool(team.told("✅")), PATIENCE)
        assert len(team.told("⛔")) == len(team.told("✅")) == 1


async def test_a_stop_in_the_middle_ends_in_peace_and_goes_on_afterwards(bench: Bench) -> None:
    async with whatsapp_town(bench) as here:
        here.api.fail("messages.create", delay(0.5, accepted=True), times=None, share=0.5)
        program = await here.start()
        talking = asyncio.ensure_future(here.all_say(8, gap=0.1))
        await here.api.wait_for(lambda: here.shown > 3, PATIENCE)
        began = time.monotonic()
        assert await program.terminated() == 0
        assert time.monotonic() - began < 20
        assert "Traceback" not in program.err
        assert not here.rows("state = 'sending' OR failure = 'unknown'")
        await talking
        await here.start()
        await here.delivered_again()
        assert await here.settled()
        assert here.verdict() == KEPT
        assert here.shown == len(here.answers("state = 'sent'")) == len(here.messages) == 48


async def test_what_cannot_be_said_after_a_day_is_kept_until_the_customer_writes(
    bench: Bench,
) -> None:
    """The window is in the database: a kill changes nothing."""
    async with staffed(bench, people=1) as (team, here):
        ana = here.people[0]
        program = await here.start()
        await here.says(ana, "quero falar com uma pessoa")
        await here.api.wait_shown(ana, 1, PATIENCE)
        assert await here.settled()
        here.wrote_long_ago(ana)
        calls = len(here.creates)
        await here.act("reply", 1, "Oi Ana, sua mesa está reservada.")
        await team.api.wait_for(lambda: bool(team.told("⏳")), PATIENCE)
        program.kill()
        await here.start()
        assert await here.settled()
        assert len(here.creates) == calls  # nobody asked Twilio
        [kept] = here.answers("state = 'failed'")
        assert kept["failure"] == "window_closed"
        await here.says(ana, "alguém aí?")
        await here.api.wait_for(
            lambda: "Oi Ana, sua mesa está reservada." in here.api.texts(ana), PATIENCE
        )
        assert await here.settled()
        assert here.verdict().missing == here.verdict().doubled == ()
        assert here.api.texts(ana).count("Oi Ana, sua mesa está reservada.") == 1
        assert len(team.told("⏳")) == 1
        assert here.api.violations == []


async def ready(program: Program) -> dict[str, dict[str, object]]:
    """What /readyz says."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{program.url}/readyz") as response,
    ):
        assert response.status == 200
        return dict(await response.json())
