"""Forty bodies that are no message: the right code, a clear reason, nothing written, no harm."""

from __future__ import annotations

import json

import pytest

from bot.channels import api
from bot.errors import Unreadable
from tests.desk_in_process import KEY

GOOD = {"conversation": "c1", "id": "m1", "text": "oi"}


def but(**changes: object) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def without(name: str) -> bytes:
    return json.dumps({key: value for key, value in GOOD.items() if key != name}).encode()


NOT_JSON = [
    b"",
    b" ",
    b"{",
    b'{"conversation": "c1", "id": "m1", "text": "oi"',
    b"not json",
    b"<xml/>",
    b"conversation=c1&id=m1&text=oi",
    b'{"conversation": "c1", "id": "m1", "text": "oi"} trailing',
    b"{'conversation': 'c1'}",
    b'{"conversation": "c1", "id": "m1", "text": "a\nb"}',
    b'{"conversation": "c1", "id": "m1", "text": NaN}',
    b"\xff\xfe{\x00}\x00",
    b'{"conversation": "c1", "id": "m1", "text": "\xff\xfe"}',
    b'{"conversation": "c1", "id": "m1", "text": "\xc3\x28"}',
    b'{"conversation": "c1", "id": "m1", "text": "\\ud800"}',
    b'{"conversation": "c1", "id": "m1", "text": "\\x41"}',
    b"[" * 20_000,
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    b"\x00" * 100,
    b"\x1f\x8b\x08\x00garbage",
]
WRONG_SHAPE = [
    b"null",
    b"[]",
    b'"oi"',
    b"42",
    b"true",
    without("text"),
    without("id"),
    without("conversation"),
    but(text=None),
    but(text=42),
    but(text=["oi"]),
    but(text={"oi": 1}),
    but(text=""),
    but(text=" \n\t "),
    but(text="a" * 4097),
    but(text="a\x00b"),
    but(id=""),
    but(id=7),
    but(id="x" * 129),
    but(conversation=""),
    but(conversation="x" * 129),
    but(conversation=True),
    but(conversation="a\x00"),
]
TOO_LARGE = [but(text="a" * 70_000), b"x" * 1_000_000]
ALL = [
    *((body, 422) for body in NOT_JSON),
    *((body, 422) for body in WRONG_SHAPE),
    *((body, 413) for body in TOO_LARGE),
]


async def test_every_bad_body_gets_its_code_and_reason_and_the_next_good_one_its_answer(desk):
    assert len(ALL) >= 40
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    for body, status in ALL:
        async with desk.http.post(f"{desk.url}/api/messages", data=body, headers=headers) as r:
            assert r.status == status, body[:60]
            error = (await r.json())["error"]
            assert set(error) == {"code", "message"}
            assert len(error["message"]) > 10
    assert await desk.messages() == []
    async with desk.http.get(f"{desk.url}/readyz") as r:
        assert (await r.json())["backlog"] == {}
    assert await desk.ask("qual o horário?", "m1")


async def test_a_body_without_a_declared_length_is_read_no_further_than_allowed(desk):
    sent = 0

    async def endless():
        nonlocal sent
        for _ in range(10_000):
            sent += 10_000
            yield b"a" * 10_000

    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    import aiohttp

    try:
        async with desk.http.post(f"{desk.url}/api/messages", data=endless(), headers=headers) as r:
            assert r.status == 413
    except aiohttp.ClientError:
        pass  # the desk hung up while we were still sending
    assert sent < 20_000_000
    assert await desk.messages() == []


@pytest.mark.parametrize("body", [but(text="segredo", id=7), but(text=["segredo"])])
def test_a_reason_never_repeats_what_was_sent(body):
    with pytest.raises(Unreadable) as caught:
        api.parse(body, "k", 0.0)
    assert "segredo" not in str(caught.value)


def test_the_limits_are_inclusive_and_count_characters():
    assert api.parse(but(text="é" * 4096, id="i" * 128, conversation="c" * 128), "k", 0.0)
    assert api.parse(but(text="😀" * 4096), "k", 0.0)
    assert api.parse(but(more="fields are welcome"), "k", 0.0).text == "oi"
