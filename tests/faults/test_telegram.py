"""Telegram at its worst: kills, floods, cut connections, repeats. The program runs for real."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.faults.judge import held
from tests.faults.rig import PATIENCE, Bench
from tests.faults.town import KEPT, TEAM, all_ask_for_a_person, confirmed, town, waits
from tests.telegram_api.faults import bad_gateway, cut, flooded, server_error

SENDERS = 8  # delivery.senders


@pytest.mark.parametrize("way", ["webhook", "polling"])
async def test_three_kills_lose_nothing_and_double_nothing(bench: Bench, way: str) -> None:
    async with town(bench, way, people=6) as here:  # staff can be told of 19 sends a minute
        program = await here.start()
        kills = 3
        async with here.everybody_talking(gap=1.0):
            for _ in range(kills):
                already = len(here.api.ledger.delivered)
                await here.api.wait_for(
                    lambda seen=already: len(here.api.ledger.delivered) > seen + 8, seconds=PATIENCE
                )
                program.kill()
                program = await here.start()
        assert await here.settled()
        assert here.verdict() == KEPT
        unknown = here.rows("state = 'unknown' AND conversation LIKE 'telegram/%'")
        assert len(unknown) <= kills * SENDERS
        told = here.told()
        assert len(told) == len(unknown)
        sent = here.rows("state = 'sent' AND direction = 'out'")
        assert len(sent) >= len(here.messages) - kills * SENDERS
        assert "Traceback" not in program.err


async def test_every_update_five_times_is_one_answer(bench: Bench) -> None:
    async with town(bench, people=6) as here:
        here.api.updates.copies, here.api.updates.together = 5, 3
        await here.start()
        await here.all_say(4, gap=0.05)
        assert await here.settled()
        assert here.verdict() == KEPT
        assert len(here.api.ledger.delivered) == 24
        statuses = {status for update in here.api.updates.log for status in update.statuses}
        assert statuses == {200}


async def test_a_chat_that_is_to_be_left_alone_is_and_the_others_go_on(bench: Bench) -> None:
    async with town(bench, people=5) as here:
        first, *others = here.people
        here.api.fail("sendMessage", flooded(8), chat=first.id)
        program = await here.start()
        began = time.monotonic()
        for _ in range(6):
            await here.says(first)
        for other in others:
            await here.says(other)
        await here.api.wait_for(lambda: all(here.api.shown(other.id) for other in others))
        assert time.monotonic() - began < 7
        assert here.api.shown(first.id) == []
        await here.api.wait_for(lambda: here.rows("state = 'pending' AND until > 0"))
        program.kill()  # the rest that was asked for outlives the program
        await here.start()
        assert await here.settled()
        assert not [*here.api.ledger.violations]
        assert here.verdict() == KEPT
        assert len(here.api.shown(first.id)) == 6


async def test_sends_that_are_cut_off_are_shown_to_staff_and_never_repeated(bench: Bench) -> None:
    async with town(bench, people=8) as here:
        switch = here.api.fail("sendMessage", cut(accepted=True), times=None, share=0.2)
        await here.start()
        await here.all_say(5, gap=0.05)
        assert await here.settled()
        struck = [call for call in here.api.ledger.calls if call.fault]
        assert struck
        assert here.verdict() == KEPT
        unknown = here.rows("state = 'unknown' AND conversation LIKE 'telegram/%'")
        assert len(unknown) == len([call for call in struck if call.chat != TEAM])
        here.api.faults.switches.remove(switch)
        told = here.told()
        assert len(told) == len(unknown)
        notices = {row["text"] for row in told}
        await here.api.wait_for(lambda: notices <= here.texts(TEAM), seconds=PATIENCE)


async def test_what_telegram_itself_refused_for_a_moment_is_sent_again(bench: Bench) -> None:
    async with town(bench, people=3) as here:
        here.api.fail("sendMessage", server_error(), times=3)
        here.api.fail("sendMessage", cut(accepted=False), times=0)
        await here.start()
        await here.all_say(2)
        assert await here.settled()
        assert here.verdict() == KEPT
        assert len(here.api.ledger.delivered) == 6


async def test_a_proxy_page_may_hide_a_delivery(bench: Bench) -> None:
    async with town(bench, people=2) as here:
        here.api.fail("sendMessage", bad_gateway(accepted=True), chat=here.people[0].id)
        await here.start()
        await here.all_say(2)
        assert await here.settled()
        assert here.verdict() == KEPT
        assert len(here.api.shown(here.people[0].id)) == 2


async def test_a_locked_database_holds_updates_at_telegram(bench: Bench) -> None:
    async with town(bench, people=4, NIGHTDESK__DEADLINES__TURN_SECONDS="30") as here:
        await here.start()
        await here.all_say(1)
        assert await here.settled()
        with held(bench.database):
            await here.all_say(2)
            await asyncio.sleep(2)
        assert await here.settled()
        assert here.verdict() == KEPT


async def test_a_stop_in_the_middle_ends_in_peace_and_goes_on_afterwards(bench: Bench) -> None:
    async with town(bench, "polling", people=6) as here:
        program = await here.start()
        talking = asyncio.ensure_future(here.all_say(8, gap=0.1))
        await asyncio.sleep(0.4)
        began = time.monotonic()
        assert await program.terminated() == 0
        assert time.monotonic() - began < 12
        assert "Traceback" not in program.err
        assert not here.rows("state IN ('sending', 'unknown')")
        await talking
        await here.start()
        assert await here.settled()
        assert here.verdict() == KEPT


async def test_a_crowd_asks_for_a_person_and_nobody_waits_for_the_staff_chat(bench: Bench) -> None:
    """T8 in short: the cap of the group is kept, and customers do not wait for it."""
    async with town(bench, people=30) as here:
        here.api.limits.enforce()
        await here.start()
        asked = await all_ask_for_a_person(here)
        await confirmed(here, seconds=15)
        await asyncio.sleep(1.2)  # for a refusal to show
        assert len(here.refused()) <= 1
        assert len(here.api.shown(TEAM)) <= 20
        assert not [*here.api.ledger.violations]
        assert max(waits(here, asked)) <= 5
        for person in here.people[20:]:  # their cards wait: what they say now joins them
            await here.says(person, f"sou {person.first_name}, alô?")
        assert await here.settled()
        waiting = here.rows("state = 'pending' AND conversation LIKE 'telegram_staff/%'")
        assert len({row["case_id"] for row in waiting}) == len(waiting)
        shown = [*(row["text"] for row in waiting), *here.api.texts(TEAM)]
        for person in here.people:
            about = [text for text in shown if f"🔔 {person.first_name} " in text]
            assert len(about) == 1, person.first_name
            said = sum(text.count(f"sou {person.first_name}, alô?") for text in shown)
            assert said == (person in here.people[20:]), person.first_name
