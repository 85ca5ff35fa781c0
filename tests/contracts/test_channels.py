"""What every channel promises, proved once for all of them: parse, show, and the door between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.channels import api, terminal, web
from bot.channels.telegram import parse as telegram
from bot.channels.telegram.heard import Me
from bot.channels.telegram.send import keyboard
from bot.channels.whatsapp.form import Form
from bot.channels.whatsapp.heard import Came
from bot.channels.whatsapp.parse import parse as whatsapp
from bot.channels.whatsapp.rendering import rendered
from bot.delivery.ports import Parcel
from bot.delivery.transcript import Line
from bot.errors import Unreadable
from bot.model import ConversationKey, Incoming, Kind
from bot.outcome import Button
from tests.desk_in_process import KEY, Desk, read_events, running_desk
from tests.telegram_desk import telegram_desk
from tests.whatsapp_desk import whatsapp_desk


@dataclass(frozen=True)
class Codes:
    """How a door says what became of a message."""

    new: int = 202
    repeated: int = 200
    other_text: int = 409
    unreadable: int = 422


# Telegram repeats whatever is not answered 200, so that is the answer to all that was dealt with.
ALL_WELL = Codes(200, 200, 200, 200)


@dataclass(frozen=True)
class Door:
    """How a customer of this channel speaks to a running desk."""

    say: Callable[[str, str], Any]  # (text, id) -> status
    heard: Callable[[], Any]  # -> list of (id, direction, text, answers)
    codes: Codes = Codes()


Opened = Callable[[pytest.MonkeyPatch, Path], Any]


@asynccontextmanager
async def api_door(monkeypatch: pytest.MonkeyPatch, folder: Path) -> AsyncIterator[Door]:
    async with running_desk(monkeypatch, folder) as desk:
        yield api_of(desk)


def api_of(desk: Desk) -> Door:
    async def say(text: str, id: str) -> int:
        return (await desk.post(text, id))[0]

    async def heard() -> list[tuple[str, str, str, list[str]]]:
        return [(m["id"], m["direction"], m["text"], m["answers"]) for m in await desk.messages()]

    return Door(say, heard)


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
async def web_door(monkeypatch: pytest.MonkeyPatch, folder: Path) -> AsyncIterator[Door]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with (
        running_desk(monkeypatch, folder) as desk,
        aiohttp.ClientSession(cookie_jar=jar) as http,
    ):
        await http.get(desk.url)
        yield page_door(http, desk.url, "")


@asynccontextmanager
async def terminal_door(monkeypatch: pytest.MonkeyPatch, folder: Path) -> AsyncIterator[Door]:
    async with running_desk(monkeypatch, folder) as desk, desk.local() as http:
        yield page_door(http, "", "?user=ana")


@asynccontextmanager
async def telegram_door(monkeypatch: pytest.MonkeyPatch, folder: Path) -> AsyncIterator[Door]:
    """By webhook, as Telegram posts it; what was heard includes that it was really sent."""
    async with telegram_desk(monkeypatch, folder, TELEGRAM_WEBHOOK_SECRET="s3cret") as stage:
        bot = str(stage.api.bot["id"])
        chat = stage.api.private(stage.ana)

        async def say(text: str, id: str) -> int:
            body = update_of(json.dumps({"id": id, "text": text}).encode(), stage.ana.id)
            url = f"{stage.desk.url}/hooks/telegram"
            secret = {"X-Telegram-Bot-Api-Secret-Token": "s3cret"}
            async with stage.desk.http.post(url, data=body, headers=secret) as r:
                return r.status

        async def heard() -> list[tuple[str, str, str, list[str]]]:
            key = ConversationKey("telegram", bot, str(stage.ana.id))
            lines = await stage.desk.app.ledger.recent(key, 50)
            sent = [line.text for line in lines if line.direction == "out"]
            assert sorted(sent) == sorted(stage.api.texts(chat)[: len(sent)])
            return [(line.id, line.direction, line.text, list(line.answers)) for line in lines]

        yield Door(say, heard, ALL_WELL)


def update_of(body: bytes, user: int = 11) -> bytes:
    """A message of the other channels' shape, as Telegram would deliver it."""
    try:
        said = json.loads(body)
        person = {"id": user, "is_bot": False, "first_name": "Ana"}
        message = {
            "message_id": int(said["id"]),
            "date": 1_760_000_000,
            "chat": {"id": user, "type": "private", "first_name": "Ana"},
            "from": person,
            "text": said["text"],
        }
    except (ValueError, TypeError, KeyError):
        return body
    return json.dumps({"update_id": 900 + message["message_id"], "message": message}).encode()


