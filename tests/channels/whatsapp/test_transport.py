"""Calls to Twilio: one session, honest about what left, silent about secrets and text."""

from __future__ import annotations

import asyncio
import logging
import socket
import traceback
import warnings

import pytest

from bot.channels.whatsapp.transport import (
    CallFailed,
    Lost,
    NotSent,
    Refused,
    SafeTwilioHttp,
    answered,
    client_of,
    within,
)
from tests.channels.whatsapp.tiny_twilio import DROP, HANG, NEXT_TOKEN, SID, TOKEN, refused

WORDS = "segredo do cliente"
WHOM = "whatsapp:+5511987654321"
SECRETS = (TOKEN, NEXT_TOKEN, WORDS, WHOM)


def everything_said(error: BaseException) -> str:
    said, waiting, seen = "", [error], set[int]()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        said += repr(one) + str(one) + repr(vars(one) if hasattr(one, "__dict__") else "")
        waiting += [one.__cause__, one.__context__]
    return said + "".join(traceback.format_exception(error))


def message(client):
    return answered(client.messages.create_async(to=WHOM, from_="whatsapp:+1", body=WORDS))


async def failing(client) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        await message(client)
    return caught.value


async def test_a_message_is_sent_as_a_form_with_our_own_authorization(api, client):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = await message(client)
    assert made.sid.startswith("SM")
    assert api.asked[0].path == f"/2010-04-01/Accounts/{SID}/Messages.json"
    assert api.sends() == [{"To": WHOM, "From": "whatsapp:+1", "Body": WORDS}]


async def test_signs_of_every_kind_arrive(api, client):
    said = 'Olá & 1+1=2 "x"\n%20 👍🏽 ção'
    await answered(client.messages.create_async(to=WHOM, from_="f", body=said))
    assert api.sends()[0]["Body"] == said


async def test_a_hundred_messages_travel_over_few_connections(api, client):
    for _ in range(100):
        await message(client)
    assert len(api.sends()) == 100
    assert len(api.connections) == 1


async def test_messages_travel_side_by_side(api, client):
    api.seconds = 0.3
    async with asyncio.timeout(3):
        await asyncio.gather(*(message(client) for _ in range(12)))
    assert len(api.connections) == 12


PAGE = f"<html>{WORDS}</html>"


@pytest.mark.parametrize(
    ("answer", "kind", "numbers"),
    [
        (refused(400, 21617), Refused, (400, 21617)),
        (refused(400, 63016), Refused, (400, 63016)),
        (refused(403, 20403), Refused, (403, 20403)),
        (refused(404, 20404), Refused, (404, 20404)),
        (refused(429, 20429), Refused, (429, 20429)),
        ((429, PAGE), Refused, (429, None)),
        (refused(400, None), Refused, (400, None)),
        (
            (400, {"type": "t", "title": WORDS, "status": 400, "code": 21211, "detail": WORDS}),
            Refused,
            (400, 21211),
        ),
        (refused(500, 20500), Lost, None),
        (refused(503, 20503), Lost, None),
        ((502, PAGE), Lost, None),
        ((408, PAGE), Lost, None),
        (refused(408, 20408), Lost, None),
        ((200, "null"), Lost, None),
        ((200, ""), Lost, None),
        ((404, PAGE), Lost, None),
        ((403, PAGE), Lost, None),
        ((307, PAGE), Lost, None),
        ((200, PAGE), Lost, None),
        ((201, ["x"]), Lost, None),
        ((201, {"sid": "SM1", "date_created": 5}), Lost, None),
        ((400, {"code": "x", "message": WORDS}), Refused, (400, None)),
        (DROP, Lost, None),
        (HANG, Lost, None),
    ],
)
async def test_every_bad_answer_has_its_error_and_no_secret(
    api, client, http, answer, kind, numbers, caplog
):
    caplog.set_level(logging.DEBUG)
    api.answers = {"POST Messages": [answer]}
    error = await failing(client)

    assert type(error) is kind
    if isinstance(error, Refused):
        assert (error.status, error.code) == numbers
    assert len(api.asked) == 1  # no call is made again, and none follows a redirect
    said = everything_said(error) + caplog.text + repr(http) + repr(vars(client))
    assert not [secret for secret in SECRETS if secret in said]


