"""How a request comes in, and its answer, or what is to go wrong instead, goes out."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.model_api import anthropic_door, control, openai_door
from tests.model_api.faults import ON_THE_WIRE, Fault, Raw, Refuse, Reply, Say
from tests.model_api.ledger import Call
from tests.model_api.script import Script
from tests.model_api.wire import misbehave

if TYPE_CHECKING:
    from tests.model_api.server import StandIn

DOORS: dict[str, ModuleType] = {"openai": openai_door, "anthropic": anthropic_door}
PAGE = b"<!doctype html><html><head><title>Sign in</title></head><body>Proxy</body></html>"
HTML = {"Content-Type": "text/html; charset=utf-8"}
WAITS = {Fault.RATE_LIMITED_SHORT: "1", Fault.RATE_LIMITED_LONG: "3600"}
MOST_BYTES = 16 << 20


def application(api: StandIn) -> web.Application:
    """Both APIs, under any prefix, and the control endpoint."""
    app = web.Application(client_max_size=MOST_BYTES)
    for name, door in DOORS.items():
        app.router.add_post("/{prefix:.*}" + door.PATH.lstrip("/"), _Served(api, name, door).serve)
    control.add_routes(app, api)
    return app


@dataclass(frozen=True, slots=True)
class _Served:
    api: StandIn
    name: str
    door: ModuleType

    async def serve(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call(self.name, request.path, self.door.key_in(headers), headers)
        call.connection = self.api.connection(request.transport)
        self.api.ledger.append(call)
        began = time.monotonic()
        try:
            return await self._answered(request, call)
        except (asyncio.CancelledError, ConnectionError):
            call.left = True
            raise
        finally:
            call.seconds = time.monotonic() - began
            self.api.tell()

    async def _answered(self, request: web.Request, call: Call) -> web.StreamResponse:
        try:
            body = json.loads(await request.read())
            call.body = body if isinstance(body, dict) else {}
        except ValueError:
            return self._sent(call, Refuse(400, message="We could not parse the JSON body."))
        self.api.tell()
        script = self.api.script_of(self.name, call.model)
        reply = self._objection(call, script) or script.take(self.door.asked_in(call.body))
        seconds = script.wait() + (reply.seconds if isinstance(reply, Say) else 0.0)
        if seconds > 0:
            await asyncio.sleep(seconds)
        call.reply = _name_of(reply)
        if isinstance(reply, Fault) and reply in ON_THE_WIRE:
            good = self.door.answer(Say("Olá!"), call.body, self.api.seen)
            return await misbehave(self.api, request, call, reply, json.dumps(good).encode())
        return self._sent(call, reply)

    def _objection(self, call: Call, script: Script) -> Refuse | None:
        if self.api.key and call.key != self.api.key:
            refused: Refuse = self.door.REFUSALS[Fault.BAD_KEY]
            return refused
        if refused_fields := script.refuses & call.body.keys():
            return Refuse(422, message=f"Extra inputs are not permitted: {min(refused_fields)}")
        lenient = {"max_tokens"} if script.refuses else set()  # a server of one's own
        body = {name: value for name, value in call.body.items() if name not in lenient}
        found: Refuse | None = self.door.objection(
            body if self.name == "openai" else call.body, call.headers
        )
        return found

    def _sent(self, call: Call, reply: Reply) -> web.Response:
        raw = self._raw(call, reply)
        call.status, call.answer = raw.status, raw.body
        headers = {self.door.REQUEST_ID: self.api.next_request_id()}
        if raw.body and "Content-Type" not in raw.headers:
            headers["Content-Type"] = "application/json"
        return web.Response(status=raw.status, body=raw.body, headers=headers | dict(raw.headers))

    def _raw(self, call: Call, reply: Reply) -> Raw:
        match reply:
            case Raw():
                return reply
            case Refuse():
                return _json(self.door.refusal_body(reply), reply.status, reply.headers)
            case Say():
                return _json(self.door.answer(reply, call.body, self.api.seen))
            case Fault():
                return self._spoilt(call, reply)
            case str():
                return self._raw(call, Say(reply))

    def _spoilt(self, call: Call, fault: Fault) -> Raw:
        if fault in WAITS:
            refuse: Refuse = self.door.REFUSALS[Fault.RATE_LIMITED]
            return _json(self.door.refusal_body(refuse), 429, {"Retry-After": WAITS[fault]})
        if fault in self.door.REFUSALS:
            return self._raw(call, self.door.REFUSALS[fault])
        good = self.door.answer(Say("Olá!"), call.body, self.api.seen)
        match fault:
            case Fault.BAD_GATEWAY:
                return Raw(502, PAGE, HTML)
            case Fault.REDIRECT:
                elsewhere = self.api.elsewhere + self.door.PATH
                return Raw(301, b"", {"Location": elsewhere})
            case Fault.HTML:
                return Raw(200, PAGE, HTML)
            case Fault.CUT_JSON:
                return Raw(200, json.dumps(good).encode()[:-20])
            case Fault.NO_UTF8:
                return Raw(200, json.dumps(good).encode().replace(b"Ol", b"\xff\xfe"))
            case Fault.GZIP_GARBAGE:
                return Raw(200, b"\x1f\x8bgarbage", {"Content-Encoding": "gzip"})
            case Fault.GZIP_BOMB:
                return Raw(200, _bomb(), {"Content-Encoding": "gzip"})
        return _json(self.door.spoil(fault, good))


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * (64 << 20), 1)


def _json(body: dict[str, Any], status: int = 200, headers: Any = None) -> Raw:
    # As the real ones write it: what is not ASCII as itself.
    return Raw(status, json.dumps(body, ensure_ascii=False).encode(), headers or {})


def _name_of(reply: Reply) -> str:
    return str(reply) if isinstance(reply, Fault) else type(reply).__name__.lower()
