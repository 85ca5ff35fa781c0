"""The full forms of what the short tests show: minutes long, run by `make faults`."""

from __future__ import annotations

import asyncio
import random
import time

import pytest

from tests.faults.crowd import chat_of
from tests.faults.judge import held, leased, looking, stored
from tests.faults.poisonous_forms import HUGE, ODD, POISON, is_message
from tests.faults.rig import PATIENCE, Bench
from tests.faults.town import town
from tests.faults.whatsapp_town import KEPT, whatsapp_town
from tests.twilio_api.faults import cut, delay, flooded, server_error

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("callbacks", [True, False], ids=["callbacks", "looking up"])
async def test_one_send_in_twenty_is_cut_off(bench: Bench, callbacks: bool, seed: int) -> None:
    """T9, its Twilio half: a thousand sends, taken, and the connection cut before the answer."""
    async with whatsapp_town(bench, people=100, seed=seed) as here:
        here.api.statuses.never = not callbacks
        here.api.fail("messages.create", cut(accepted=True), times=None, share=0.05)
        program = await here.start()
        began = time.monotonic()
        await here.all_say(10, gap=0.5)
        assert await here.settled(180)
        struck = [call for call in here.creates if call.fault]
        assert here.verdict() == KEPT
        assert here.shown == len(here.creates) == len(here.answers("state = 'sent'")) == 1000
        assert here.answers("state = 'unknown'") == []
        assert here.api.violations == []
        looked_up = program.err.count("send_looked_up")
        print(
            f"seed {seed}: {len(struck)} of 1000 cut off, {looked_up} of them looked up,"
            f" 0 doubled, 0 unknown, {time.monotonic() - began:.0f} s"
        )


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_taken_or_not_no_send_is_lost_silently(bench: Bench, seed: int) -> None:
    """T9, where Twilio may also have taken nothing: staff are told of those.

    Everybody is told the same each time. Where two sends to one person are adrift and one of them
    was taken, the list cannot tell which: staff are told of both.
    """
    async with (
        town(bench, people=0) as team,
        whatsapp_town(bench, people=100, seed=seed, **team.settings) as here,
    ):
        here.api.statuses.never = True
        create = "messages.create"
        for fault in (cut(accepted=True), server_error(503, accepted=True)):
            here.api.fail(create, fault, times=None, share=0.02)
        for fault in (cut(accepted=False), server_error(500)):
            here.api.fail(create, fault, times=None, share=0.01)
        await here.start()
        await here.all_say(10, gap=0.5)
        assert await here.settled(300)
        assert here.verdict() == KEPT
        assert len(here.creates) == 1000
        unknown = here.answers("state = 'unknown'")
        assert len(unknown) == len(team.told()) == 1000 - len(here.answers("state = 'sent'"))
        shown = {number for _, number in here.on_phones()}
        never_taken = {chat_of(row) for row in unknown if str(row["seq"]) not in shown}
        doubtful = [row for row in unknown if str(row["seq"]) in shown]
        assert never_taken.issuperset(map(chat_of, doubtful))
        assert len(doubtful) < len(unknown) == 1000 - len(shown) + len(doubtful)
        print(
            f"seed {seed}: {len(shown)} sent, {len(unknown) - len(doubtful)} never taken and told"
            f" to staff, with {len(doubtful)} that cannot be told from them"
        )


