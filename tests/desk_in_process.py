"""A whole desk inside the test: real ledger, real rules, real sockets on loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.app import App, opened
from bot.ledger.file import socket_path
from bot.plan import read_plan
from bot.web.server import Server, listen_tcp

KEY = "test-key"
ROOT = Path(__file__).resolve().parent.parent


class Desk:
    """The doors of a running desk, and what tests ask of them."""

    def __init__(self, app: App, url: str, http: aiohttp.ClientSession, database: Path) -> None:
        self.app = app
        self.url = url
        self.http = http
        self.database = database

    async def post(
        self, text: str, id: str, conversation: str = "c1", key: str = KEY
    ) -> tuple[int, dict[str, Any]]:
        body = {"conversation": conversation, "id": id, "text": text}
        headers = {"Authorization": f"Bearer {key}"}
        async with self.http.post(f"{self.url}/api/messages", json=body, headers=headers) as r:
            return r.status, await r.json()

    async def messages(self, conversation: str = "c1", **query: Any) -> list[dict[str, Any]]:
        url = f"{self.url}/api/conversations/{conversation}/messages"
        headers = {"Authorization": f"Bearer {KEY}"}
        async with self.http.get(url, params=query, headers=headers) as r:
            return list((await r.json())["messages"])

    async def answer_to(
        self, id: str, conversation: str = "c1", seconds: float = 6
    ) -> dict[str, Any]:
        """The answer that names this message; fails when none comes."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    for message in await self.messages(conversation):
                        if id in message["answers"]:
                            return message
                    await asyncio.sleep(0.02)
        raise AssertionError(f"no answer to {id}: {await self.messages(conversation)}")

    async def answer_to_new(self, text: str, id: str, conversation: str = "c1") -> dict[str, Any]:
        """Say something and return the whole answer."""
        status, body = await self.post(text, id, conversation)
        assert status in (200, 202), body
        return await self.answer_to(id, conversation)

    async def ask(self, text: str, id: str, conversation: str = "c1") -> str:
        """Say something and return the answer's text."""
        return str((await self.answer_to_new(text, id, conversation))["text"])

    @asynccontextmanager
    async def local(self) -> AsyncIterator[aiohttp.ClientSession]:
        """A client of the local socket."""
        connector = aiohttp.UnixConnector(str(socket_path(self.database)))
        async with aiohttp.ClientSession("http://desk", connector=connector) as session:
            yield session

    async def act(self, action: str, case: int | None, text: str = "", id: str = "") -> Any:
        """Do something as Rita, and wait until it is carried out."""
        body = {"id": id or f"{action}-{case}-{text}", "case": case, "agent": "Rita"}
        async with self.local() as local:
            async with local.post("/desk/acts", json={**body, "action": action, "text": text}) as r:
                done = await r.json()
            if r.status != 202:
                return done
            for _ in range(300):
                async with local.get(f"/desk/acts/{done['act']}") as r:
                    if (await r.json())["state"] in ("done", "dead"):
                        break
                await asyncio.sleep(0.02)
        return done

    async def case(self, number: int) -> dict[str, Any]:
        async with self.local() as local, local.get(f"/desk/cases/{number}?agent=Rita") as r:
            return dict(await r.json())

    async def cases(self) -> list[dict[str, Any]]:
        async with self.local() as local, local.get("/desk/cases?agent=Rita") as r:
            return list((await r.json())["cases"])


@asynccontextmanager
async def running_desk(
    monkeypatch: pytest.MonkeyPatch, folder: Path, **overrides: str
) -> AsyncIterator[Desk]:
    """A desk with short pauses and one API key; overrides are environment variables.

    `{url}` in an override becomes the desk's own address.
    """
    database = folder / "desk.db"
    listening = listen_tcp("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = {
        "DATABASE_URL": f"sqlite:///{database}",
        "NIGHTDESK_CONFIG": str(ROOT / "config.yaml"),
        "NIGHTDESK_API_KEYS": f"test={KEY}, other=other-key",
        "NIGHTDESK__INBOX__PAUSE_SECONDS": "0.05",
        **overrides,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value.replace("{url}", url))
    async with opened(read_plan()) as app:
        server = Server(app.public, listening)
        await server.start()
        async with aiohttp.ClientSession() as http:
            yield Desk(app, url, http, database)
        app.presence.close()
        await server.stop()


async def read_events(
    response: aiohttp.ClientResponse, until: Callable[[list[tuple[str, Any]]], bool]
) -> list[tuple[str, Any]]:
    """Server-sent events until the condition holds."""
    events: list[tuple[str, Any]] = []
    name = ""
    async with asyncio.timeout(6):
        async for raw in response.content:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                events.append((name, json.loads(line.removeprefix("data: "))))
                if until(events):
                    break
    return events
