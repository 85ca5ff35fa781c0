"""The hook: what is not authentic is turned away unread, and what is authentic is never refused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.channels.telegram.heard import NotYet
from bot.errors import LedgerError
from bot.web import hooks
from bot.web.hooks import TelegramHook
from bot.web.server import Server, application, listen_tcp
from tests.channels.telegram.payloads import at_desk, poison, press, said
from tests.channels.telegram.rig import Rig, rig_in

SECRET = "Kq7_Zw-3xPbT9mVd2LrYc8"
PATH = b"/hooks/telegram"
HEADER = b"X-Telegram-Bot-Api-Secret-Token"
GOOD = [(HEADER, SECRET.encode())]


class Answer:
    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        self.status = int(lines[0].split()[1]) if lines[0] else 0
        self.headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(b":") for line in lines[1:])
        }


class Door:
    """A real server on loopback, spoken to in bytes: a client library would mend what we break."""

    def __init__(self, rig: Rig, port: int) -> None:
        self.rig = rig
        self.port = port

    async def post(
        self,
        body: bytes = b"",
        headers: list[tuple[bytes, bytes]] = GOOD,
        *,
        path: bytes = PATH,
        method: bytes = b"POST",
        length: bytes | None = None,
        chunked: bool = False,
    ) -> Answer:
        lines = [method + b" " + path + b" HTTP/1.1", b"Host: desk", b"Connection: close"]
        lines += [name + b": " + value for name, value in headers]
        if chunked:
            lines.append(b"Transfer-Encoding: chunked")
        else:
            size = str(len(body)).encode() if length is None else length
            lines.append(b"Content-Length: " + size)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(b"\r\n".join(lines) + b"\r\n\r\n")
            pieces = [body[at : at + 65_536] for at in range(0, len(body), 65_536)]
            for piece in pieces:
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                with suppress(ConnectionError):
                    await writer.drain()
            if chunked:
                writer.write(b"0\r\n\r\n")
            async with asyncio.timeout(10):
                return Answer(await reader.read())
        except ConnectionError:  # the desk hung up while we were still sending
            return Answer(b"")
        finally:
            writer.close()


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    async with rig_in(tmp_path) as rig:
        listening = listen_tcp("127.0.0.1", 0)
        server = Server(application(TelegramHook(rig.receiver, SECRET).routes()), listening)
        await server.start()
        yield Door(rig, listening.getsockname()[1])
        await server.stop()


def with_header(value: bytes, name: bytes = HEADER) -> list[tuple[bytes, bytes]]:
    return [(name, value)]


S = SECRET.encode()
FORGED: list[list[tuple[bytes, bytes]]] = [
    [],
    with_header(b""),
    with_header(S[:-1]),
    with_header(S[1:]),
    with_header(S + b"x"),
    with_header(b"x" + S),
    with_header(S + S),
    with_header(S.upper()),
    with_header(S.lower()),
    with_header(S.swapcase()),
    with_header(S[::-1]),
    with_header(b'"' + S + b'"'),
    with_header(b"'" + S + b"'"),
    with_header(b"Bearer " + S),
    with_header(b"Basic " + S),
    with_header(S + b", " + S),
    with_header(S + b"," + b"x"),
    with_header(S + b";"),
    with_header(S.replace(b"_", b"-")),
    with_header(S.replace(b"-", b"_")),
    with_header(S.replace(b"K", "К".encode())),  # a Cyrillic letter that looks the same
    with_header(S + "é".encode()),
    with_header(S + b"\xe9"),
    with_header(b"\xff\xfe" + S),
    with_header(S + "\u200b".encode()),
    with_header("".join(chr(ord(c) + 0xFEE0) for c in SECRET if c.isalnum()).encode()),
    with_header(S.hex().encode()),
    with_header(b"%4Bq7_Zw-3xPbT9mVd2LrYc8"),
    with_header(b"None"),
    with_header(b"null"),
    with_header(b"*"),
    with_header(b"a" * 8_000),
    with_header(S, b"X-Telegram-Bot-Api-Secret"),
    with_header(S, b"X-Telegram-Bot-Api-Secret-Token2"),
    with_header(S, b"X_Telegram_Bot_Api_Secret_Token"),
    with_header(S, b"Telegram-Bot-Api-Secret-Token"),
    with_header(S, b"Authorization"),
    with_header(S, b"Cookie"),
    with_header(S, b"X-Forwarded-For"),
    [*GOOD, *GOOD],
    [*GOOD, (HEADER, b"x")],
    [(HEADER, b""), *GOOD],
    [(HEADER.lower(), b"x"), *GOOD],
]


async def test_forty_forged_deliveries_are_turned_away_and_nothing_is_written(door):
    assert len(FORGED) >= 40
    before = await door.rig.counts()
    for headers in FORGED:
        for body in (said("oi"), b"", b"{", b"x" * 600_000):
            answer = await door.post(body, headers)
            assert answer.status == 403 or (answer.status == 0 and len(body) > 500_000)
    for path in (PATH + b"?X-Telegram-Bot-Api-Secret-Token=" + S, PATH + b"?secret=" + S):
        assert (await door.post(said("oi"), [], path=path)).status == 403
    assert await door.rig.counts() == before
    assert set(before.values()) == {0}
    assert door.rig.rung == []


async def test_turning_away_costs_next_to_nothing(door):
    begun = time.perf_counter()
    for _ in range(50):
        assert (await door.post(said("oi"), with_header(b"x"))).status == 403
    assert (time.perf_counter() - begun) / 50 < 0.05  # measured: under 2 ms, the client included


async def test_a_forged_body_is_not_even_waited_for(door):
    begun = time.perf_counter()
    assert (await door.post(b"", with_header(b"x"), length=b"400000")).status == 403
    assert time.perf_counter() - begun < 2


async def test_without_a_secret_nobody_is_let_in(tmp_path):
    async with rig_in(tmp_path) as rig:
        listening = listen_tcp("127.0.0.1", 0)
        server = Server(application(TelegramHook(rig.receiver, "").routes()), listening)
        await server.start()
        unlocked = Door(rig, listening.getsockname()[1])
        for headers in ([], with_header(b""), GOOD):
            assert (await unlocked.post(said("oi"), headers)).status == 403
        await server.stop()
        assert set((await rig.counts()).values()) == {0}


async def test_the_name_of_the_header_may_be_written_in_any_case(door):
    for number, name in enumerate((HEADER, HEADER.lower(), HEADER.upper())):
        headers = [(name, SECRET.encode())]
        assert (await door.post(said("oi", number=number, id=number), headers)).status == 200
    assert len(await door.rig.messages()) == 3


async def test_every_genuine_delivery_is_stored_before_it_is_answered(door):
    genuine = [said("oi"), press(), at_desk("oi"), said(photo=[{"file_id": "x"}], number=9, id=9)]
    for body in genuine:
        answer = await door.post(body)
        assert (answer.status, answer.body) == (200, b"")
    assert len(await door.rig.messages()) == 2
    assert len(await door.rig.messages("act")) == 1
    assert await door.rig.quarantined() == []


async def test_repeats_at_the_same_instant_are_all_answered_and_stored_once(door):
    answers = await asyncio.gather(*(door.post(said("oi")) for _ in range(20)))
    assert {answer.status for answer in answers} == {200}
    assert len(await door.rig.messages()) == 1


async def test_two_hundred_poison_bodies_are_each_kept_once_and_hold_up_nobody(door):
    bodies = [*poison()[:197], said("a" * 600_000), b"x" * 1_000_000, b"[" * 2_000_000]
    for number, body in enumerate(bodies):
        assert (await door.post(body)).status == 200, body[:60]
        if number % 25 == 0 or number > 196:
            good = said(f"boa {number}", number=9_000 + number, id=number + 1)
            assert (await door.post(good)).status == 200
    kept = await door.rig.quarantined()
    assert len(kept) == len(bodies) == 200
    assert {row["account"] for row in kept} == {"7000000001"}
    large = [row for row in kept if row["reason"] == "too_large"]
    assert [(row["body"], row["size"]) for row in large] == [
        (b"", len(body)) for body in bodies[197:]
    ]
    assert len(await door.rig.messages()) == 11


async def test_a_large_body_that_does_not_say_its_size_is_put_out_of_the_way_too(door):
    assert (await door.post(b"x" * 700_000, chunked=True)).status == 200
    [kept] = await door.rig.quarantined()
    assert (kept["reason"], kept["body"]) == ("too_large", b"")
    assert kept["size"] >= hooks.MOST_BYTES
    assert (await door.post(said("oi"), chunked=True)).status == 200
    assert len(await door.rig.messages()) == 1


async def test_when_nothing_can_be_stored_telegram_is_asked_to_come_again(door):
    await door.rig.ledger.close()
    for body in (said("oi"), b"{", b"x" * 600_000):
        answer = await door.post(body)
        assert (answer.status, answer.headers[b"retry-after"]) == (503, b"2")


class _Stubborn:
    """Takes nothing, for this reason."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def take(self, body: bytes) -> None:
        raise self.error

    async def keep(self, reason: str, body: bytes, size: int = 0) -> None:
        raise self.error


@pytest.mark.parametrize("error", [NotYet("no name"), LedgerError("full")])
async def test_what_may_be_taken_later_is_asked_for_again(door, error):
    listening = listen_tcp("127.0.0.1", 0)
    server = Server(application(TelegramHook(_Stubborn(error), SECRET).routes()), listening)
    await server.start()
    answer = await Door(door.rig, listening.getsockname()[1]).post(said("oi"))
    await server.stop()
    assert (answer.status, answer.headers[b"retry-after"]) == (503, b"2")


async def test_a_body_that_drips_is_not_waited_for(door, monkeypatch):
    from bot.web import answers

    monkeypatch.setattr(answers, "BODY_SECONDS", 0.2)
    answer = await door.post(b"{", length=b"500")
    assert answer.status == 408
    assert set((await door.rig.counts()).values()) == {0}


async def test_there_is_nothing_but_the_post(door):
    assert (await door.post(b"", method=b"GET")).status == 405
    assert (await door.post(b"", method=b"PUT")).status == 405
    assert (await door.post(said("oi"), path=b"/hooks/telegram/")).status in (307, 404)
    assert (await door.post(said("oi"), path=b"/hooks")).status == 404
    assert set((await door.rig.counts()).values()) == {0}
