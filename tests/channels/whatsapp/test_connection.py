"""The connection as a whole: before Twilio's SDK is there, when it never comes, and at work."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from bot.channels.whatsapp import connection as room
from bot.channels.whatsapp.connection import Access, WhatsApp
from bot.channels.whatsapp.health import QUIET_SECONDS, Link, WhatsAppHealth
from bot.channels.whatsapp.send import rate_of
from bot.clock import Clock
from bot.delivery.ports import Rate
from bot.errors import DeliveryDelayed
from bot.settings import WhatsApp as Settings
from tests.channels.whatsapp.out import ANA, BIA, NOW, URL, parcel
from tests.channels.whatsapp.test_lookup import Ours
from tests.channels.whatsapp.tiny_twilio import NUMBER, SID, TOKEN, listed, refused


class Rests:
    """Sleeps a moment only, and writes down for how long it should have been."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await asyncio.sleep(0.02)


@pytest.fixture
def rests() -> Rests:
    return Rests()


@pytest.fixture
def alerts() -> list[int]:
    return []


@pytest.fixture
def hour() -> list[float]:
    """What the clock says; to be moved."""
    return [NOW]


@pytest.fixture
async def whatsapp(api, rests, alerts, hour) -> AsyncIterator[WhatsApp]:
    access = Access(SID, (TOKEN,), NUMBER, URL, api.base, 2.0)
    whatsapp = WhatsApp(
        access, Settings(buttons="numbers"), Clock(lambda: hour[0], rests), alerts.append
    )
    yield whatsapp
    await whatsapp.close()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


async def delay_of(whatsapp: WhatsApp) -> float:
    with pytest.raises(DeliveryDelayed) as delayed:
        await whatsapp.send(parcel())
    return delayed.value.retry_after


async def test_before_the_sdk_is_there_one_send_at_a_time_asks_for_it(whatsapp):
    assert whatsapp.rates(ANA) == whatsapp.rates(BIA) == {NUMBER: Rate(1, await delay_of(whatsapp))}
    assert await delay_of(whatsapp) < 1
    whatsapp.heard(ANA, "SM1")
    await whatsapp.typing(ANA)
    assert whatsapp.after_failure(63038) == ("stopped", 900.0)
    with pytest.raises(DeliveryDelayed):
        await whatsapp.look_up(parcel(), Ours())
    assert whatsapp.health.as_dict(NOW)["link"] == "starting"


async def test_an_sdk_that_fails_to_load_is_said_and_seldom_asked_for(whatsapp, monkeypatch):
    def broken() -> None:
        raise ImportError("no such thing")

    monkeypatch.setattr(room, "_sdk", broken)
    whatsapp.open()
    await until(lambda: whatsapp.health.link is Link.NOT_LOADED)
    assert not whatsapp.health.is_ok(NOW)
    assert await delay_of(whatsapp) >= 10


async def test_loaded_it_sends_types_and_looks_up(api, whatsapp, rests):
    whatsapp.heard(ANA, "SM9")  # while it loads
    whatsapp.open()
    await until(lambda: whatsapp.health.is_ok(NOW))
    assert whatsapp.rates(ANA) == {NUMBER: rate_of(80)}
    assert await whatsapp.send(parcel())
    await whatsapp.typing(ANA)
    api.listed = [listed("Olá", NOW, "SM1")]
    assert (await whatsapp.look_up(parcel(), Ours())).external_id == "SM1"
    assert api.calls("POST", "Typing")[0].fields["messageId"] == "SM9"
    assert rests.asked[0] == room.CHECK_SECONDS


async def test_an_account_is_looked_at_again_and_again(api, whatsapp, rests):
    api.answers = {"GET Accounts": [refused(401, 20003), (500, "x"), (500, "x"), (500, "x")]}
    whatsapp.open()
    await until(lambda: whatsapp.health.link is Link.UNREACHABLE)
    await until(lambda: len(rests.asked) >= 5)
    assert rests.asked[:5] == [1.0, 2.0, 4.0, 8.0, room.CHECK_SECONDS]


async def test_a_token_that_twilio_does_not_know_stops_sending_and_is_told_once(
    api, whatsapp, alerts
):
    api.tokens = ("another",)
    whatsapp.open()
    await until(lambda: len(api.asked) >= 3)
    assert whatsapp.health.link is Link.UNAUTHORIZED
    assert whatsapp.health.as_dict(NOW)["last_error_code"] == 20003
    assert await delay_of(whatsapp) > 1
    assert api.calls("POST", "Messages") == []
    assert alerts == [20003]


async def test_a_suspended_account_is_stopped(api, whatsapp, alerts):
    api.status = "suspended"
    whatsapp.open()
    await until(lambda: whatsapp.health.link is Link.STOPPED)
    await until(lambda: len(api.asked) >= 3)
    assert alerts == [20005]


async def test_an_account_that_works_does_not_hide_a_stop(api, whatsapp, hour):
    whatsapp.open()
    await until(lambda: whatsapp.health.is_ok(NOW))
    whatsapp.after_failure(63038)
    hour[0] += 901  # a send may find out now whether it is over; a look at the account cannot
    looked = len(api.asked)
    await until(lambda: len(api.asked) > looked + 2)
    assert whatsapp.health.link is Link.STOPPED


async def test_closing_ends_everything(api, whatsapp):
    whatsapp.open()
    await until(lambda: whatsapp.health.is_ok(NOW))
    await whatsapp.close()
    asked = len(api.asked)
    await asyncio.sleep(0.1)
    assert len(api.asked) == asked
    assert await delay_of(whatsapp) > 0
    assert len(api.asked) == asked


async def test_it_may_be_closed_without_having_been_opened(whatsapp):
    await whatsapp.close()


def test_nothing_shows_a_secret(api):
    access = Access(SID, (TOKEN,), NUMBER, URL, api.base, 2.0)
    whatsapp = WhatsApp(access, Settings(), Clock())
    said = repr(access) + repr(whatsapp) + repr(whatsapp.health) + str(vars(whatsapp))
    assert TOKEN not in said
    assert json.dumps(whatsapp.health.as_dict(NOW))


def test_health_tells_ages_and_grows_old():
    health = WhatsAppHealth(NUMBER)
    assert health.as_dict(NOW) == {
        "number": NUMBER,
        "ok": False,
        "link": "starting",
        "last_error_code": None,
        "last_error_age": None,
        "last_contact_age": None,
        "missed_looked_for_age": None,
        "missed_found": 0,
    }
    health.fails(Link.LIMITED, NOW, 63018)
    health.works(NOW + 5)
    told = health.as_dict(NOW + 7)
    assert (told["ok"], told["last_error_code"]) == (True, 63018)
    assert (told["last_error_age"], told["last_contact_age"]) == (7, 2)
    assert not health.is_ok(NOW + 6 + QUIET_SECONDS)
    assert health.as_dict(NOW - 50)["last_contact_age"] == 0


async def test_the_module_is_light():
    """Twilio's SDK takes most of a second: the doors do not wait for it."""
    code = (
        "import sys; import bot.channels.whatsapp.connection, bot.channels.whatsapp.codes;"
        "sys.exit('twilio' in sys.modules or 'aiohttp' in sys.modules)"
    )
    import sys

    child = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await child.wait() == 0


async def test_another_number_in_the_same_account_is_written_from_too(api, whatsapp):
    whatsapp.open()
    await until(lambda: whatsapp.health.is_ok(NOW))
    await whatsapp.send(parcel(to=replace(ANA, account="+15550002222")))
    assert api.sends()[0]["From"] == "whatsapp:+15550002222"
