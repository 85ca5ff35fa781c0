"""Every code of Twilio's that we know, through its real client: what happens next."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.whatsapp.brake import BESIDE_SECONDS, LONGEST_FLOOD
from bot.channels.whatsapp.codes import BUSY, MYSTERY, REFUSED, STOPPED, after_failure, meaning
from bot.channels.whatsapp.health import Link
from bot.channels.whatsapp.send import rate_of
from bot.delivery.ports import UNKNOWN, WINDOW_CLOSED, Rate
from bot.errors import DeliveryDelayed, DeliveryRefused, DeliveryUnknown
from tests.channels.whatsapp.out import ANA, BIA, parcel
from tests.channels.whatsapp.tiny_twilio import DROP, HANG, refused

DEFINITE = {
    "blocked": (63014, 21610),
    "gone": (63003, 63024, 21211, 21614),
    WINDOW_CLOSED: (63016,),
    "policy": (63005, 63013, 63021),
    "limited": (63032, 63049),
    "sandbox": (63015,),
    "sender": (63007,),
    "media": (63019, 21620),
    "too_long": (21617,),
    "bug": (63030,),
    "refused": (21408, 12345, None),
}
PACED = {20429: 1.0, 63018: 2.0, 63017: 5.0, 21611: 10.0, 30001: 10.0}
HALTED = {20003: 30.0, 20005: 30.0, 63001: 30.0, 63051: 30.0, 63038: 900.0}


async def outcome(out, api, status, code, text="Olá"):
    api.answers = {"POST Messages": [refused(status, code)]}
    with pytest.raises(Exception) as caught:  # noqa: PT011  # its type is what is asked for
        await out.sender.send(parcel(text))
    assert str(code) not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(("reason", "code"), [(r, c) for r, cs in DEFINITE.items() for c in cs])
async def test_what_is_about_one_message_or_person_is_refused(out, api, reason, code):
    error = await outcome(out, api, 400, code)
    assert type(error) is DeliveryRefused
    assert error.reason == reason
    assert after_failure(code) == (reason, None)
    assert out.health.link is Link.WORKING  # Twilio has answered, and others may be written to
    assert await out.sender.send(parcel())


@pytest.mark.parametrize(("code", "seconds"), PACED.items())
async def test_what_is_too_much_at_once_is_sent_later(out, api, code, seconds):
    error = await outcome(out, api, 429 if code == 20429 else 400, code)
    assert type(error) is DeliveryDelayed
    assert error.retry_after == pytest.approx(seconds)
    assert out.health.link is Link.LIMITED
    assert out.alerts == []
    reason, again = after_failure(code)
    assert (reason, again) == ("busy", max(seconds, 15.0))


@pytest.mark.parametrize(("code", "seconds"), HALTED.items())
async def test_what_is_about_the_account_stops_everything_and_calls_somebody(
    out, api, code, seconds
):
    error = await outcome(out, api, 401 if code == 20003 else 400, code)
    assert type(error) is DeliveryDelayed
    assert error.retry_after == seconds
    assert out.alerts == [code]
    assert out.health.link is (Link.UNAUTHORIZED if code == 20003 else Link.STOPPED)
    assert out.health.as_dict(out.now)["last_error_code"] == code
    assert after_failure(code) == ("stopped", seconds)


async def test_what_nobody_knows_is_unknown(out, api):
    assert type(await outcome(out, api, 400, 30008)) is DeliveryUnknown
    assert after_failure(30008) == (UNKNOWN, None)


def test_the_tables_hold_nothing_else():
    told = {code for codes in DEFINITE.values() for code in codes}
    assert set(REFUSED) == told - {21408, 12345, None}
    assert (set(BUSY), set(STOPPED), MYSTERY) == (set(PACED), set(HALTED), {30008})


@pytest.mark.parametrize("status", [408, 500, 503, 302, 200])
@pytest.mark.parametrize("code", [None, 20429, 63016, 63038])
def test_a_status_that_tells_nothing_is_unknown_whatever_the_code(status, code):
    assert type(meaning(status, code)) is DeliveryUnknown


@pytest.mark.parametrize(("status", "seconds"), [(429, 1.0), (401, 30.0)])
def test_a_status_may_tell_enough(status, seconds):
    told = meaning(status, status)
    assert isinstance(told, DeliveryDelayed)
    assert told.retry_after == seconds


async def test_rests_grow_with_each_repeat_up_to_a_minute_and_begin_anew(out, api):
    rests = []
    for _ in range(9):
        rests.append((await outcome(out, api, 429, 20429)).retry_after)
        out.now += rests[-1]
    assert rests[:4] == pytest.approx([1, 2, 4, 8])
    assert rests[-1] == pytest.approx(LONGEST_FLOOD)
    await out.sender.send(parcel())
    assert (await outcome(out, api, 429, 20429)).retry_after == pytest.approx(1)


async def test_many_sends_of_one_moment_count_as_one_flood(out, api):
    api.answers = {"POST Messages": [refused(429, 20429)] * 6}
    await asyncio.gather(*(out.sender.send(parcel()) for _ in range(5)), return_exceptions=True)
    assert len(api.sends()) == 5
    assert out.brake.left() == pytest.approx(1)
    out.now += 1
    with pytest.raises(DeliveryDelayed) as caught:
        await out.sender.send(parcel())
    assert caught.value.retry_after == pytest.approx(2)


@pytest.mark.parametrize(("chance", "seconds"), [(0, 1.5), (2**31, 2.0), (2**32 - 1, 2.5)])
async def test_a_rest_is_longer_or_shorter_by_chance(out, api, chance, seconds):
    out.chance = chance
    assert (await outcome(out, api, 400, 63018)).retry_after == pytest.approx(seconds)


async def test_while_it_rests_nothing_is_asked(out, api):
    await outcome(out, api, 400, 63018)
    out.heard.note(ANA, "SM1")
    await out.sender.typing(ANA)
    with pytest.raises(DeliveryDelayed) as caught:
        await out.sender.send(parcel(to=BIA))
    assert caught.value.retry_after == pytest.approx(2.0)
    assert len(api.asked) == 1
    out.now -= 3_600  # a clock that went back ends it
    assert await out.sender.send(parcel(heard_at=out.now))


async def test_while_stopped_one_send_at_a_time_finds_out(out, api):
    await outcome(out, api, 400, 63038)
    assert out.sender.rates(ANA) == {ANA.account: Rate(1, 1.0)}
    out.now += 901
    api.answers = {"POST Messages": [0.7]}
    first = asyncio.create_task(out.sender.send(parcel()))
    await asyncio.sleep(0.1)
    with pytest.raises(DeliveryDelayed) as caught:
        await out.sender.send(parcel(to=BIA))
    assert caught.value.retry_after == BESIDE_SECONDS
    with pytest.raises(DeliveryUnknown):
        await first  # an empty answer: it found out nothing
    assert out.brake.is_stopped
    await outcome(out, api, 400, 63038)
    assert out.alerts == [63038]  # told once
    out.now += 901
    assert await out.sender.send(parcel())
    assert not out.brake.is_stopped
    assert out.sender.rates(ANA) == {ANA.account: rate_of(80)}
    await outcome(out, api, 400, 63038)
    assert out.alerts == [63038, None, 63038]


async def test_a_probe_that_is_cancelled_lets_the_next_one_go(out, api):
    await outcome(out, api, 400, 63001)
    out.now += 31
    api.answers = {"POST Messages": [5.0]}
    task = asyncio.create_task(out.sender.send(parcel()))
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await out.sender.send(parcel())


async def test_a_refusal_of_one_message_shows_that_the_account_works(out, api):
    await outcome(out, api, 400, 63001)
    out.now += 31
    assert type(await outcome(out, api, 400, 63003)) is DeliveryRefused
    assert not out.brake.is_stopped


@pytest.mark.parametrize(("status", "code"), [(400, 63024), (429, 20429)])
async def test_the_end_of_a_stop_is_told_whatever_the_first_try_came_to(out, api, status, code):
    await outcome(out, api, 401, 20003)
    out.now += 31
    await outcome(out, api, status, code)  # no stop any more, and nothing has left yet
    out.now += 31
    assert await out.sender.send(parcel())
    assert await out.sender.send(parcel())
    assert out.alerts == [20003, None]
    await outcome(out, api, 400, 63051)
    assert out.alerts == [20003, None, 63051]


async def test_a_stop_told_by_a_status_callback_holds_everything_back(out, api):
    out.sender.failed(63003)
    out.sender.failed(63051)
    assert out.alerts == [63051]
    with pytest.raises(DeliveryDelayed):
        await out.sender.send(parcel())
    assert api.asked == []


async def test_the_rest_grows_while_twilio_is_out_of_reach(out, api):
    await api.close()
    rests = []
    for _ in range(4):
        with pytest.raises(DeliveryDelayed) as caught:
            await out.sender.send(parcel())
        rests.append(caught.value.retry_after)
        out.now += 8
    assert rests == [1.0, 4.0, 8.0, 12.0]
    assert out.health.link is Link.UNREACHABLE


@pytest.mark.parametrize("answer", [DROP, HANG, (502, "x"), refused(500, 20500), (200, "x")])
async def test_what_left_without_an_answer_is_unknown_and_never_repeated(out, api, answer):
    api.answers = {"POST Messages": [answer]}
    with pytest.raises(DeliveryUnknown):
        await out.sender.send(parcel())
    assert len(api.asked) == 1
