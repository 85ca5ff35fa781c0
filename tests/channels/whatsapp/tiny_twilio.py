"""A Twilio of a few lines: it notes what it is asked and answers as told."""

from __future__ import annotations

import asyncio
import base64
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import web

SID = "AC" + "0" * 32
TOKEN, NEXT_TOKEN = "first-token-of-ours", "next-token-of-ours"
NUMBER = "+15550001111"
HANG = 6.0  # stay silent for so many seconds
DROP = object()  # close the connection without an answer

Answer = Any  # (status, JSON or text), DROP, or a number of seconds to stay silent


@dataclass
class Asked:
    """One call."""

    method: str
    path: str
    fields: dict[str, str]
    json: Any = None


@dataclass
class TinyTwilio:
    """`answers` are used up in order, by path's last word; after them all goes well."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    listed: list[dict[str, Any]] = field(default_factory=list)  # messages, newest first
    contents: list[dict[str, Any]] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)
    tokens: tuple[str, ...] = (TOKEN,)  # that are known
    base: str = ""
    seconds: float = 0.0  # before each answer
    page: int = 1_000  # messages of a listed page
    status: str = "active"
    _runner: web.AppRunner | None = None
    _sids: int = 0

    async def open(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.base = f"http://{host}:{port}"

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def sends(self) -> list[dict[str, str]]:
        return [each.fields for each in self.calls("POST", "Messages")]

    def calls(self, method: str, word: str) -> list[Asked]:
        return [each for each in self.asked if each.method == method and word in each.path]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.connections.add(request.transport)
        word = next(
            (w for w in ("Messages", "Typing", "Content", "Accounts") if w in request.path), ""
        )
        asked = Asked(request.method, request.path, dict(request.query))
        if request.content_type == "application/json" and request.can_read_body:
            asked.json = await request.json()
        else:
            asked.fields |= {name: str(v) for name, v in (await request.post()).items()}
        self.asked.append(asked)
        await asyncio.sleep(self.seconds)
        given = request.headers.get("Authorization", "").removeprefix("Basic ")
        if base64.b64decode(given).decode() not in [f"{SID}:{token}" for token in self.tokens]:
            return web.json_response(refused(401, 20003)[1], status=401)
        waiting = self.answers.get(f"{request.method} {word}", [])
        answer = waiting.pop(0) if waiting else None
        if answer is DROP:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if isinstance(answer, (int, float)):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(answer)
            return web.Response()
        if answer is not None:
            status, body = answer
            if isinstance(body, str):
                there = {"Location": str(request.rel_url)} if 300 <= status < 400 else None
                return web.Response(
                    status=status, text=body, content_type="text/html", headers=there
                )
            return web.json_response(body, status=status)
        return web.json_response(*self._usual(word, asked))

    def _usual(self, word: str, asked: Asked) -> tuple[Any]:
        self._sids += 1
        number = f"{self._sids:032x}"
        if word == "Typing":
            return ({"success": True},)
        if word == "Messages" and asked.method == "GET":
            at = int(asked.fields.get("Page", 0))
            rest = self.listed[(at + 1) * self.page :]
            following = f"{asked.path}?Page={at + 1}&PageSize={self.page}" if rest else None
            shown = self.listed[at * self.page : (at + 1) * self.page]
            return ({"messages": shown, "next_page_uri": following},)
        if word == "Messages":
            return ({"sid": f"SM{number}", "status": "queued", "error_code": None},)
        if word == "Content" and asked.method == "GET":
            meta = {"key": "contents", "next_page_url": None}
            return ({"contents": self.contents, "meta": meta},)
        if word == "Content":
            made = {**asked.json, "sid": f"HX{number}"}
            self.contents.append(made)
            return (made,)
        return ({"sid": SID, "status": self.status},)


def refused(status: int, code: int | None = None) -> Answer:
    about = {"message": "no", "more_info": "https://www.twilio.com", "status": status}
    return status, about if code is None else {**about, "code": code}


def listed(body: str, at: float, sid: str, **more: Any) -> dict[str, Any]:
    """A message as Twilio lists it."""
    return {
        "sid": sid,
        "body": body,
        "direction": "outbound-api",
        "status": "delivered",
        "error_code": None,
        "date_created": format_datetime(datetime.fromtimestamp(at, UTC)),
        **more,
    }
