"""What every channel promises, proved once for all of them: parse, show, and the door between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bot.channels import api, terminal, web
from bot.delivery.transcript import Line
from bot.errors import Unreadable
from bot.model import Incoming, Kind
from tests.desk_in_process import KEY, Desk, read_events


@dataclass(frozen=True)
class Door:
    """How a customer of this channel speaks to a running desk."""

    say: Callable[[str, str], Any]  # (text, id) -> status
    heard: Callable[[], Any]  # -> list of (id, direction, text, answers)


@asynccontextmanager
async def api_door(desk: Desk) -> AsyncIterator[Door]:
    async def say(text: str, id: str) -> int:
        return (await desk.post(text, id))[0]

    async def heard() -> list[tuple[str, str, str, list[str]]]:
        return [(m["id"], m["direction"], m["text"], m["answers"]) for m in await desk.messages()]

    yield Door(say, heard)


def page_door(http: aiohttp.ClientSession, base: str, query: str) -> Door:
    async def say(text: str, id: str) -> int:
        url = f"{base}/chat/messages{query}"
        async with http.post(url, json={"id": id, "text": text}) as r:
            return r.status

    async def heard() -> list[tuple[str, str, str, list[str]]]:
        async with http.get(f"{base}/chat/events{query}") as r:
            events = await read_events(r, lambda events: events[-1][0] == "ready")
        lines = [data for name, data in events if name == "message"]
        return [(m["id"], m["direction"], m["text"], m["answers"]) for m in lines]

    return Door(say, heard)


@asynccontextmanager
async def web_door(desk: Desk) -> AsyncIterator[Door]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        await http.get(desk.url)
        yield page_door(http, desk.url, "")


@asynccontextmanager
async def terminal_door(desk: Desk) -> AsyncIterator[Door]:
    async with desk.local() as http:
        yield page_door(http, "", "?user=ana")


DOORS = {"api": api_door, "web": web_door, "terminal": terminal_door}
PARSERS: dict[str, Callable[[bytes], Incoming]] = {
    "api": lambda body: api.parse(body, "shop", 5.0),
    "web": lambda body: web.parse(body, web.conversation("v"), 5.0)[0],
    "terminal": lambda body: terminal.parse(body, terminal.conversation("ana"), 5.0)[0],
}
LINE = Line(
    7, "nd_7", "out", "rule", "Olá <b>&\n2ª linha", ("Sim", "Não"), "sent", "", ("m1",), 5.0
)


@pytest.fixture(params=DOORS)
async def door(request: pytest.FixtureRequest, desk: Desk) -> AsyncIterator[Door]:
    async with DOORS[request.param](desk) as door:
        yield door


async def until_answered(door: Door, id: str) -> str:
    with suppress(TimeoutError):
        async with asyncio.timeout(6):
            while True:
                for _, _, text, answers in await door.heard():
                    if id in answers:
                        return text
                await asyncio.sleep(0.03)
    raise AssertionError(await door.heard())


async def test_a_message_goes_in_and_its_answer_comes_out(door):
    assert await door.say("Qual o horário?", "m1") == 202
    answer = await until_answered(door, "m1")
    assert answer
    first, *_ = await door.heard()
    assert first[:2] == ("m1", "in")


async def test_a_repeat_is_acknowledged_and_answered_once(door):
    assert await door.say("Qual o horário?", "m1") == 202
    assert await door.say("Qual o horário?", "m1") == 200
    await until_answered(door, "m1")
    await asyncio.sleep(0.2)
    assert [way for _, way, _, _ in await door.heard()] == ["in", "out"]


async def test_another_text_under_a_used_id_is_refused(door):
    await door.say("oi", "m1")
    assert await door.say("tchau", "m1") == 409


async def test_what_cannot_be_stored_is_refused_and_the_next_message_is_fine(door):
    assert await door.say("", "m1") == 422
    assert await door.say("a" * 5000, "m1") == 422
    assert await door.say("\ud83d"[:1] + "x", "m1") in (400, 422)
    assert await door.say("Qual o horário?", "m1") == 202
    await until_answered(door, "m1")


@pytest.mark.parametrize("channel", PARSERS)
def test_parsing_is_pure_and_keeps_every_sign(channel):
    text = " Olá! 😀 {{7*7}} %s <b>\u202e\n"
    body = json.dumps({"conversation": "c", "id": "m1", "text": text}).encode()
    message = PARSERS[channel](body)
    assert (message.id, message.text, message.received_at) == ("m1", text, 5.0)
    assert (message.conversation.channel, message.kind) == (channel, Kind.TEXT)
    assert message.identity.startswith(f"{channel}:")
    assert PARSERS[channel](body) == message


@pytest.mark.parametrize("channel", PARSERS)
def test_what_is_no_message_is_unreadable(channel):
    for body in (b"", b"[]", b'{"id": 1}', b'{"id": "x", "text": "\xff"}'):
        with pytest.raises(Unreadable):
            PARSERS[channel](body)


def test_showing_keeps_the_text_and_every_button():
    for shown in (api.show(LINE), web.show(LINE)):
        assert shown["text"] == LINE.text
        assert [button["label"] for button in shown["buttons"]] == ["Sim", "Não"]
        assert "value" not in json.dumps(shown)  # what a button means stays on our side
        assert shown["answers"] == ["m1"]
    printed = "\n".join(terminal.show(LINE))
    assert "Olá <b>&" in printed
    assert "2ª linha" in printed
    assert "[1] Sim" in printed
    assert "[2] Não" in printed


def test_a_terminal_is_not_steered_by_what_a_stranger_wrote():
    wild = Line(1, "x", "in", "customer", "a\x1b[2Jb\u202ec", (), "done", "", (), 0.0)
    printed = "".join(terminal.show(wild))
    assert "\x1b" not in printed
    assert "\u202e" not in printed
    assert KEY not in printed
