"""Faults, as the real client library meets them."""

from __future__ import annotations

import json

import aiohttp
import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from tests.twilio_api import Person, StandIn
from tests.twilio_api.faults import (
    Fault,
    Kind,
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
from tests.twilio_api.sdk import client, failed, send


@pytest.mark.parametrize(
    ("fault", "error", "code", "accepted"),
    [
        (refused(400, 21610), TwilioRestException, 21610, 0),
        (flooded(), TwilioRestException, 20429, 0),
        (flooded(63018), TwilioRestException, 63018, 0),
        (server_error(500), TwilioRestException, 20500, 0),
        (server_error(500, accepted=True), TwilioRestException, 20500, 1),
        (server_error(503, accepted=True), TwilioRestException, 20503, 1),
        (page(502), TwilioRestException, 502, 0),
        (page(502, accepted=True), TwilioRestException, 502, 1),
        (page(200, accepted=True), json.JSONDecodeError, 0, 1),
        (not_json(), json.JSONDecodeError, 0, 1),
        (cut(accepted=True), aiohttp.ClientError, 0, 1),
        (cut(accepted=False), aiohttp.ClientError, 0, 0),
        (delay(5, accepted=True), TimeoutError, 0, 1),
        (delay(5), TimeoutError, 0, 0),
        (hang(), TimeoutError, 0, 0),
        (hang(accepted=True), TimeoutError, 0, 1),
        (drip(0.1), TimeoutError, 0, 1),
    ],
)
async def test_a_fault_strikes_once(
    api: StandIn,
    twilio: Client,
    ana: Person,
    fault: Fault,
    error: type[Exception],
    code: int,
    accepted: int,
):
    bia = api.person("+5511990000002", "Bia")
    await ana.says("oi")
    await bia.says("oi")
    api.fail("messages.create", fault, chat=ana)
    await send(twilio, api, bia, "untouched")
    async with client(api, seconds=0.5 if error is TimeoutError else 5.0) as hasty:
        with pytest.raises(error) as caught:
            await send(hasty, api, ana, "um")
    assert getattr(caught.value, "code", 0) == code
    await api.wait_for(lambda: len(api.shown(ana)) == accepted)
    call = api.ledger.of("messages.create", ana.chat)[0]
    assert (call.fault, bool(call.message)) == (fault.kind, bool(accepted))
    await send(twilio, api, ana, "dois")
    assert len(api.shown(ana)) == accepted + 1
    assert len(await twilio.messages.list_async(to=ana.address)) == accepted + 1


async def test_a_late_answer_comes(api: StandIn, twilio: Client, ana: Person):
    await ana.says("oi")
    for fault in (delay(0.05), delay(0.05, accepted=True), drip(0.0)):
        api.fail("messages.create", fault)
        assert (await send(twilio, api, ana)).sid == api.shown(ana)[-1].sid
    assert len(api.shown(ana)) == 3


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (server_error(503), TwilioException),
        (page(502), TwilioException),
        (flooded(), TwilioException),
        (cut(accepted=False), aiohttp.ClientError),
        (hang(), TimeoutError),
        (not_json(accepted=False), TwilioException),
    ],
)
async def test_a_list_fails_as_well(
    api: StandIn, twilio: Client, ana: Person, fault: Fault, error: type[Exception]
):
    await ana.says("oi")
    times = 2 if fault.kind is Kind.CUT else 1  # aiohttp itself repeats a GET that is cut, once
    api.fail("messages.list", fault, times=times)
    async with client(api, seconds=0.5 if error is TimeoutError else 5.0) as hasty:
        with pytest.raises(error):
            await hasty.messages.list_async()
    assert len(await twilio.messages.list_async()) == 1


async def test_a_switch_for_a_person_knows_all_their_addresses(
    api: StandIn, twilio: Client, ana: Person
):
    await ana.says("oi")
    for chat in (ana, ana.number, ana.user_id, ana.address):
        for to in (ana.number, ana.user_id):
            api.fail("messages.create", server_error(), chat=chat)
            with pytest.raises(TwilioRestException):
                await send(twilio, api, f"whatsapp:{to}")
    api.statuses.fail(63049, chat=ana.number)
    ana.hides_number()
    assert await failed(twilio, api, (await send(twilio, api, ana)).sid) == ("undelivered", 63049)


async def test_a_share_of_calls_fails_by_a_seeded_chance(api: StandIn, twilio: Client, ana: Person):
    await ana.says("oi")
    switch = api.fail("", cut(accepted=True), times=None, share=0.2, skip=2)
    cuts = 0
    for i in range(40):
        try:
            await send(twilio, api, ana, f"{i}")
        except aiohttp.ClientError:
            cuts += 1
            assert i >= 2
    assert cuts == switch.hits
    assert 2 < switch.hits < 20
    assert api.texts(ana) == [f"{i}" for i in range(40)]


async def test_a_stranger_uses_no_fault_up(api: StandIn, twilio: Client, ana: Person):
    await ana.says("oi")
    api.fail("messages.create", server_error())
    async with client(api, "wrong") as stranger:
        with pytest.raises(TwilioRestException) as caught:
            await send(stranger, api, ana)
    assert caught.value.code == 20003
    with pytest.raises(TwilioRestException) as caught:
        await send(twilio, api, ana)
    assert caught.value.code == 20500
