"""The stand-in speaks as Telegram does: everything here goes through the real client library."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
)

from tests.telegram_api import TOKEN, Chat, StandIn, User
from tests.telegram_api.conftest import client


async def test_a_text_arrives_as_an_update_that_the_library_reads(
    api: StandIn, bot: Bot, ana: User, chat: Chat
):
    await ana.says(chat, "👍 /ajuda@nightdesk_bot")
    [update] = await bot.get_updates()
    message = update.message
    assert message is not None
    assert message.from_user is not None
    assert (message.from_user.id, message.from_user.language_code) == (5001, "pt-br")
    assert (message.chat.id, message.chat.type, message.text) == (5001, "private", message.text)
    assert message.parse_entities() == {message.entities[0]: "/ajuda@nightdesk_bot"}
    assert message.entities[0].offset == 3  # UTF-16 units
    assert message.date.timestamp() == 1_800_000_000


async def test_html_is_parsed_and_counted_as_shown(api: StandIn, bot: Bot, chat: Chat):
    long = "<b>" + "é" * 4095 + "</b>&lt;"
    said = await bot.send_message(chat.id, long, parse_mode="HTML")
    assert said.text == "é" * 4095 + "<"
    assert [(e.type, e.offset, e.length) for e in said.entities] == [("bold", 0, 4095)]
    link = '😀 <a href="https://a.example/?a=1&amp;b=2">x</a>'
    said = await bot.send_message(chat.id, link, parse_mode="HTML")
    assert (said.entities[0].url, said.entities[0].offset) == ("https://a.example/?a=1&b=2", 3)
    assert api.texts(chat) == ["é" * 4095 + "<", "😀 x"]
    assert api.shown(chat)[1].raw == link


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("é<h1>x</h1>", 'Unsupported start tag "h1" at byte offset 2'),
        ("a < b", 'Unclosed start tag "" at byte offset 2'),
        ("a < b > c", 'Unsupported start tag "" at byte offset 2'),
        ("Tom & Ana", "Unescaped ampersand at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
async def test_bad_html_is_refused(api: StandIn, bot: Bot, chat: Chat, text: str, reason: str):
    with pytest.raises(BadRequest, match="Can't parse entities"):
        await bot.send_message(chat.id, text, parse_mode="HTML")
    assert api.ledger.calls[-1].description == f"Bad Request: can't parse entities: {reason}"
    assert api.shown(chat) == []
    await bot.send_message(chat.id, text)  # as literal text it is fine
    assert api.texts(chat) == [text]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x" * 4097, "Message is too long"),
        ("😀" * 2049, "Message is too long"),
        (" \n ", "Message text is empty"),
        ("", "Message text is empty"),
    ],
)
async def test_the_length_of_a_text(bot: Bot, chat: Chat, text: str, reason: str):
    with pytest.raises(BadRequest, match=reason):
        await bot.send_message(chat.id, text)
    await bot.send_message(chat.id, "😀" * 2048)


async def test_buttons_and_their_presses(api: StandIn, bot: Bot, ana: User, chat: Chat):
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Sim", callback_data="7.0")]])
    await bot.send_message(chat.id, "Certo?", reply_markup=keyboard)
    [shown] = api.shown(chat)
    assert shown.labels == ["Sim"]
    await ana.presses(shown, "Sim")
    [update] = await bot.get_updates()
    query = update.callback_query
    assert query is not None
    assert query.message is not None
    assert (query.data, query.from_user.id, query.message.message_id) == (
        "7.0",
        5001,
        shown.message_id,
    )
    assert await bot.answer_callback_query(query.id, "Anotado")
    assert [(toast.query, toast.text) for toast in api.ledger.toasts] == [(query.id, "Anotado")]
    api.clock.advance(151)
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(query.id)
    too_long = InlineKeyboardMarkup([[InlineKeyboardButton("Não", callback_data="é" * 33)]])
    with pytest.raises(BadRequest, match="Button_data_invalid"):
        await bot.send_message(chat.id, "Certo?", reply_markup=too_long)


async def test_a_quote_needs_its_original(api: StandIn, bot: Bot, ana: User, chat: Chat):
    asked = await ana.says(chat, "oi")
    said = await bot.send_message(
        chat.id, "olá", reply_parameters=ReplyParameters(asked.message_id)
    )
    assert said.reply_to_message is not None
    assert api.shown(chat)[0].reply_to == asked.message_id
    chat.deletes(asked)
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(chat.id, "b", reply_parameters=ReplyParameters(asked.message_id))
    lenient = ReplyParameters(asked.message_id, allow_sending_without_reply=True)
    await bot.send_message(chat.id, "c", reply_parameters=lenient)
    assert api.shown(chat)[1].reply_to is None


async def test_who_cannot_be_written_to(api: StandIn, bot: Bot, ana: User, chat: Chat):
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(404, "x")
    await ana.blocks_bot()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(chat.id, "x")
    [update] = await bot.get_updates()
    assert update.my_chat_member is not None
    assert update.my_chat_member.new_chat_member.status == "kicked"
    await ana.unblocks_bot()
    await bot.send_message(chat.id, "x")
    group = api.group(-77, "Desk", [ana])
    new = await group.becomes_supergroup(-10077)
    with pytest.raises(ChatMigrated) as caught:
        await bot.send_message(group.id, "x")
    assert caught.value.new_chat_id == new.id
    await bot.send_message(new.id, "x")
    old, told = [update.message for update in (await bot.get_updates(offset=update.update_id + 2))]
    assert old is not None
    assert told is not None
    assert (old.migrate_to_chat_id, told.migrate_from_chat_id) == (new.id, group.id)


async def test_the_token_and_the_method(api: StandIn):
    for token in ("123:short", TOKEN[:-1] + "x"):
        stranger = client(api, token)
        with pytest.raises(InvalidToken):
            await stranger.initialize()
        await stranger.request.shutdown()
    async with client(api) as bot:
        with pytest.raises(TelegramError):
            await bot.do_api_request("makeCoffee")
        assert api.ledger.calls[-1].status == 404


async def test_parameters_come_in_three_ways(api: StandIn, chat: Chat):
    parameters = {"chat_id": chat.id, "text": "ção", "reply_parameters": {"message_id": 0}}
    parameters["reply_parameters"] = {"message_id": 9, "allow_sending_without_reply": True}
    form = {k: v if isinstance(v, str) else json.dumps(v) for k, v in parameters.items()}
    multipart = aiohttp.FormData(form, default_to_multipart=True)
    url = f"{api.base}/bot{TOKEN}/sendMessage"
    async with aiohttp.ClientSession() as session:
        for body in ({"json": parameters}, {"data": form}, {"data": multipart}, {"params": form}):
            async with session.post(url, **body) as answer:
                assert (await answer.json())["ok"], body
    assert api.texts(chat) == ["ção"] * 4


async def test_setting_a_webhook(api: StandIn, bot: Bot):
    for url in ("http://example.com/x", "https://example.com:8080/x", "nonsense"):
        with pytest.raises(BadRequest, match="Bad webhook"):
            await bot.set_webhook(url)
    with pytest.raises(BadRequest, match="unallowed characters"):
        await bot.set_webhook("https://example.com/x", secret_token="a b")
    await bot.set_webhook("https://example.com/x", allowed_updates=["message"], max_connections=7)
    info = await bot.get_webhook_info()
    assert (info.url, info.max_connections, info.allowed_updates) == (
        "https://example.com/x",
        7,
        ("message",),
    )


async def test_the_kinds_that_were_asked_for(api: StandIn, bot: Bot, ana: User, chat: Chat):
    await bot.get_updates(allowed_updates=["edited_message"])
    message = await ana.says(chat, "um")
    await ana.edits(message, "dois")
    [update] = await bot.get_updates()
    assert update.edited_message is not None
    assert update.edited_message.edit_date is not None
    assert update.edited_message.text == "dois"


async def test_it_runs_as_a_program(tmp_path: Path):
    command = [sys.executable, "-m", "tests.telegram_api", "--port", "0"]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout is not None
        base = f"http://127.0.0.1:{int(await asyncio.to_thread(program.stdout.readline))}"
        async with aiohttp.ClientSession(base) as session:

            async def order(**what: object) -> object:
                async with session.post("/_control", json=what) as answer:
                    assert answer.status == 200, await answer.text()
                    return (await answer.json())["result"]

            await order(do="says", user=5, text="oi")
            await order(do="fail", method="sendMessage", fault="cut", times=2, chat=5,
                        **{"with": {"accepted": True}})  # fmt: skip
            async with Bot(TOKEN, base_url=f"{base}/bot") as bot:
                [update] = await bot.get_updates()
                assert update.message is not None
                with pytest.raises(NetworkError):
                    await bot.send_message(5, "olá")
            [shown] = await order(do="shown", chat=5)  # type: ignore[misc]
            assert shown["payload"]["text"] == "olá"
            async with session.get("/_ledger") as answer:
                assert [c["method"] for c in (await answer.json())["calls"]][-1] == "sendMessage"
    finally:
        program.terminate()
        assert program.wait(5) == 0
        program.stdout.close()


async def test_an_ampersand_may_be_forgiven_as_telegram_does(api: StandIn, bot: Bot, chat: Chat):
    api.strict_entities = False
    await bot.send_message(chat.id, "Tom & <b>Ana</b> &lt;3", parse_mode="HTML")
    assert api.texts(chat) == ["Tom & Ana <3"]
