"""The stand-in itself: as strict as the real APIs, and steered from outside."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.model_api import KEY, Fault, StandIn

OPENAI = {"model": "m", "messages": [{"role": "user", "content": "Oi"}]}
ANTHROPIC = OPENAI | {"max_tokens": 9}
PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}
HEADERS = {
    "openai": {"Authorization": f"Bearer {KEY}"},
    "anthropic": {"x-api-key": KEY, "anthropic-version": "2026-10-21"},
}


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as http:
        yield http


async def post(
    http: aiohttp.ClientSession, base: str, kind: str, body: Any, **headers: str
) -> tuple[int, Any]:
    url = base + PATHS[kind]
    async with http.post(url, json=body, headers=HEADERS[kind] | headers) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("kind", "change", "status"),
    [
        ("openai", {}, 200),
        ("openai", {"max_completion_tokens": 5, "store": False, "reasoning_effort": "low"}, 200),
        ("openai", {"max_tokens": 5}, 400),
        ("openai", {"temperature": 0.5}, 400),
        ("openai", {"store": "no"}, 400),
        ("openai", {"reasoning_effort": "hard"}, 400),
        ("openai", {"messages": []}, 400),
        ("openai", {"messages": [{"role": "customer", "content": "x"}]}, 400),
        ("anthropic", {}, 200),
        ("anthropic", {"output_config": {"effort": "low"}}, 200),
        ("anthropic", {"output_config": {"effort": "minimal"}}, 400),
        ("anthropic", {"max_tokens": 0}, 400),
        ("anthropic", {"temperature": 0.5}, 400),
        ("anthropic", {"store": False}, 400),
        ("anthropic", {"system": ""}, 400),
        ("anthropic", {"messages": [{"role": "assistant", "content": "x"}]}, 400),
        ("anthropic", {"messages": [{"role": "user", "content": " "}]}, 400),
    ],
)
async def test_a_request_is_taken_as_the_real_api_would(http, kind, change, status):
    body = (OPENAI if kind == "openai" else ANTHROPIC) | change
    async with StandIn() as api:
        assert (await post(http, api.base, kind, body))[0] == status


async def test_a_wrong_key_and_a_missing_version_are_refused(http):
    async with StandIn() as api:
        wrong = {"Authorization": "Bearer x", "x-api-key": "x"}
        for kind, body in (("openai", OPENAI), ("anthropic", ANTHROPIC)):
            assert (await post(http, api.base, kind, body, **wrong))[0] == 401
        url, key = api.base + PATHS["anthropic"], {"x-api-key": KEY}
        async with http.post(url, json=ANTHROPIC, headers=key) as answer:
            assert answer.status == 400


async def test_replies_come_in_line_then_by_chance_then_always(http):
    async with StandIn(seed=3) as api:
        api.openai.always("sempre")
        api.openai.sometimes(0.5, Fault.OVERLOADED)
        api.openai.then("primeiro", Fault.GONE)
        api.model("outro").always(lambda asked: asked.last * 2)
        got = [await post(http, api.base, "openai", OPENAI) for _ in range(20)]
        assert [status for status, _ in got[:2]] == [200, 404]
        assert {status for status, _ in got[2:]} == {200, 529}
        other = await post(http, api.base, "openai", OPENAI | {"model": "outro"})
        assert other[1]["choices"][0]["message"]["content"] == "OiOi"
        assert [call.reply for call in api.calls("openai", "m")][:2] == ["str", "gone"]
        api.heal()
        assert (await post(http, api.base, "openai", OPENAI))[0] == 200


async def test_as_a_program_it_is_steered_over_http(http):
    root = Path(__file__).parents[2]
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.model_api", cwd=root, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert program.stdout is not None
        base = f"http://127.0.0.1:{int(await program.stdout.readline())}"

        async def order(**what: Any) -> int:
            async with http.post(f"{base}/control", json=what) as answer:
                return answer.status

        say = {"say": "Sim", "usage": {"prompt_tokens": 1}}
        replies = [say, {"fault": "overloaded"}, {"refuse": 418}, {"raw": "x", "status": 299}]
        assert await order(do="then", api="openai", replies=replies) == 200
        assert await order(do="play", api="anthropic", **{"as": "echo"}) == 200
        assert await order(do="always", api="openai", reply={"fault": "nonsense"}) == 400
        assert await order(do="nonsense") == 400
        first = await post(http, base, "openai", OPENAI)
        assert first[1]["usage"] == {"prompt_tokens": 1}
        assert (await post(http, base, "openai", OPENAI))[0] == 529
        assert (await post(http, base, "openai", OPENAI))[0] == 418
        echoed = (await post(http, base, "anthropic", ANTHROPIC))[1]
        assert echoed["content"][0]["text"] == "Oi"
        async with http.get(f"{base}/control/ledger") as answer:
            calls = await answer.json()
        assert [(call["api"], call["model"], call["status"]) for call in calls] == [
            ("openai", "m", 200),
            ("openai", "m", 529),
            ("openai", "m", 418),
            ("anthropic", "m", 200),
        ]
    finally:
        program.terminate()
        assert await program.wait() == 0
