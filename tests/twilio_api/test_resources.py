"""Lists of messages, their files, and contents, as the real client asks for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from tests.twilio_api import Person, StandIn
from tests.twilio_api.sdk import failed, quick_reply, send


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


async def test_what_waits_is_listed_by_its_creation(api: StandIn, twilio: Client, ana: Person):
    await ana.says("oi")
    api.statuses.until = "queued"
    said = await send(twilio, api, ana)
    tomorrow = datetime(2027, 1, 16, tzinfo=UTC)
    to = ana.address
    assert [m.sid for m in await twilio.messages.list_async(to=to, date_sent_before=tomorrow)] == [
        said.sid
    ]
    api.clock.advance(86_400)
    assert await api.statuses.report(api.ledger.messages[said.sid], "sent") == 0  # no callback
    assert api.violations == []
    assert [m.sid for m in await twilio.messages.list_async(to=to, date_sent=tomorrow)] == [
        said.sid
    ]


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
