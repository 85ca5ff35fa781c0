"""The HTTP API: exactly the shapes and codes that programs rely on."""

from __future__ import annotations

import asyncio
import re

import pytest
from structlog.testing import capture_logs

from bot.errors import LedgerError
from tests.desk_in_process import KEY, running_desk


async def test_a_message_is_accepted_and_answered(desk):
    status, body = await desk.post("Qual o horário de vocês?", "m1")
    assert (status, body) == (202, {"id": "m1", "conversation": "c1", "duplicate": False})

    answer = await desk.answer_to("m1")
    assert set(answer) == {
        "id",
        "direction",
        "author",
        "text",
        "buttons",
        "state",
        "receipt",
        "answers",
        "created_at",
    }
    assert (answer["direction"], answer["author"], answer["state"]) == ("out", "rule", "sent")
    assert answer["answers"] == ["m1"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00", answer["created_at"])


async def test_the_same_message_again_says_so(desk):
    await desk.post("oi", "m1")
    assert await desk.post("oi", "m1") == (
        200,
        {"id": "m1", "conversation": "c1", "duplicate": True},
    )


async def test_another_text_under_the_same_id_is_a_conflict(desk):
    await desk.post("oi", "m1")
    status, body = await desk.post("outra coisa", "m1")
    assert (status, body["error"]["code"]) == (409, "conflict")
    assert body["error"]["message"]


async def test_ids_are_unique_per_conversation_and_conversations_per_key(desk):
    assert (await desk.post("oi", "m1", "c1"))[0] == 202
    assert (await desk.post("oi", "m1", "c2"))[0] == 202
    assert (await desk.post("oi", "m1", "c1", key="other-key"))[0] == 202
    assert len([m for m in await desk.messages("c1") if m["direction"] == "in"]) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": KEY},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {KEY}x"},
    ],
)
async def test_without_a_valid_key_nothing_is_told_or_written(desk, headers):
    body = {"conversation": "c1", "id": "m1", "text": "oi"}
    async with desk.http.post(f"{desk.url}/api/messages", json=body, headers=headers) as r:
        assert r.status == 401
        assert (await r.json())["error"]["code"] == "unauthorized"
    url = f"{desk.url}/api/conversations/c1/messages"
    async with desk.http.get(url, headers=headers) as r:
        assert r.status == 401
    assert await desk.messages() == []


async def test_without_configured_keys_the_api_is_closed(monkeypatch, tmp_path):
    async with running_desk(monkeypatch, tmp_path, NIGHTDESK_API_KEYS="") as desk:
        status, body = await desk.post("oi", "m1", key="")
        assert status == 401
        assert "NIGHTDESK_API_KEYS" in body["error"]["message"]


async def test_over_the_budget_is_429_without_a_trace_and_the_id_stays_free(monkeypatch, tmp_path):
    async with running_desk(
        monkeypatch, tmp_path, NIGHTDESK__LIMITS__MESSAGES_PER_HOUR="3"
    ) as desk:
        codes = []
        for n, text in enumerate(("bom dia", "qual o horário?", "aceita pix?", "e boleto?")):
            url = f"{desk.url}/api/messages"
            body = {"conversation": "c1", "id": f"m{n}", "text": text}
            headers = {"Authorization": f"Bearer {KEY}"}
            async with desk.http.post(url, json=body, headers=headers) as r:
                codes.append(r.status)
                said = await r.json()
        assert codes[-1] == 429
        assert said["error"]["code"] == "limited"
        assert int(r.headers["Retry-After"]) == said["error"]["retry_after"] > 0
        limited = codes.index(429)
        assert f"m{limited}" not in {m["id"] for m in await desk.messages()}
        status, _ = await desk.post("quero falar com um atendente", "person")
        assert status == 202  # a request for a person has a budget of its own


async def test_a_page_goes_on_after_a_message_of_either_direction(desk):
    for n, text in enumerate(("qual o horário?", "aceita pix?", "onde fica a loja?")):
        await desk.ask(text, f"m{n}")
    headers = {"Authorization": f"Bearer {KEY}"}
    url = f"{desk.url}/api/conversations/c1/messages"
    seen, after = [], None
    while True:
        query = {"limit": "2"} | ({"after": after} if after else {})
        async with desk.http.get(url, params=query, headers=headers) as r:
            page = await r.json()
        assert set(page) == {"messages", "next"}
        seen += [m["id"] for m in page["messages"]]
        after = page["next"]
        if after is None:
            break
    everything = [m["id"] for m in await desk.messages()]
    assert seen == everything
    assert await desk.messages(after=everything[-1]) == []
    assert [m["id"] for m in await desk.messages(after="m2")] == everything[-1:]


async def test_an_unknown_conversation_is_an_empty_list(desk):
    assert await desk.messages("nobody") == []
    assert await desk.messages("nobody", after="x") == []


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"after": "nope"}]
)
async def test_a_query_that_makes_no_sense_is_422(desk, query):
    await desk.ask("oi", "m1")
    headers = {"Authorization": f"Bearer {KEY}"}
    url = f"{desk.url}/api/conversations/c1/messages"
    async with desk.http.get(url, params=query, headers=headers) as r:
        assert r.status == 422
        assert (await r.json())["error"]["message"]


