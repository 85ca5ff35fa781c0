"""Status callbacks: fields, order, repeats, failures, and where they are posted."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest
from aiohttp import web
from twilio.rest import Client

from tests.twilio_api import Person, StandIn
from tests.twilio_api.endpoint import Endpoint
from tests.twilio_api.sdk import client, send

WAY = ["sending", "sent", "delivered"]


async def test_each_step_but_the_first_is_called_back(
    api: StandIn, twilio: Client, ana: Person, endpoint: Endpoint
):
    await ana.says("oi")
    api.statuses.until = "read"
    url = f"{endpoint.url}/status?m=7.1"
    said = await send(twilio, api, ana, status_callback=url)
    await api.wait_delivered()
    assert endpoint.statuses == [*WAY, "read"]
    assert all(posted.genuine for posted in endpoint.got)
    assert {posted.path for posted in endpoint.got} == {"/hooks/whatsapp/status?m=7.1"}
    form = endpoint.got[-1].form
    assert (form["MessageSid"], form["AccountSid"]) == (said.sid, api.account_sid)
    assert (form["To"], form["From"]) == (ana.address, f"whatsapp:{api.number}")
    assert (form["EventType"], form["ChannelPrefix"]) == ("READ", "whatsapp")
    assert "ErrorCode" not in form
    assert api.violations == []
    assert api.shown(ana)[0].reported == [*WAY, "read"]


@pytest.mark.parametrize("order", ["natural", "reversed", "shuffled"])
async def test_they_come_in_any_order_and_often(
    api: StandIn, twilio: Client, ana: Person, endpoint: Endpoint, order: str
):
    await ana.says("oi")
    api.statuses.order, api.statuses.times = order, 3  # type: ignore[assignment]
    said = await send(twilio, api, ana, status_callback=f"{endpoint.url}/status")
    await api.wait_delivered()
    natural = [status for status in WAY for _ in range(3)]
    assert Counter(endpoint.statuses) == Counter(natural)
    assert (endpoint.statuses == natural) == (order == "natural")
    assert (endpoint.statuses == natural[::-1]) == (order == "reversed")
    assert (await twilio.messages(said.sid).fetch_async()).status == "delivered"


async def test_all_at_the_same_instant(
    api: StandIn, twilio: Client, ana: Person, endpoint: Endpoint
):
    await ana.says("oi")
    api.statuses.together, endpoint.seconds = True, 0.1
    await send(twilio, api, ana, status_callback=f"{endpoint.url}/status")
    await api.wait_delivered()
    assert endpoint.most_inside == 3


async def test_before_the_create_call_is_answered(
    api: StandIn, twilio: Client, ana: Person, endpoint: Endpoint
):
    await ana.says("oi")
    api.statuses.early = True
    said = await send(twilio, api, ana, status_callback=f"{endpoint.url}/status")
    assert said.status == "queued"
    assert endpoint.statuses == WAY


async def test_late_or_never(api: StandIn, twilio: Client, ana: Person, endpoint: Endpoint):
    await ana.says("oi")
    url = f"{endpoint.url}/status"
    api.statuses.delay = 0.05
    begun = time.monotonic()
    await send(twilio, api, ana, status_callback=url)
    await api.wait_delivered()
    assert time.monotonic() - begun >= 0.15
    endpoint.got.clear()
    api.statuses.delay, api.statuses.never = 0.0, True
    said = await send(twilio, api, ana, status_callback=url)
    await api.wait_delivered()
    assert endpoint.got == []
    assert (await twilio.messages(said.sid).fetch_async()).status == "delivered"
    api.statuses.never, api.statuses.until = False, "queued"
    said = await send(twilio, api, ana, status_callback=url)
    await api.wait_delivered()
    assert (await twilio.messages(said.sid).fetch_async()).status == "queued"
    assert len(api.shown(ana)) == 2
    api.statuses.delay, api.statuses.until = 300.0, "delivered"
    said = await send(twilio, api, ana, status_callback=url)
    assert (await twilio.messages(said.sid).fetch_async()).status == "queued"
    assert endpoint.got == []


async def test_failures_by_chat_share_and_number(
    api: StandIn, twilio: Client, ana: Person, endpoint: Endpoint
):
    bia = api.person("+5511990000002", "Bia")
    await ana.says("oi")
    await bia.says("oi")
    url = f"{endpoint.url}/status"
    api.statuses.fail(63049, chat=ana, skip=1)
    for person in (bia, ana, ana, ana):
        await send(twilio, api, person, status_callback=url)
    await api.wait_delivered()
    assert (len(api.shown(ana)), len(api.shown(bia))) == (2, 1)
    [failed] = [posted.form for posted in endpoint.got if posted.status == "undelivered"]
    assert (failed["To"], failed["ErrorCode"]) == (ana.address, "63049")
    switch = api.statuses.fail(30008, "failed", times=None, share=0.3)
    endpoint.got.clear()
    for _ in range(30):
        await send(twilio, api, bia, status_callback=url)
    await api.wait_delivered()
    assert 3 < switch.hits < 20
    assert endpoint.statuses.count("failed") == switch.hits
    assert len(api.shown(bia)) == 31 - switch.hits


async def test_anything_can_be_reported_later(
    api: StandIn, twilio: Client, ana: Person, endpoint: Endpoint
):
    await ana.says("oi")
    said = await send(twilio, api, ana, status_callback=f"{endpoint.url}/status?m=1.1")
    await api.wait_delivered()
    assert await api.statuses.report(api.ledger.messages[said.sid], "failed", 63032) == 200
    assert endpoint.got[-1].form["ErrorCode"] == "63032"
    fetched = await twilio.messages(said.sid).fetch_async()
    assert (fetched.status, fetched.error_code) == ("failed", 63032)


async def test_a_proxy_between(api: StandIn, twilio: Client, ana: Person, endpoint: Endpoint):
    """Signed for the public address, path and all; posted to the real one."""
    endpoint.public = "https://x.example/desk/hooks/whatsapp"
    api.deliver_to(endpoint.url, endpoint.public + "#rc=2&rp=all")
    await ana.says("oi")
    await send(twilio, api, ana, status_callback=f"{endpoint.public}/status?m=1.1")
    await api.wait_delivered()
    assert len(endpoint.got) == 4
    assert all(posted.genuine for posted in endpoint.got)
    assert {delivery.url for delivery in api.webhook.deliveries} == {
        "https://x.example/desk/hooks/whatsapp",
        "https://x.example/desk/hooks/whatsapp/status?m=1.1",
    }


async def test_nothing_is_posted_beyond_this_machine(api: StandIn, twilio: Client, ana: Person):
    await ana.says("oi")
    await send(twilio, api, ana, status_callback="https://desk.example/status")
    await api.wait_delivered()
    assert {delivery.statuses == [] for delivery in api.webhook.deliveries} == {True}
    assert {violation.rule for violation in api.violations} == {"strange_address"}


async def test_a_callback_may_be_answered_by_204(
    api: StandIn, twilio: Client, ana: Person, endpoint: Endpoint
):
    await ana.says("oi")
    endpoint.answers = [web.Response(status=204), web.Response(text="ok")]
    await send(twilio, api, ana, status_callback=f"{endpoint.url}/status")
    await api.wait_delivered()
    assert [v.detail for v in api.violations] == ["not told to be XML (12300)"]


async def test_it_leaves_nothing_behind(endpoint: Endpoint):
    before = asyncio.all_tasks()
    async with StandIn() as api, client(api) as twilio:
        bia = api.person()
        endpoint.seconds = 5.0
        api.deliver_to(endpoint.url)
        await bia.says("oi")
        await send(twilio, api, bia, status_callback=f"{endpoint.url}/status")
        await api.wait_for(lambda: endpoint.inside == 2)
    await asyncio.sleep(0)
    assert {task for task in asyncio.all_tasks() - before if "StandIn" in repr(task)} == set()
    assert not api.webhook.busy
