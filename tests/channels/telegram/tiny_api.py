"""A Bot API of a few lines: it notes what it is asked and answers as told."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "4711:AAbbCCddEEffGGhhIIjjKKllMMnnOOpp"
BOT_ID = "4711"
DROP = object()  # close the connection without an answer

Answer = Any  # (status, JSON or text), DROP, or a number of seconds to stay silent


@dataclass
class TinyApi:
    """`answers` are used up in order; after them every message is taken."""

    answers: list[Answer] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)
    base: str = ""
    seconds: float = 0.0  # before each answer
    _runner: web.AppRunner | None = None
    _message_id: int = 100

    async def open(self) -> None:
        app = web.Application()
        app.router.add_post("/bot{token}/{method}", self._answer)
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

    def calls(self, method: str) -> list[dict[str, str]]:
        return [form for name, form in self.asked if name == method]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.connections.add(request.transport)
        method = request.match_info["method"]
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append((method, form))
        if request.match_info["token"] != TOKEN:
            return _refused(401, "Unauthorized")
        await asyncio.sleep(self.seconds)
        answer = self.answers.pop(0) if self.answers else None
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
        if method != "sendMessage":
            return web.json_response({"ok": True, "result": True})
        self._message_id += 1
        return web.json_response({"ok": True, "result": message(form, self._message_id)})


def message(form: dict[str, str], message_id: int) -> dict[str, Any]:
    chat = int(form["chat_id"])
    made: dict[str, Any] = {
        "message_id": message_id,
        "date": 1_795_000_000,
        "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup"},
        "text": form["text"],
    }
    if "message_thread_id" in form:
        made["message_thread_id"] = int(form["message_thread_id"])
        made["is_topic_message"] = True
    return made


def refused(status: int, description: str, **parameters: Any) -> Answer:
    body = {"ok": False, "error_code": status, "description": description}
    return status, {**body, "parameters": parameters} if parameters else body


def _refused(status: int, description: str) -> web.Response:
    return web.json_response(refused(status, description)[1], status=status)
