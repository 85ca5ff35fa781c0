"""Twilio's list of what came in, read with its real client: pages, order, files."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from bot.channels.whatsapp import listing
from bot.channels.whatsapp.listed import File, form_of
from bot.channels.whatsapp.listing import files_of, inbound
from bot.channels.whatsapp.parse import parse
from bot.channels.whatsapp.transport import CallFailed
from tests.channels.whatsapp.out import ANA, NOW
from tests.channels.whatsapp.payloads import sid
from tests.channels.whatsapp.tiny_twilio import DROP, NUMBER, SID, listed, refused


def came(text: str, ago: float, number: int, **more):
    at = NOW - ago
    sent = format_datetime(datetime.fromtimestamp(at, UTC))
    about = {"direction": "inbound", "status": "received", "num_media": "0", "date_sent": sent}
    to = {"from": f"whatsapp:{ANA.chat}", "to": f"whatsapp:{NUMBER}"}
    return listed(text, at, sid(number), **{**about, **to, **more})


def texts(found) -> list[str]:
    return [each.body for each in found.messages]


async def test_it_is_asked_for_by_our_number_and_the_day_before(api, client):
    assert texts(await inbound(client, NUMBER, NOW)) == []
    (call,) = api.asked
    assert call.fields == {
        "To": f"whatsapp:{NUMBER}", "DateSent>": "2026-11-17T00:00:00Z", "PageSize": "100",
    }  # fmt: skip


async def test_the_oldest_comes_first_and_within_a_second_the_list_tells(api, client):
    api.listed = [came("d", 10, 4), came("c", 20, 3), came("b", 20, 2), came("a", 30, 1)]
    assert texts(await inbound(client, NUMBER, NOW - 60)) == ["a", "b", "c", "d"]


async def test_only_what_came_in_and_is_whole_counts(api, client):
    api.listed = [
        came("ours", 10, 4, direction="outbound-api"),
        came("half", 20, 3, status="receiving"),
        came("undated", 20, 2, date_sent=None, date_created=None),
        came("good", 30, 1),
        came("old", 90, 5),
    ]
    assert texts(await inbound(client, NUMBER, NOW - 60)) == ["good"]


async def test_pages_are_read_until_they_reach_back_far_enough(api, client):
    api.page = 2
    api.listed = [came(str(n), n * 10, n) for n in range(1, 9)]
    found = await inbound(client, NUMBER, NOW - 35)
    assert (texts(found), found.whole) == (["3", "2", "1"], True)
    assert len(api.asked) == 2
    assert len((await inbound(client, NUMBER, NOW - 900)).messages) == 8
    assert len(api.asked) == 2 + 4


async def test_reading_has_an_end_and_says_so(api, client, monkeypatch):
    monkeypatch.setattr(listing, "MOST_PAGES", 2)
    api.page = 2
    api.listed = [came(str(n), n, n) for n in range(1, 9)]
    found = await inbound(client, NUMBER, NOW - 900)
    assert (len(found.messages), found.whole) == (4, False)


async def test_a_message_on_two_pages_is_one(api, client):
    api.page = 2
    api.listed = [came("b", 10, 2), came("a", 20, 1), came("a", 20, 1)]
    assert texts(await inbound(client, NUMBER, NOW - 60)) == ["a", "b"]


@pytest.mark.parametrize("answer", [DROP, refused(500), refused(401, 20003), (200, "<html>")])
async def test_a_list_that_cannot_be_read_is_none(api, client, answer):
    api.answers["GET Messages"] = [answer] * 2  # a broken connection is tried once more
    with pytest.raises(CallFailed):
        await inbound(client, NUMBER, NOW)


async def test_files_have_the_addresses_that_the_hook_would_have_told(api, client):
    file = "ME" + "0" * 31 + "1"
    media = {"media_list": [{"sid": file, "content_type": "audio/ogg"}], "next_page_uri": None}
    api.answers["GET Messages"] = [(200, media), refused(404, 20404), refused(429, 20429)]
    url = f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages/{sid(1)}/Media/{file}"
    assert await files_of(client, SID, sid(1)) == [File(url, "audio/ogg")]
    assert list(await files_of(client, SID, sid(1))) == []  # they are gone
    with pytest.raises(CallFailed):
        await files_of(client, SID, sid(1))


async def test_the_form_of_a_listed_message_reads_like_the_hooks(api, client):
    api.listed = [came("Olá, ção 👋", 10, 1, num_media="1")]
    [each] = (await inbound(client, NUMBER, NOW - 60)).messages
    found = parse(
        form_of(each, [File("https://x/1", "image/jpeg")]), "", NOW, lambda code: ("", None)
    )
    message = found.message
    assert (message.id, message.text, message.conversation) == (sid(1), "Olá, ção 👋", ANA)
    assert [media.kind for media in message.media] == ["photo"]
