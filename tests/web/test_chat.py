"""The web chat's doors: a cookie nobody can forge, a strict policy, a stream that resumes."""

from __future__ import annotations

import aiohttp
import pytest

from tests.desk_in_process import Desk, read_events, running_desk


@pytest.fixture
async def visitor(desk: Desk):
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        async with http.get(desk.url) as r:
            assert r.status == 200
        yield http


async def test_the_page_brings_its_policy_and_a_cookie(desk):
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        async with http.get(desk.url) as r:
            html = await r.text()
        assert "<script>" not in html
        assert "style=" not in html
        assert "http://" not in html.replace('xmlns="http://www.w3.org/2000/svg"', "")
        policy = r.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        cookie = r.headers["Set-Cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        async with http.get(desk.url) as again:
            assert _value(again) == _value(r)  # the same visitor keeps the same chat


def _value(response: aiohttp.ClientResponse) -> str:
    return response.cookies["nightdesk_chat"].value


async def test_static_files_are_asked_for_anew(desk):
    async with desk.http.get(f"{desk.url}/static/chat.js") as r:
        assert r.status == 200
        assert r.headers["Cache-Control"] == "no-cache"
    async with desk.http.get(f"{desk.url}/static/../chat.py") as r:
        assert r.status == 404


@pytest.mark.parametrize("cookie", ["", "forged", "a" * 32, "a" * 32 + ".c2lnbmF0dXJl"])
async def test_without_a_genuine_cookie_nothing_is_read_or_written(desk, cookie):
    headers = {"Cookie": f"nightdesk_chat={cookie}"} if cookie else {}
    body = {"id": "m1", "text": "oi"}
    async with desk.http.post(f"{desk.url}/chat/messages", json=body, headers=headers) as r:
        assert r.status == 401
    async with desk.http.get(f"{desk.url}/chat/events", headers=headers) as r:
        assert r.status == 401


async def test_two_visitors_do_not_see_each_other(desk, visitor):
    await visitor.post(f"{desk.url}/chat/messages", json={"id": "m1", "text": "segredo"})
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as other:
        await other.get(desk.url)
        async with other.get(f"{desk.url}/chat/events") as r:
            assert await read_events(r, lambda e: e[-1][0] == "ready") == [("ready", {})]


async def test_a_foreign_form_is_not_a_message(desk, visitor):
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        async with visitor.post(
            f"{desk.url}/chat/messages",
            data=b'{"id": "m1", "text": "oi"}',
            headers={"Content-Type": kind},
        ) as r:
            assert r.status == 415


async def test_the_stream_replays_then_tells_what_is_new_and_resumes_after_a_number(desk, visitor):
    async with visitor.get(f"{desk.url}/chat/events") as r:
        await visitor.post(
            f"{desk.url}/chat/messages", json={"id": "m1", "text": "qual o horário?"}
        )
        events = await read_events(
            r, lambda e: any(n == "message" and d["direction"] == "out" for n, d in e)
        )
    names = [name for name, _ in events]
    assert names.count("ready") == 1
    assert "typing" in names
    came = [data for name, data in events if name == "message"]
    assert (came[0]["key"], came[1]["answers"]) == ("m1", ["m1"])

    for query, headers in (("?after=1", {}), ("", {"Last-Event-ID": "1"})):
        async with visitor.get(f"{desk.url}/chat/events{query}", headers=headers) as r:
            events = await read_events(r, lambda e: e[-1][0] == "ready")
        assert [d["direction"] for n, d in events if n == "message"] == ["out"]


async def test_a_page_that_was_away_when_the_chat_was_deleted_learns_of_it(desk, visitor):
    async with visitor.get(f"{desk.url}/chat/events?after=999") as r:
        events = await read_events(r, lambda e: e[-1][0] == "ready")
    assert [name for name, _ in events] == ["erased", "ready"]


async def test_a_button_says_what_the_desk_meant_and_not_what_the_page_claims(desk, visitor):
    url = f"{desk.url}/chat/messages"
    await visitor.post(url, json={"id": "m1", "text": "/start"})
    async with visitor.get(f"{desk.url}/chat/events") as r:
        events = await read_events(r, lambda e: any(n == "message" and d["buttons"] for n, d in e))
    welcome = next(d for n, d in events if n == "message" and d["buttons"])
    labels = [button["label"] for button in welcome["buttons"]]
    press = {"message": welcome["id"], "index": len(labels) - 1}
    async with visitor.post(url, json={"id": "m2", "text": labels[-1], "button": press}) as r:
        assert r.status == 202
    assert [each["why"] for each in await until_case(desk)] == ["asked for a person"]
    for wrong in ({"message": "nd_999", "index": 0}, {"message": welcome["id"], "index": 50}):
        async with visitor.post(url, json={"id": "m3", "text": "x", "button": wrong}) as r:
            assert (r.status, (await r.json())["error"]["code"]) == (422, "unknown_button")


async def until_case(desk: Desk):
    import asyncio

    for _ in range(200):
        if found := await desk.cases():
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("no case was opened")


async def test_a_browsers_language_is_the_first_guess(desk):
    jar = aiohttp.CookieJar(unsafe=True)
    headers = {"Accept-Language": "en-US,en;q=0.9"}
    async with aiohttp.ClientSession(cookie_jar=jar, headers=headers) as http:
        await http.get(desk.url)
        await http.post(f"{desk.url}/chat/messages", json={"id": "m1", "text": "/start"})
        async with http.get(f"{desk.url}/chat/events") as r:
            events = await read_events(
                r, lambda e: any(n == "message" and d["direction"] == "out" for n, d in e)
            )
    assert "Hello" in events[-1][1]["text"]


async def test_the_chat_page_can_be_switched_off(monkeypatch, tmp_path):
    async with (
        running_desk(monkeypatch, tmp_path, NIGHTDESK__WEB__CHAT="false") as desk,
        desk.http.get(desk.url) as r,
    ):
        assert r.status == 404


async def test_the_local_routes_are_not_reachable_over_tcp(desk):
    for path in ("/desk/cases?agent=x", "/desk/ping", "/desk/acts"):
        async with desk.http.get(f"{desk.url}{path}") as r:
            assert r.status == 404


async def test_a_press_repeated_after_the_chat_was_deleted_is_a_duplicate(desk, visitor):
    url = f"{desk.url}/chat/messages"
    await visitor.post(url, json={"id": "m1", "text": "/forget"})
    async with visitor.get(f"{desk.url}/chat/events") as r:
        events = await read_events(r, lambda e: any(n == "message" and d["buttons"] for n, d in e))
        question = next(d for n, d in events if n == "message" and d["buttons"])
        press = {"message": question["id"], "index": 0}
        body = {"id": "m2", "text": "Sim", "button": press}
        async with visitor.post(url, json=body) as first:
            assert first.status == 202
        await read_events(r, lambda e: any(name == "erased" for name, _ in e))
    async with visitor.post(url, json=body) as again:
        assert (again.status, (await again.json())["duplicate"]) == (200, True)


async def test_a_chat_of_thousands_of_lines_shows_its_newest_and_goes_on(desk, visitor):
    import time

    from bot.model import ConversationKey
    from tests.builders import arrival, incoming

    await visitor.post(f"{desk.url}/chat/messages", json={"id": "m0", "text": "oi"})
    (row,) = await desk.app.ledger.due(time.time() + 60) or [None]
    chat = row or ConversationKey("web", "", "x")
    await desk.app.line.stop(2)
    for n in range(2500):
        await desk.app.ledger.accept(
            arrival(incoming(f"linha {n}", id=f"l{n}", chat=chat, at=time.time()))
        )
    async with visitor.get(f"{desk.url}/chat/events") as r:
        events = await read_events(r, lambda e: e[-1][0] == "ready")
    texts = [d["text"] for n, d in events if n == "message"]
    assert texts[-1] == "linha 2499"
    assert len(texts) == 300
    async with visitor.get(f"{desk.url}/chat/events?after=5") as r:
        events = await read_events(r, lambda e: e[-1][0] == "ready")
    assert len([n for n, _ in events if n == "message"]) > 2400


async def test_numbers_beyond_any_case_are_not_found(desk):
    async with desk.local() as local:
        for path in ("cases", "acts"):
            async with local.get(f"/desk/{path}/{10**30}?agent=x") as r:
                assert r.status == 404
        async with local.get("/desk/cases") as r:
            assert r.status == 422  # nobody said who is asking
