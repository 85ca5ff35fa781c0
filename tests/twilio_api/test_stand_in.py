"""The stand-in speaks as Twilio's API does: everything here goes through the real client."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList

from tests.twilio_api import SANDBOX, Person, StandIn
from tests.twilio_api.conftest import client


def quick_reply(*titles: str, body: str = "{{1}}", name: str = "n") -> Any:
    """A request for a Content resource, made with the SDK's own types."""
    actions = [{"type": "QUICK_REPLY", "title": t, "id": str(i)} for i, t in enumerate(titles)]
    types = ContentList.Types({"twilio/quick-reply": {"body": body, "actions": actions}})
    return ContentList.ContentCreateRequest(
        {"friendly_name": name, "language": "pt_BR", "variables": {"1": " "}, "types": types}
    )


async def send(
    twilio: Client, api: StandIn, person: Person | str, body: str = "oi", **more: object
):
    to = person if isinstance(person, str) else person.address
    return await twilio.messages.create_async(
        to=to, from_=f"whatsapp:{api.number}", **({"body": body} if body else {}), **more
    )


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


async def failed(twilio: Client, api: StandIn, sid: str) -> tuple[str, int | None]:
    await api.wait_delivered()
    message = await twilio.messages(sid).fetch_async()
    return message.status, message.error_code


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


async def test_a_list_has_both_directions_newest_first(api: StandIn, twilio: Client, ana: Person):
    bia = api.person("+5511990000002", "Bia")
    await bia.says("outra")
    for i in range(7):
        await ana.says(f"{i}")
        await send(twilio, api, ana, f"re {i}")
    ours = f"whatsapp:{api.number}"
    inbound = await twilio.messages.list_async(to=ours, from_=ana.address, page_size=3)
    assert [message.body for message in inbound] == ["6", "5", "4", "3", "2", "1", "0"]
    assert {(m.direction, m.status) for m in inbound} == {("inbound", "received")}
    assert len(api.ledger.of("messages.list")) == 3
    first = await twilio.messages.list_async(to=ana.address, limit=2)
    assert [message.body for message in first] == ["re 6", "re 5"]
    assert len(await twilio.messages.list_async()) == 15


async def test_paging_stays_put_while_messages_come(api: StandIn, twilio: Client, ana: Person):
    for i in range(4):
        await ana.says(f"{i}")
    page = await twilio.messages.page_async(page_size=2)
    assert [message.body for message in page] == ["3", "2"]
    await ana.says("4")
    following = await page.next_page_async()
    assert [message.body for message in following] == ["1", "0"]
    assert following.next_page_url is None


async def test_a_list_is_filtered_by_whole_days(api: StandIn, twilio: Client, ana: Person):
    await ana.says("15th, 08:00")
    api.clock.advance(15 * 3600)
    await ana.says("15th, 23:00")
    api.clock.advance(2 * 3600)
    await ana.says("16th, 01:00")
    night = datetime(2027, 1, 15, 23, 30, tzinfo=UTC)

    async def bodies(**when: datetime) -> list[str | None]:
        return [message.body for message in await twilio.messages.list_async(**when)]

    assert await bodies(date_sent_after=night) == ["16th, 01:00", "15th, 23:00", "15th, 08:00"]
    assert await bodies(date_sent_after=night + timedelta(hours=1)) == ["16th, 01:00"]
    assert await bodies(date_sent_before=night) == ["15th, 23:00", "15th, 08:00"]
    assert await bodies(date_sent=night + timedelta(hours=1)) == ["16th, 01:00"]


async def test_files_and_erasure(api: StandIn, twilio: Client, ana: Person):
    photo = await ana.sends_media("photo", "o recibo")
    [file] = await twilio.messages(photo.sid).media.list_async()
    assert (file.content_type, file.parent_sid) == ("image/jpeg", photo.sid)
    emptied = await twilio.messages(photo.sid).update_async(body="")
    assert emptied.body == ""
    assert await twilio.messages(photo.sid).delete_async()
    with pytest.raises(TwilioRestException) as caught:
        await twilio.messages(photo.sid).fetch_async()
    assert (caught.value.status, caught.value.code) == (404, 20404)
    assert await twilio.messages.list_async() == []