@asynccontextmanager
async def whatsapp_door(monkeypatch: pytest.MonkeyPatch, folder: Path) -> AsyncIterator[Door]:
    """As Twilio posts it; what was heard includes that it is on the phone."""
    async with whatsapp_desk(monkeypatch, folder) as stage:
        key = ConversationKey("whatsapp", stage.api.number, stage.ana.number)
        names: dict[str, str] = {}

        async def say(text: str, id: str) -> int:
            body = json.dumps({"id": id, "text": text}).encode()
            fields = fields_of(body, stage.ana.number, stage.api.number, stage.api.account_sid)
            names[fields["MessageSid"]] = id
            stage.ana.heard[stage.api.number] = stage.api.clock.now()  # the window is open
            return await stage.api.webhook.post(fields)

        async def heard() -> list[tuple[str, str, str, list[str]]]:
            lines = await stage.desk.app.ledger.recent(key, 50)
            sent = [line.text for line in lines if line.direction == "out"]
            assert sorted(sent) == sorted(stage.api.texts(stage.ana)[: len(sent)])
            return [
                (
                    names.get(line.id, line.id),
                    line.direction,
                    line.text,
                    [names.get(each, each) for each in line.answers],
                )
                for line in lines
            ]

        yield Door(say, heard, ALL_WELL)


def fields_of(
    body: bytes, sender: str = "+5511990000001", number: str = "+14155238886", account: str = ""
) -> dict[str, str]:
    """A message of the other channels' shape, as the fields of Twilio's form."""
    try:
        said = json.loads(body)
        sid, text = f"SM{int(said['id']):032}", str(said["text"])
    except (ValueError, TypeError, KeyError):
        return {"Body": body.decode("utf-8", "replace")}
    return {
        "MessageSid": sid,
        "AccountSid": account,
        "From": f"whatsapp:{sender}",
        "To": f"whatsapp:{number}",
        "Body": text.encode("utf-8", "replace").decode(),  # a form holds no half of a sign
        "NumMedia": "0",
        "MessageType": "text",
    }


def whatsapp_message(body: bytes) -> Incoming:
    came = whatsapp(
        Form.read(urlencode(fields_of(body)).encode()), "", 5.0, lambda code: ("", None)
    )
    assert isinstance(came, Came)
    return replace(came.message, id=came.message.id.removeprefix("SM").lstrip("0"))


DOORS: dict[str, Opened] = {
    "api": api_door,
    "web": web_door,
    "terminal": terminal_door,
    "telegram": telegram_door,
    "whatsapp": whatsapp_door,
}
PARSERS: dict[str, Callable[[bytes], Incoming]] = {
    "api": lambda body: api.parse(body, "shop", 5.0),
    "web": lambda body: web.parse(body, web.conversation("v"), 5.0)[0],
    "terminal": lambda body: terminal.parse(body, terminal.conversation("ana"), 5.0)[0],
    "telegram": lambda body: telegram.parse(update_of(body), Me("7"), 5.0),  # type: ignore[dict-item]
    "whatsapp": whatsapp_message,
}
LINE = Line(
    7, "nd_7", "out", "rule", "Olá <b>&\n2ª linha", ("Sim", "Não"), "sent", "", ("41",), 5.0
)


@pytest.fixture(params=DOORS)
async def door(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Door]:
    async with DOORS[request.param](monkeypatch, tmp_path) as door:
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
    assert await door.say("Qual o horário?", "41") == door.codes.new
    answer = await until_answered(door, "41")
    assert answer
    first, *_ = await door.heard()
    assert first[:2] == ("41", "in")


async def test_a_repeat_is_acknowledged_and_answered_once(door):
    assert await door.say("Qual o horário?", "41") == door.codes.new
    assert await door.say("Qual o horário?", "41") == door.codes.repeated
    await until_answered(door, "41")
    await asyncio.sleep(0.2)
    assert [way for _, way, _, _ in await door.heard()] == ["in", "out"]


async def test_another_text_under_a_used_id_is_refused(door):
    await door.say("oi", "41")
    assert await door.say("tchau", "41") == door.codes.other_text
    assert [text for _, way, text, _ in await door.heard() if way == "in"] == ["oi"]


async def test_what_cannot_be_stored_is_refused_and_the_next_message_is_fine(door):
    assert await door.say("", "38") == door.codes.unreadable
    assert await door.say("a" * 5000, "39") == door.codes.unreadable
    assert await door.say("\ud83d"[:1] + "x", "40") in (400, door.codes.unreadable)
    assert await door.say("Qual o horário?", "41") == door.codes.new
    await until_answered(door, "41")


@pytest.mark.parametrize("channel", PARSERS)
def test_parsing_is_pure_and_keeps_every_sign(channel):
    text = " Olá! 😀 {{7*7}} %s <b>\u202e\n"
    body = json.dumps({"conversation": "c", "id": "41", "text": text}).encode()
    message = PARSERS[channel](body)
    assert (message.id, message.text, message.received_at) == ("41", text, 5.0)
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
        assert shown["answers"] == ["41"]
    keys = keyboard(7, tuple(Button(label, "secret") for label in LINE.labels))
    assert [key.text for row in keys.inline_keyboard for key in row] == ["Sim", "Não"]
    assert "secret" not in keys.to_json()
    buttons = tuple(Button(label, "secret") for label in LINE.labels)
    parcel = Parcel(7, ConversationKey("whatsapp", "+1", "+2"), LINE.text, "rule", buttons)
    pressable = rendered(parcel, quick_replies=True)
    assert (pressable.body, pressable.titles) == (LINE.text, ("Sim", "Não"))
    written = rendered(parcel, quick_replies=False).text
    assert written == f"{LINE.text}\n\n1. Sim\n2. Não"
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
