"""The stand-in speaks as Twilio's API does: everything here goes through the real client."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime

import aiohttp
import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from tests.twilio_api import Person, StandIn
from tests.twilio_api.sdk import client, send


async def test_a_message_is_taken_and_shown(api: StandIn, twilio: Client, ana: Person):
    await ana.says("oi")
    said = await send(twilio, api, ana, "Olá! *Tudo* bem? 👍")
    assert (said.status, said.direction, said.error_code) == ("queued", "outbound-api", None)
    assert (said.to, said.from_) == ("whatsapp:+5511990000001", f"whatsapp:{api.number}")
    assert said.date_created == datetime(2027, 1, 15, 8, tzinfo=UTC)
    assert said.date_sent is None
    assert said.uri == f"/2010-04-01/Accounts/{api.account_sid}/Messages/{said.sid}.json"
    [shown] = await api.wait_shown(ana)
    assert (shown.sid, shown.text, shown.labels) == (said.sid, "Olá! *Tudo* bem? 👍", [])
    await api.wait_delivered()
    fetched = await twilio.messages(said.sid).fetch_async()
    assert (fetched.status, fetched.body) == ("delivered", "Olá! *Tudo* bem? 👍")
    assert fetched.date_sent is not None
    assert api.violations == []


async def test_the_token_and_the_account(api: StandIn, ana: Person):
    await ana.says("oi")
    for token, account in (("wrong", ""), ("", "AC" + "f" * 32)):
        async with client(api, token, account) as stranger:
            with pytest.raises(TwilioRestException) as caught:
                await send(stranger, api, ana)
            assert (caught.value.status, caught.value.code) == (401, 20003)
    api.second_token = "next"
    async with client(api, "next") as rotated:
        await send(rotated, api, ana)
        account = await rotated.api.v2010.accounts(api.account_sid).fetch_async()
        assert (account.status, account.sid) == ("active", api.account_sid)
        with pytest.raises(TwilioRestException) as caught:
            await rotated.api.v2010.accounts("AC" + "f" * 32).fetch_async()
        assert (caught.value.status, caught.value.code) == (404, 20404)
    assert [call.status for call in api.ledger.of("messages.create")] == [401, 401, 201]


async def test_typing_names_a_message_of_a_customer(api: StandIn, twilio: Client, ana: Person):
    heard = await ana.says("oi")
    indicate = twilio.messaging.v2.typing_indicator.create_async
    assert (await indicate(channel="whatsapp", message_id=heard.sid)).success
    assert [(typing.message, typing.person) for typing in api.ledger.typing] == [
        (heard.sid, ana.key)
    ]
    said = await send(twilio, api, ana)
    for sid, status in ((said.sid, 400), ("SM" + "0" * 32, 404)):
        with pytest.raises(TwilioRestException) as caught:
            await indicate(channel="whatsapp", message_id=sid)
        assert caught.value.status == status
    assert [violation.rule for violation in api.violations] == ["typing"]


async def test_the_sender_and_its_webhook(api: StandIn, twilio: Client):
    api.deliver_to("http://127.0.0.1:9/hooks", "https://desk.example/hooks#rc=3&rp=all")
    [sender] = await twilio.messaging.v2.channels_senders.list_async(channel="whatsapp")
    assert (sender.sender_id, sender.status) == (f"whatsapp:{api.number}", "ONLINE")
    assert sender.webhook["callback_url"] == "https://desk.example/hooks#rc=3&rp=all"
    api.sender_status = "OFFLINE"
    fetched = await twilio.messaging.v2.channels_senders(sender.sid).fetch_async()
    assert fetched.status == "OFFLINE"
    with pytest.raises(TwilioException, match="Unable to fetch page"):  # of any list
        await twilio.messaging.v2.channels_senders.list_async(channel="sms")


async def test_what_a_judge_counts(api: StandIn, twilio: Client, ana: Person):
    await ana.says("oi")
    url = "https://desk.example/hooks/whatsapp/status?m="
    sids = []
    for m in ("7.1", "7.1", "8.1"):
        sids.append((await send(twilio, api, ana, status_callback=url + m)).sid)
    assert api.ledger.accepted() == {"7.1": sids[:2], "8.1": sids[2:]}


async def test_it_listens_on_loopback_alone():
    with pytest.raises(ValueError, match="alone"):
        StandIn(host="0.0.0.0")


async def test_it_runs_as_a_program():
    command = [sys.executable, "-m", "tests.twilio_api", "--port", "0"]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout is not None
        base = f"http://127.0.0.1:{int(await asyncio.to_thread(program.stdout.readline))}"
        async with aiohttp.ClientSession(base) as session, StandIn() as here:
            here.base = base  # the client of this one asks the other

            async def order(**what: object) -> object:
                async with session.post("/_control", json=what) as answer:
                    assert answer.status == 200, await answer.text()
                    return (await answer.json())["result"]

            bia = "+5511990000002"
            await order(do="person", number=bia, name="Bia")
            await order(do="says", person=bia, text="oi")
            await order(do="statuses", order="shuffled", times=2)
            await order(do="does", person=bia, what="sends_media", **{"with": {"kind": "voice"}})
            assert await order(do="does", person=bia, what="blocks") is True
            await order(do="does", person=bia, what="unblocks")
            await order(do="fail", method="messages.create", fault="cut", times=1, chat=bia,
                        **{"with": {"accepted": True}})  # fmt: skip
            async with client(here) as twilio:
                with pytest.raises(aiohttp.ClientError):
                    await send(twilio, here, f"whatsapp:{bia}", "olá")
            [shown] = await order(do="shown", person=bia)  # type: ignore[misc]
            assert shown["text"] == "olá"
            async with session.get("/_ledger") as answer:
                told = await answer.json()
            assert [call["fault"] for call in told["calls"]] == ["cut"]
            assert told["accepted"] == {"": [shown["sid"]]}
            assert [message["direction"] for message in told["messages"]] == [
                "inbound",
                "inbound",
                "outbound-api",
            ]
            async with session.post("/_control", json={"do": "statuses", "x": 1}) as answer:
                assert answer.status == 400
    finally:
        program.terminate()
        assert program.wait(5) == 0
        program.stdout.close()