async def test_two_hundred_poisonous_forms_between_good_ones(bench: Bench) -> None:
    """T10 at this door: 200 or 413, a row each, and the next good message answered in time."""
    async with whatsapp_town(bench, people=4) as here:
        program = await here.start()
        forms = [(form, 200) for form in POISON + ODD] + [(form, 413) for form in HUGE]
        random.Random(1).shuffle(forms)
        assert len(forms) >= 200
        longest = 0.0
        for n, (form, expected) in enumerate(forms):
            assert await here.api.webhook.post(form) == expected, form
            if n % 10 == 0:
                person = here.people[n // 10 % 4]
                before = len(here.api.shown(person))
                began = time.monotonic()
                await here.says(person)
                await here.api.wait_shown(person, before + 1, seconds=5)
                longest = max(longest, time.monotonic() - began)
        assert await here.settled()
        with looking(bench.database) as connection:
            kept = connection.execute("SELECT count(*) FROM quarantine").fetchone()[0]
        assert kept == len(POISON)
        taken = {id for _, id in stored(bench.database)}
        assert {form["MessageSid"] for form in ODD if is_message(form)} <= taken
        assert here.verdict().lost == here.verdict().doubled == here.verdict().reordered == ()
        assert program.process.poll() is None
        assert "Traceback" not in program.err
        print(
            f"{kept} kept, {len(ODD)} taken as they are, {len(HUGE)} not read;"
            f" the slowest good message took {longest:.1f} s"
        )


async def test_five_rolling_restarts_on_both_platforms(bench: Bench) -> None:
    """T13: SIGTERM under load, out within the grace, nothing lost, nothing doubled."""
    async with (
        town(bench, people=8) as telegram,
        whatsapp_town(bench, people=8, **telegram.settings) as here,
    ):
        here.api.fail("messages.create", delay(0.2, accepted=True), times=None, share=0.5)
        programs = [await here.start()]
        slowest = 0.0
        async with here.everybody_talking(gap=0.4), telegram.everybody_talking(gap=0.4):
            for _ in range(5):
                enough = here.shown + 20
                await here.api.wait_for(lambda most=enough: here.shown > most, PATIENCE)
                began = time.monotonic()
                assert await programs[-1].terminated() == 0
                slowest = max(slowest, time.monotonic() - began)
                assert leased(bench.database) == []
                assert here.rows("state = 'sending'") == []
                programs.append(await here.start())
        assert await here.settled()
        missed = await here.delivered_again()
        assert await here.settled()
        assert await telegram.settled()
        assert here.verdict() == telegram.verdict() == KEPT
        assert here.answers("state = 'unknown'") == telegram.answers("state = 'unknown'") == []
        assert slowest < 20
        assert not any("Traceback" in each.err for each in programs)
        print(
            f"{len(here.messages)} and {len(telegram.messages)} messages, {missed} met a closed"
            f" door, the slowest stop took {slowest:.1f} s"
        )


async def test_the_write_lock_is_held_elsewhere_five_times(bench: Bench) -> None:
    """T14: ten seconds each; everything is answered 200 within Twilio's fifteen."""
    async with whatsapp_town(bench, people=10) as here:
        here.api.webhook.ordered = False
        await here.start()
        recovery = 0.0
        async with here.everybody_talking(gap=2.0):
            for _ in range(5):
                with held(bench.database):
                    await asyncio.sleep(10)
                    assert {*here.promised()} <= stored(bench.database)
                freed = time.monotonic()
                waiting = [each for each in here.deliveries if not each.answered]
                assert waiting
                await here.api.wait_for(lambda those=waiting: all(d.answered for d in those), 15)
                recovery = max(recovery, time.monotonic() - freed)
                await asyncio.sleep(2)
        assert await here.settled()
        assert here.verdict() == KEPT
        assert here.shown == len(here.messages)
        assert {tuple(each.statuses) for each in here.deliveries} == {(200,)}
        waits = [each.answered[0] - each.posted[0] for each in here.deliveries]
        assert max(waits) < 15
        texts = {message.text for message in here.api.ledger.outbound}
        assert len(texts) == 1  # nobody was told of an error
        print(
            f"{len(here.messages)} messages, the longest held {max(waits):.1f} s,"
            f" all answered {recovery:.1f} s after the lock"
        )


async def test_floods_from_the_answer_and_from_callbacks(bench: Bench) -> None:
    """429, 20429 and 63018 in bursts, at once and a while after a message was taken."""
    async with whatsapp_town(bench, people=20) as here:
        here.api.limits.enforce(per_second=100)  # we keep to 80
        for n, code in enumerate((20429, 63018, 429)):
            here.api.fail("messages.create", flooded(code), times=5, skip=20 * n)
        here.api.statuses.fail(63018, "failed", times=5, skip=30)
        await here.start()
        began = time.monotonic()
        await here.all_say(10, gap=0.2)
        assert await here.settled(300)
        assert here.shown == len(here.answers("state = 'sent'")) == 200
        found = here.verdict()
        assert (found.lost, found.doubled, found.missing, found.misdirected) == ((), (), (), ())
        refused = [call for call in here.creates if call.status == 429]
        assert len(refused) == 15
        assert here.api.violations == []
        print(f"200 answers in {time.monotonic() - began:.0f} s, {len(refused)} calls refused")
