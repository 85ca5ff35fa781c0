"""A Bot API that says what a test tells it to, over a real socket to the real `telegram.Bot`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from telegram import Bot

from tests.channels.telegram.payloads import BOT, STAFF_CHAT, US

TOKEN = f"{BOT}:AAE-0123456789abcdefghijklmnopqrstuv"


class Refusal(Exception):
    """The Bot API says no."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        self.code = code
        self.body = {"ok": False, "error_code": code, "description": description}
        if parameters:
            self.body["parameters"] = parameters


class Stub:
    """Answers calls, and writes them down."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.updates: list[Any] = []
        self.url = ""
        self.allowed: list[str] = []
        self.info: dict[str, Any] = {}
        self.failures: dict[str, list[Exception]] = {}  # by method, each once
        self.arrived = asyncio.Event()
        self.polls_open = 0
        self.raw: Callable[[int | None], Any] | None = None

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    def of(self, name: str) -> list[dict[str, Any]]:
        return [said for called, said in self.calls if called == name]

    def offset(self) -> int | None:
        """What was asked for last."""
        return self.calls[-1][1].get("offset") if self.calls else None

    def add(self, *updates: Any) -> None:
        """Updates that wait to be fetched, as Telegram holds them."""
        self.updates.extend(updates)
        self.arrived.set()

    async def answer(self, request: web.Request) -> web.Response:
        assert request.match_info["token"] == TOKEN
        name = request.match_info["method"]
        said = {key: _plain(str(value)) for key, value in (await request.post()).items()}
        self.calls.append((name, said))
        if self.failures.get(name):
            failure = self.failures[name].pop(0)
            if isinstance(failure, Refusal):
                return web.json_response(failure.body, status=failure.code)
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        result = await getattr(self, name)(said)
        return web.json_response({"ok": True, "result": result})

    async def getMe(self, said: dict[str, Any]) -> Any:
        return US

    async def getChat(self, said: dict[str, Any]) -> Any:
        if said["chat_id"] != STAFF_CHAT:
            raise AssertionError(said)
        return {
            "id": STAFF_CHAT,
            "type": "supergroup",
            "title": "Equipe",
            "accent_color_id": 1,
            "max_reaction_count": 11,
            "accepted_gift_types": {
                "unlimited_gifts": True,
                "limited_gifts": True,
                "unique_gifts": True,
                "premium_subscription": True,
                "gifts_from_channels": True,
            },
        }

    async def setWebhook(self, said: dict[str, Any]) -> Any:
        self.url, self.allowed = said["url"], said["allowed_updates"]
        return True

    async def deleteWebhook(self, said: dict[str, Any]) -> Any:
        self.url = ""
        return True

    async def getWebhookInfo(self, said: dict[str, Any]) -> Any:
        usual = {"url": self.url, "has_custom_certificate": False, "pending_update_count": 0}
        return {**usual, "allowed_updates": self.allowed, **self.info}

    async def getUpdates(self, said: dict[str, Any]) -> Any:
        if self.raw is not None:
            return self.raw(said.get("offset"))
        offset = said.get("offset", 0)
        self.updates = [
            each
            for each in self.updates
            if not isinstance(each, dict) or each["update_id"] >= offset
        ]
        if not self.updates:
            self.arrived.clear()
            self.polls_open += 1
            try:
                async with asyncio.timeout(said["timeout"]):
                    await self.arrived.wait()
            except TimeoutError:
                pass
            finally:
                self.polls_open -= 1
        return self.updates[: said["limit"]]


def _plain(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


@asynccontextmanager
async def stub_and_bot() -> AsyncIterator[tuple[Stub, Bot]]:
    """A stub on a port of its own, and a bot that speaks to it."""
    stub = Stub()
    app = web.Application()
    app.router.add_post("/bot{token}/{method}", stub.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    bot = Bot(TOKEN, base_url=f"http://127.0.0.1:{port}/bot")
    for request in bot._request:
        await request.initialize()
    try:
        yield stub, bot
    finally:
        for request in bot._request:
            await request.shutdown()
        await runner.cleanup()
