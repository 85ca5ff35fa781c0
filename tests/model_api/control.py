"""The stand-in steered from outside, where it runs as a program of its own.

`POST /control` takes one order as JSON, `{"do": NAME, ...}`:

    {"do": "then", "api": "openai", "replies": ["Sim!", {"fault": "hang"}]}
    {"do": "always", "api": "anthropic", "reply": {"fault": "overloaded"}}
    {"do": "sometimes", "api": "openai", "share": 0.3, "reply": {"fault": "drip"}}
    {"do": "play", "api": "openai", "as": "echo"}           a function of `PLAYERS`
    {"do": "latency", "api": "openai", "least": 0, "most": 8}
    {"do": "refuses", "api": "openai", "fields": ["store"]}
    {"do": "heal"}                                          everything sound again

`"model": NAME` beside "api" scripts that model only. A reply is a text, `{"fault": NAME}`,
`{"say": TEXT, "seconds": 1, "usage": {...}}`, `{"refuse": STATUS, "type", "message", "code",
"headers"}` or `{"raw": TEXT, "status", "headers"}`. `GET /control/ledger` lists every call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.model_api.faults import Fault, Player, Raw, Refuse, Reply, Say
from tests.model_api.script import Script

if TYPE_CHECKING:
    from tests.model_api.server import StandIn

Order = dict[str, Any]
PLAYERS: dict[str, Player] = {
    "echo": lambda asked: asked.last,
    "recite": lambda asked: f"{asked.system}\n{asked.last}",  # gives away all that it was told
}


def add_routes(app: web.Application, api: StandIn) -> None:
    async def control(request: web.Request) -> web.Response:
        try:
            order: Order = await request.json()
            _ORDERS[order.pop("do")](api, order)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": repr(error)}, status=400)
        return web.json_response({"result": True})

    async def ledger(_: web.Request) -> web.Response:
        told = [asdict(call) | {"model": call.model} for call in api.ledger]
        for call in told:
            del call["answer"]
        return web.json_response(told)

    app.router.add_post("/control", control)
    app.router.add_get("/control/ledger", ledger)


def reply_in(order: Any) -> Reply:
    """A reply as JSON writes it."""
    if isinstance(order, str):
        return order
    order = dict(order)
    if "fault" in order:
        return Fault(order["fault"])
    if "say" in order:
        return Say(order.pop("say"), **order)
    if "refuse" in order:
        return Refuse(order.pop("refuse"), **order)
    return Raw(body=order.pop("raw").encode(), **order)


def _script(api: StandIn, order: Order) -> Script:
    if "model" in order:
        return api.model(order["model"])
    return {"openai": api.openai, "anthropic": api.anthropic}[order["api"]]


def _then(api: StandIn, order: Order) -> None:
    _script(api, order).then(*map(reply_in, order["replies"]))


def _always(api: StandIn, order: Order) -> None:
    _script(api, order).always(reply_in(order["reply"]))


def _sometimes(api: StandIn, order: Order) -> None:
    _script(api, order).sometimes(float(order["share"]), reply_in(order["reply"]))


def _play(api: StandIn, order: Order) -> None:
    _script(api, order).always(PLAYERS[order["as"]])


def _latency(api: StandIn, order: Order) -> None:
    _script(api, order).latency = (float(order["least"]), float(order["most"]))


def _refuses(api: StandIn, order: Order) -> None:
    _script(api, order).refuses = set(order["fields"])


def _heal(api: StandIn, order: Order) -> None:
    api.heal()


_ORDERS: dict[str, Callable[[StandIn, Order], None]] = {
    "then": _then,
    "always": _always,
    "sometimes": _sometimes,
    "play": _play,
    "latency": _latency,
    "refuses": _refuses,
    "heal": _heal,
}
