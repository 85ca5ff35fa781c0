"""Calls to the Bot API: one session, honest about what left, silent about token and text."""

from __future__ import annotations

import asyncio
import io
import logging
import socket
import traceback

import pytest
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError, TimedOut

from bot.channels.telegram.transport import Flood, NotDone, NotSent, bot_of
from tests.channels.telegram.tiny_api import DROP, TOKEN, TinyApi, refused

WORDS = "segredo do cliente"
SECRETS = (TOKEN, TOKEN.partition(":")[2], WORDS)


def everything_said(error: BaseException) -> str:
    """The error with all that hangs on it, as a trace would show it."""
    said, seen = "", set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        said += repr(one) + str(one) + repr(vars(one) if hasattr(one, "__dict__") else "")
        waiting += [one.__cause__, one.__context__]
    return said + "".join(traceback.format_exception(error))


async def failing(bot) -> TelegramError:
    with pytest.raises(TelegramError) as caught:
        await bot.send_message(5, WORDS)
    return caught.value


async def test_a_hundred_messages_travel_over_few_connections(api, bot):
    for n in range(100):
        await bot.send_message(5, f"{n}")
    assert [form["text"] for form in api.calls("sendMessage")] == [str(n) for n in range(100)]
    assert len(api.connections) == 1


async def test_messages_travel_side_by_side(api):
    api.seconds = 1.0
    async with bot_of(TOKEN, api.base, send_seconds=20.0) as bot, asyncio.timeout(8):
        # One after the other they take twelve seconds.
        await asyncio.gather(*(bot.send_message(n, "x") for n in range(1, 13)))
    assert len(api.connections) == 12


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused(400, "Bad Request: message is too long"), BadRequest),
        (refused(403, "Forbidden: bot was blocked by the user"), Forbidden),
        (refused(429, "Too Many Requests: retry after 17", retry_after=17), Flood),
        (refused(429, "Too Many Requests"), Flood),
        (refused(413, "Request Entity Too Large"), BadRequest),
        (refused(500, "Internal Server Error"), NotDone),
        (refused(503, "Service Unavailable"), NotDone),
        (refused(502, "Bad Gateway"), NetworkError),
        (refused(500, "sent message was immediately deleted"), NetworkError),
        ((502, "<html>Bad Gateway</html>"), NetworkError),
        ((504, f"<html>{WORDS}</html>"), NetworkError),
        ((408, "<html>Request Timeout</html>"), NetworkError),
        ((403, "<html>Blocked by the office firewall</html>"), NotDone),
        ((404, "<html>Not Found</html>"), NotDone),
        ((307, "<html>Moved</html>"), NotDone),
        (DROP, NetworkError),
        (5.0, TimedOut),
        ((200, "<html>Welcome to our Wi-Fi</html>"), TelegramError),
    ],
)
async def test_every_bad_answer_has_its_error_and_no_secret(api, bot, answer, kind, caplog):
    caplog.set_level(logging.DEBUG)
    api.answers = [answer]
    error = await failing(bot)

    assert type(error) is kind
    assert len(api.asked) == 1  # no call is made again, and none follows a redirect
    said = everything_said(error) + caplog.text
    assert not [secret for secret in SECRETS if secret in said]


async def test_a_flood_says_for_how_long(api, bot):
    api.answers = [refused(429, "Too Many Requests: retry after 17", retry_after=17)]
    error = await failing(bot)
    assert isinstance(error, Flood)
    assert error.seconds == 17.0


def a_closed_port() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize("base", ["closed", "http://nowhere.invalid", "http://[", "gopher://x"])
async def test_what_never_left_is_said_to_be_so(base, monkeypatch):
    async def no_such_name(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", no_such_name, raising=False)
    async with bot_of(TOKEN, a_closed_port() if base == "closed" else base, send_seconds=1) as bot:
        error = await failing(bot)
    assert type(error) is NotSent
    assert not [secret for secret in SECRETS if secret in everything_said(error)]


async def test_a_connection_that_nobody_accepts_never_left():
    """A listener whose queue is full: the connection itself runs into its deadline."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        port = full.getsockname()[1]
        async with bot_of(TOKEN, f"http://127.0.0.1:{port}", send_seconds=1) as bot:
            error = await failing(bot)
        for filler in fillers:
            filler.close()
    assert type(error) is NotSent


async def test_a_kept_connection_that_the_server_closed_is_not_used_again(api, bot):
    await bot.send_message(5, "first")
    for transport in api.connections:
        transport.close()
    await asyncio.sleep(0.05)
    await bot.send_message(5, "second")
    assert [form["text"] for form in api.calls("sendMessage")] == ["first", "second"]


async def test_a_call_whose_connection_breaks_is_made_once_only(api, bot):
    await bot.send_message(5, "first")
    api.answers = [DROP]
    error = await failing(bot)
    assert type(error) is NetworkError
    assert len(api.calls("sendMessage")) == 2


async def test_an_answer_that_drips_ends_in_time(api):
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in range(100):
            writer.write(b" ")
            await asyncio.sleep(0.1)

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    loop = asyncio.get_running_loop()
    async with bot_of(TOKEN, f"http://{host}:{port}", send_seconds=0.5) as bot:
        before = loop.time()
        error = await failing(bot)
        assert loop.time() - before < 5
    server.close()
    assert type(error) is TimedOut


async def test_asking_for_updates_does_not_hold_up_sending(api, bot):
    api.answers = [1.5]
    asking = asyncio.create_task(bot.get_updates(timeout=1))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(1):
        await bot.send_message(5, "meanwhile")
    asking.cancel()
    assert len(api.connections) == 2


async def test_files_travel_as_parts(api, bot):
    await bot.send_document(5, io.BytesIO(b"%PDF"), filename="a.pdf", caption="olá")
    (form,) = api.calls("sendDocument")
    assert form["caption"] == "olá"
    assert "FileField" in form["document"]


async def test_the_bot_tells_nobody_its_token(api, bot, caplog):
    caplog.set_level(logging.DEBUG)
    await bot.send_message(5, WORDS)
    assert not [secret for secret in SECRETS if secret in repr(bot) + str(bot) + caplog.text]


async def test_closing_closes_the_connections(api: TinyApi):
    bot = bot_of(TOKEN, api.base, send_seconds=1)
    await bot.send_message(5, "works before it is opened, too")
    async with bot:
        await bot.send_message(5, "x")
    assert bot.request._session is None