async def test_the_library_remembers_no_call(api, client, http):
    await message(client)
    assert http._test_only_last_request is None
    assert http._test_only_last_response is None


async def test_a_call_ends_in_time_though_the_answer_drips(http):
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in range(100):
            writer.write(b" ")
            await asyncio.sleep(0.1)

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    loop = asyncio.get_running_loop()
    before = loop.time()
    assert type(await failing(client_of(SID, f"http://{host}:{port}", http))) is Lost
    assert loop.time() - before < 5
    server.close()


async def test_many_calls_share_one_time(api, client):
    api.answers = {"POST Messages": [HANG]}
    loop = asyncio.get_running_loop()
    before = loop.time()
    with within(before + 0.3):
        assert type(await failing(client)) is Lost
        assert type(await failing(client)) is NotSent
    assert loop.time() - before < 1.2
    assert len(api.asked) == 1
    assert (await message(client)).sid  # the end was theirs alone


def a_closed_port() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize("base", ["closed", "http://nowhere.invalid", "gopher://x"])
async def test_what_never_left_is_said_to_be_so(base, http, monkeypatch):
    async def no_such_name(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", no_such_name, raising=False)
    error = await failing(client_of(SID, a_closed_port() if base == "closed" else base, http))
    assert type(error) is NotSent
    assert not [secret for secret in SECRETS if secret in everything_said(error)]


async def test_a_kept_connection_that_the_server_closed_is_not_used_again(api, client):
    await message(client)
    for transport in api.connections:
        transport.close()
    await asyncio.sleep(0.05)
    await message(client)
    assert len(api.sends()) == 2


async def test_while_the_token_is_changed_the_one_that_works_stays_in_use(api, client):
    api.tokens = (NEXT_TOKEN,)
    assert (await message(client)).sid
    assert (await message(client)).sid
    assert len(api.asked) == 3  # once refused, then never asked with the old one again
    api.tokens = (TOKEN,)
    assert (await message(client)).sid
    assert len(api.asked) == 5


async def test_two_tokens_that_nobody_knows_are_each_tried_once(api, client):
    api.tokens = ()
    error = await failing(client)
    assert isinstance(error, Refused)
    assert (error.status, error.code) == (401, 20003)
    assert len(api.asked) == 2


async def test_a_page_that_says_unauthorized_is_a_refusal_like_twilios_own(api, client):
    api.tokens = (TOKEN, NEXT_TOKEN)
    api.answers = {"POST Messages": [(401, PAGE), (401, PAGE)]}
    error = await failing(client)
    assert isinstance(error, Refused)
    assert (error.status, error.code) == (401, None)


async def test_with_one_token_a_refusal_is_not_tried_again(api):
    http = SafeTwilioHttp(SID, ("wrong",), seconds=1)
    assert isinstance(await failing(client_of(SID, api.base, http)), Refused)
    assert len(api.asked) == 1
    await http.close()


async def test_after_closing_nothing_leaves(api, client, http):
    await message(client)
    session = http.session
    await http.close()
    await http.close()
    assert session.closed
    assert type(await failing(client)) is NotSent
    assert len(api.asked) == 1


async def test_cookies_are_not_kept(api, client, http):
    await message(client)
    assert len(http.session.cookie_jar) == 0
    assert type(http.session.cookie_jar).__name__ == "DummyCookieJar"


async def test_cancelling_is_not_swallowed(api, client):
    api.answers = {"POST Messages": [HANG]}
    task = asyncio.create_task(message(client))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
