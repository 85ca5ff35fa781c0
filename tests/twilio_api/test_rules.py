"""What may be sent to whom, and what becomes of it: Twilio's rules, met by the real client."""

from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.twilio_api import SANDBOX, Person, StandIn
from tests.twilio_api.sdk import client, failed, send


@pytest.mark.parametrize(
    ("changed", "code", "rule"),
    [
        ({"body": "x" * 1601}, 21617, "too_long"),
        ({"body": "👍" * 801}, 21617, "too_long"),
        ({"body": ""}, 21619, ""),
        ({"to": "+5511990000001"}, 21211, ""),
        ({"to": "whatsapp:5511990000001"}, 21211, ""),
        ({"from_": "whatsapp:+15550000000"}, 63007, "sender"),
        ({"from_": "+15557001001"}, 63007, "sender"),
        ({"to": "whatsapp:+15557001001"}, 21266, ""),
        ({"validity_period": 0}, 20001, "validity"),
        ({"validity_period": 36001}, 20001, "validity"),
        ({"status_callback": "desk.example/status"}, 21609, ""),
        ({"content_sid": "HX" + "0" * 32}, 21655, "body_and_content"),
        ({"content_sid": "HX" + "0" * 32, "body": None}, 21655, "content"),
    ],
)
async def test_what_is_refused_at_once(
    api: StandIn, twilio: Client, ana: Person, changed: dict[str, object], code: int, rule: str
):
    await ana.says("oi")
    request = {"to": ana.address, "from_": f"whatsapp:{api.number}", "body": "x"} | changed
    with pytest.raises(TwilioRestException) as caught:
        await twilio.messages.create_async(**{k: v for k, v in request.items() if v is not None})
    assert (caught.value.status, caught.value.code) == (400, code)
    assert [violation.rule for violation in api.violations] == ([rule] if rule else [])
    assert api.shown(ana) == []
    assert list(api.ledger.outbound) == []
    await send(twilio, api, ana, "x" * 1600)


async def test_the_window_of_a_day(api: StandIn, twilio: Client, ana: Person):
    told = api.template("Olá {{1}}, voltamos.", variables={"1": "Ana"})
    never_wrote = await send(twilio, api, ana)
    assert never_wrote.status == "queued"
    assert await failed(twilio, api, never_wrote.sid) == ("failed", 63016)
    await ana.says("oi")
    api.clock.advance(86_399)
    await send(twilio, api, ana, "a tempo")
    api.clock.advance(2)
    late = await send(twilio, api, ana, "tarde")
    assert await failed(twilio, api, late.sid) == ("failed", 63016)
    await send(twilio, api, ana, "", content_sid=told.sid, content_variables='{"1": "Bia"}')
    assert api.texts(ana) == ["a tempo", "Olá Bia, voltamos."]
    assert [violation.rule for violation in api.violations] == ["window", "window"]
    api.at_once.add(63016)
    with pytest.raises(TwilioRestException) as caught:
        await send(twilio, api, ana, "tarde")
    assert (caught.value.status, caught.value.code) == (400, 63016)
    await ana.says("voltei")
    await send(twilio, api, ana, "a tempo")


async def test_each_number_of_ours_has_its_own_window(ana: Person):
    async with StandIn(more_numbers=("+15557001002",)) as api, client(api) as twilio:
        bia = api.person("+5511990000002", "Bia")
        await bia.says("oi", to="+15557001002")
        said = await send(twilio, api, bia)
        assert await failed(twilio, api, said.sid) == ("failed", 63016)
        await twilio.messages.create_async(
            to=bia.address, from_="whatsapp:+15557001002", body="aqui"
        )
        assert api.texts(bia) == ["aqui"]


async def test_who_cannot_be_reached(api: StandIn, twilio: Client, ana: Person):
    nobody = api.person("+5511990000003", on_whatsapp=False)
    nobody.heard[api.number] = api.clock.now()
    await ana.says("oi")
    ana.blocks()
    for to, outcome in (
        (ana, ("undelivered", 63014)),
        (nobody, ("undelivered", 63003)),
        ("whatsapp:+5511999999999", ("undelivered", 63024)),
    ):
        said = await send(twilio, api, to)
        assert await failed(twilio, api, said.sid) == outcome
    ana.unblocks()
    await send(twilio, api, ana)
    assert len(api.shown(ana)) == 1
    assert api.violations == []


async def test_the_sandbox_wants_a_join_and_three_seconds():
    async with StandIn(number=SANDBOX) as api, client(api) as twilio:
        stranger = api.person("+5511990000004", joined=False)
        await stranger.says("oi")
        assert list(api.ledger.inbound) == []  # Twilio answers it by itself
        said = await send(twilio, api, stranger)
        assert await failed(twilio, api, said.sid) == ("failed", 63015)
        stranger.joined = True
        await stranger.says("oi")
        api.limits.enforce()
        await send(twilio, api, stranger, "um")
        fast = await send(twilio, api, stranger, "dois")
        assert await failed(twilio, api, fast.sid) == ("failed", 63018)
        api.clock.advance(3)
        await send(twilio, api, stranger, "três")
        assert api.texts(stranger) == ["um", "três"]
        assert [violation.rule for violation in api.violations] == ["rate"]
        assert await twilio.messaging.v2.channels_senders.list_async(channel="whatsapp") == []


async def test_eighty_a_second(api: StandIn, twilio: Client, ana: Person):
    await ana.says("oi")
    api.limits.enforce(per_second=3)
    api.at_once.add(63018)
    for _ in range(3):
        await send(twilio, api, ana)
    with pytest.raises(TwilioRestException) as caught:
        await send(twilio, api, ana)
    assert (caught.value.status, caught.value.code) == (429, 63018)
    api.clock.advance(1)
    await send(twilio, api, ana)
