"""Everything outside on one loopback address, answering as told: Telegram, Twilio, models, us."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

BOT = "4711:canaryAAbbCCddEEffGGhhIIjjKKllMMnn"
SID = "AC" + "0" * 31 + "1"
TOKEN, NEXT = "ca" + "0" * 30, "ca" + "1" * 30  # an Auth Token is 32 digits and letters
OPENAI_KEY, ANTHROPIC_KEY = "sk-canary-openai-0001", "sk-canary-anthropic-0001"
NUMBER, STAFF = "+14155550100", -1001234567890
HX = "HX" + "a" * 32
HANG = object()  # no answer at all

CANARIES = ("canary", TOKEN, NEXT)


@dataclass
class Outside:
    """`answers`: by method of Telegram or path, a status and JSON, or HANG."""

    base: str = ""
    tokens: tuple[str, ...] = (TOKEN,)  # those that Twilio knows
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def sound(self) -> None:
        """Everything is as it should be."""
        hook = {
            "callback_url": f"{self.base}/hooks/whatsapp#rc=3&rp=all",
            "callback_method": "POST",
        }
        ours = f"whatsapp:{NUMBER}"
        sender = {"sid": "XE1", "sender_id": ours, "status": "ONLINE", "webhook": hook}
        self.answers = {
            "getMe": ok({"id": 4711, "is_bot": True, "username": "casa_bot"}),
            "getWebhookInfo": ok({"url": f"{self.base}/hooks/telegram", "pending_update_count": 0}),
            "getChat": ok({"id": STAFF, "type": "supergroup", "title": "Equipe [x]"}),
            "getChatMember": ok({"status": "administrator"}),
            f"/2010-04-01/Accounts/{SID}.json": (200, {"sid": SID, "status": "active"}),
            "/v2/Channels/Senders": (200, {"senders": [sender], "meta": {"key": "senders"}}),
            f"/v1/Content/{HX}": (200, {"sid": HX, "language": "pt"}),
            f"/v1/Content/{HX}/ApprovalRequests": (200, {"whatsapp": {"status": "approved"}}),
            "/v1/models/gpt-6-luna": (200, {"id": "gpt-6-luna", "object": "model"}),
            "/v1/models/claude-haiku-5-5": (200, {"id": "claude-haiku-5-5", "type": "model"}),
            "/healthz": (200, {"status": "ok", "version": "0.1.0"}),
        }  # fmt: skip

    def sender(self, **changed: Any) -> None:
        """The same sender with something else about it."""
        self.answers["/v2/Channels/Senders"][1]["senders"][0].update(changed)

    @property
    def variables(self) -> dict[str, str]:
        """The environment in which all of it is ours."""
        return {
            "TELEGRAM_BOT_TOKEN": BOT, "TELEGRAM_API_BASE": self.base,
            "TELEGRAM_STAFF_CHAT": str(STAFF), "PUBLIC_URL": self.base,
            "TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_API_BASE": self.base,
            "TWILIO_WHATSAPP_FROM": NUMBER, "OPENAI_API_KEY": OPENAI_KEY,
            "OPENAI_BASE_URL": f"{self.base}/v1", "ANTHROPIC_API_KEY": ANTHROPIC_KEY,
            "ANTHROPIC_BASE_URL": self.base,
            "NIGHTDESK__CHANNELS__WHATSAPP__TEMPLATES": f'{{"pt": {{"content_sid": "{HX}"}}}}',
        }  # fmt: skip

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.path))
        path = request.path
        if path.startswith("/bot"):
            _, bot, name = path.split("/", 2)
            if bot != f"/bot{BOT}".strip("/"):
                return web.json_response({"ok": False, "error_code": 401}, status=401)
            path = name
        elif path.startswith(("/2010", "/v2", "/v1/Content")):
            known = {_basic(token) for token in self.tokens}
            if request.headers.get("Authorization") not in known:
                return web.json_response(
                    {"code": 20003, "message": TOKEN, "status": 401}, status=401
                )
        elif path == "/v1/models/gpt-6-luna":
            if request.headers.get("Authorization") != f"Bearer {OPENAI_KEY}":
                return web.json_response({"error": {"message": OPENAI_KEY}}, status=401)
        elif path.startswith("/v1/models/claude") and (
            request.headers.get("x-api-key") != ANTHROPIC_KEY
            or not request.headers.get("anthropic-version")
        ):
            return web.json_response({"error": {"message": ANTHROPIC_KEY}}, status=401)
        answer = self.answers.get(path, (404, {"code": 20404, "message": "canary", "status": 404}))
        if answer is HANG:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(30)
            return web.Response()
        status, body = answer
        if isinstance(body, str):
            return web.Response(status=status, text=body, headers={"Location": "/x"})
        return web.json_response(body, status=status)


def ok(result: Any) -> tuple[int, Any]:
    return 200, {"ok": True, "result": result}


def refused(status: int, description: str, **parameters: Any) -> tuple[int, Any]:
    said = {"ok": False, "error_code": status, "description": description}
    return status, {**said, "parameters": parameters} if parameters else said


def _basic(token: str) -> str:
    return "Basic " + base64.b64encode(f"{SID}:{token}".encode()).decode()


@asynccontextmanager
async def outside() -> AsyncIterator[Outside]:
    """All of it, sound."""
    there = Outside()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", there.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    there.base = f"http://{host}:{port}"
    there.sound()
    try:
        yield there
    finally:
        await runner.cleanup()