async def test_quick_replies_in_a_session(api: StandIn, twilio: Client, ana: Person):
    await ana.says("oi")
    made = await twilio.content.v1.contents.create_async(quick_reply("Sim", "Não", "Talvez"))
    sent = {"content_sid": made.sid, "content_variables": '{"1": "Certo?"}'}
    said = await send(twilio, api, ana, "", **sent)
    assert said.body == "Certo?"
    [shown] = api.shown(ana)
    assert (shown.text, shown.labels, shown.template) == (
        "Certo?",
        ["Sim", "Não", "Talvez"],
        made.sid,
    )
    await send(twilio, api, ana, "", content_sid=made.sid, content_variables='{"1": " ok "}')
    long = '{"1": "' + "x" * 1025 + '"}'
    four = await twilio.content.v1.contents.create_async(quick_reply(*"abcd"))
    for sid, variables in ((made.sid, long), (four.sid, '{"1": "x"}')):
        with pytest.raises(TwilioRestException) as caught:
            await send(twilio, api, ana, "", content_sid=sid, content_variables=variables)
        assert caught.value.code == 63013
    for variables in ('{"1": ""}', "[1]", "{", '{"1": 2}'):
        with pytest.raises(TwilioRestException) as caught:
            await send(twilio, api, ana, "", content_sid=made.sid, content_variables=variables)
        assert caught.value.code == 21656
    assert [violation.rule for violation in api.violations] == ["content", "content"]
    api.at_once.clear()
    late = await send(twilio, api, ana, "", content_sid=made.sid, content_variables=long)
    assert await failed(twilio, api, late.sid) == ("failed", 63013)


async def test_a_template_takes_ten_buttons(api: StandIn, twilio: Client, ana: Person):
    told = api.template("Voltamos?", buttons=("Sim", "Não", "Depois", "Nunca"))
    await send(twilio, api, ana, "", content_sid=told.sid)
    assert api.shown(ana)[0].labels == ["Sim", "Não", "Depois", "Nunca"]
    status = await twilio.content.v1.contents(told.sid).approval_fetch().fetch_async()
    assert status.whatsapp["status"] == "approved"
    pending = api.template("Voltamos?", approved=False)
    status = await twilio.content.v1.contents(pending.sid).approval_fetch().fetch_async()
    assert status.whatsapp["status"] == "pending"
    said = await send(twilio, api, ana, "", content_sid=pending.sid)
    assert await failed(twilio, api, said.sid) == ("failed", 63016)


async def test_contents_are_made_listed_and_deleted(api: StandIn, twilio: Client):
    contents = twilio.content.v1.contents
    for i in range(5):
        await contents.create_async(quick_reply("Sim", name=f"n{i}"))
    listed = await contents.list_async(page_size=2)
    assert [content.friendly_name for content in listed] == ["n4", "n3", "n2", "n1", "n0"]
    assert listed[0].types["twilio/quick-reply"]["actions"][0]["title"] == "Sim"
    assert listed[0].variables == {"1": " "}
    assert (await contents(listed[0].sid).fetch_async()).language == "pt_BR"
    await contents(listed[0].sid).delete_async()
    assert len(await contents.list_async()) == 4
    for bad in (
        quick_reply(),
        quick_reply("x" * 21),
        quick_reply("a", "a"),
        quick_reply(*"abcdefghijk"),
        quick_reply("a", body="x" * 1025),
        quick_reply("a", body=""),
    ):
        with pytest.raises(TwilioRestException) as caught:
            await contents.create_async(bad)
        assert caught.value.status == 400


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_json_that_the_sdk_writes_as_a_form_is_refused(api: StandIn):
    """9.13's asynchronous client drops all but the outer names of it."""
    http = AsyncTwilioHttpClient()
    twilio = Client(api.account_sid, api.auth_token, http_client=http)
    twilio.content.base_url = api.base
    with pytest.raises(TwilioRestException) as caught:
        await twilio.content.v1.contents.create_async(quick_reply("Sim"))
    assert caught.value.status == 400
    await http.close()


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
            async with session.post("/_control", json={"do": "statuses", "x": 1}) as answer:
                assert answer.status == 400
    finally:
        program.terminate()
        assert program.wait(5) == 0
        program.stdout.close()