async def test_names_of_conversations_may_hold_any_sign(desk):
    for name in ("a/b c", "ação ☕", "%2F", "../x", "a?b#c"):
        body = {"conversation": name, "id": "1", "text": "qual o horário?"}
        headers = {"Authorization": f"Bearer {KEY}"}
        async with desk.http.post(f"{desk.url}/api/messages", json=body, headers=headers) as r:
            assert r.status == 202
    from urllib.parse import quote

    import aiohttp
    from yarl import URL

    for name in ("a/b c", "ação ☕", "%2F", "../x", "a?b#c"):
        url = URL(f"{desk.url}/api/conversations/{quote(name, safe='')}/messages", encoded=True)
        headers = {"Authorization": f"Bearer {KEY}"}
        for _ in range(200):
            async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as r:
                assert r.status == 200
                found = (await r.json())["messages"]
            if len(found) == 2:
                break
            await asyncio.sleep(0.02)
        assert [m["direction"] for m in found] == ["in", "out"]


async def test_five_hundred_duplicates_at_once_get_one_answer(desk):
    results = await asyncio.gather(*(desk.post("qual o horário?", "m1") for _ in range(500)))
    codes = [status for status, _ in results]
    assert codes.count(202) == 1
    assert codes.count(200) == 499
    await desk.answer_to("m1")
    await asyncio.sleep(0.2)
    out = [m for m in await desk.messages() if m["direction"] == "out"]
    assert len(out) == 1


async def test_what_is_not_there_is_a_json_404_and_405(desk):
    async with desk.http.get(f"{desk.url}/nothing") as r:
        assert (r.status, (await r.json())["error"]["code"]) == (404, "not_found")
    async with desk.http.get(f"{desk.url}/api/messages") as r:
        assert (r.status, (await r.json())["error"]["code"]) == (405, "method_not_allowed")


async def test_a_ledger_that_does_not_answer_is_503_and_nothing_is_acknowledged(desk, monkeypatch):
    async def broken(*args):
        raise LedgerError("disk")

    monkeypatch.setattr(desk.app.ledger, "accept", broken)
    status, body = await desk.post("oi", "m1")
    assert (status, body["error"]["code"]) == (503, "unavailable")

    async def unforeseen(*args):
        raise RuntimeError("secret inside")

    monkeypatch.setattr(desk.app.ledger, "accept", unforeseen)
    status, body = await desk.post("oi", "m1")
    assert (status, body["error"]["code"]) == (500, "internal")
    assert "secret" not in str(body)


async def test_health_says_alive_and_ready(desk, monkeypatch):
    async with desk.http.get(f"{desk.url}/healthz") as r:
        assert (r.status, (await r.json())["status"]) == (200, "ok")
    async with desk.http.get(f"{desk.url}/readyz") as r:
        assert (r.status, await r.json()) == (
            200,
            {"status": "ready", "backlog": {}, "workers": 1},
        )


@pytest.mark.parametrize("limit", ["000000001999999", "000000001" + "0" * 4400, "²", "-1"])
async def test_a_limit_cannot_be_smuggled_past(desk, limit):
    url = f"{desk.url}/api/conversations/c1/messages"
    headers = {"Authorization": f"Bearer {KEY}"}
    async with desk.http.get(url, params={"limit": limit}, headers=headers) as r:
        assert r.status == 422


async def test_an_id_may_not_look_like_one_of_ours(desk):
    status, body = await desk.post("oi", "nd_5")
    assert (status, body["error"]["code"]) == (422, "invalid")
    assert (await desk.post("oi", "nd_x"))[0] == 202


async def test_a_body_that_drips_is_not_waited_for(desk, monkeypatch):
    from bot.web import answers

    monkeypatch.setattr(answers, "BODY_SECONDS", 0.2)

    async def drips():
        yield b'{"conversation": "c1", '
        await asyncio.sleep(1)
        yield b'"id": "m1", "text": "oi"}'

    headers = {"Authorization": f"Bearer {KEY}"}
    async with desk.http.post(f"{desk.url}/api/messages", data=drips(), headers=headers) as r:
        assert r.status == 408
    assert await desk.messages() == []


async def test_a_door_that_fails_is_logged_by_its_name_not_by_what_a_caller_put_in_the_path(
    desk, monkeypatch
):
    async def broken(*args):
        raise LedgerError("disk")

    async def unforeseen(*args):
        raise RuntimeError("secret inside")

    with capture_logs() as logs:
        for failing in (broken, unforeseen):
            monkeypatch.setattr(desk.app.ledger, "page", failing)
            path = f"{desk.url}/api/conversations/ana-canary/messages"
            async with desk.http.get(path, headers={"Authorization": f"Bearer {KEY}"}) as r:
                assert r.status in (500, 503)
                assert "canary" not in await r.text()
    told = {entry["event"]: entry for entry in logs if "door" in entry}
    assert set(told) == {"door_closed", "request_failed"}
    assert all(entry["door"].endswith(".list") for entry in told.values())
    assert "canary" not in str(logs)
