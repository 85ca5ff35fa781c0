"""The stand-in steered from outside, where it runs as a program of its own.

POST /_control takes one order as JSON, `{"do": NAME, ...}`; GET /_ledger tells what happened.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.telegram_api import faults
from tests.telegram_api.chats import Chat

if TYPE_CHECKING:
    from tests.telegram_api.server import StandIn

Order = dict[str, Any]
_FAULTS: dict[str, Callable[..., faults.Fault]] = {
    "flooded": faults.flooded,
    "refused": faults.refused,
    "blocked": faults.blocked,
    "server_error": faults.server_error,
    "migrated": faults.migrated,
    "bad_gateway": faults.bad_gateway,
    "not_json": faults.not_json,
    "cut": faults.cut,
    "delay": faults.delay,
    "hang": faults.hang,
}


def add_routes(app: web.Application, api: StandIn) -> None:
    async def control(request: web.Request) -> web.Response:
        order: Order = await request.json()
        try:
            result = await _ORDERS[order.pop("do")](api, order)
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": repr(error)}, status=400)
        return web.json_response({"result": result})

    async def ledger(request: web.Request) -> web.Response:
        told = asdict(api.ledger) | {
            "webhook": api.webhook.info(),
            "violations": len(list(api.ledger.violations)),
            "dropped": [update.id for update in api.updates.dropped],
        }
        return web.json_response(told)

    app.router.add_post("/_control", control)
    app.router.add_get("/_ledger", ledger)


def _chat(api: StandIn, order: Order) -> Chat:
    """The chat that is named, else the user's private one."""
    number = order["chat"] if "chat" in order else order["user"]
    return api.chats.get(int(number)) or api.private(api.user(int(number)))


async def _fail(api: StandIn, order: Order) -> Any:
    """{"do": "fail", "method": "sendMessage", "fault": "flooded", "with": {"retry_after": 17}}"""
    fault = _FAULTS[order.pop("fault")](**order.pop("with", {}))
    api.fail(order.pop("method"), fault, **order)
    return True


async def _heal(api: StandIn, order: Order) -> Any:
    api.faults.switches.clear()
    return True


async def _limits(api: StandIn, order: Order) -> Any:
    api.limits.enforce(**order)
    return True


async def _delivery(api: StandIn, order: Order) -> Any:
    """{"do": "delivery", "copies": 5, "together": 2, "drop_answers": 3, "hurry": 20}"""
    for name, value in order.items():
        if name not in ("copies", "together", "drop_answers", "hurry", "timeout"):
            raise KeyError(name)
        setattr(api.updates if name in ("copies", "together") else api.webhook, name, value)
    return True


async def _hold(api: StandIn, order: Order) -> Any:
    api.hold(_chat(api, order))
    return True


async def _release(api: StandIn, order: Order) -> Any:
    api.release(_chat(api, order))
    return True


async def _advance(api: StandIn, order: Order) -> Any:
    api.clock.advance(float(order["seconds"]))
    return api.clock.now()


async def _user(api: StandIn, order: Order) -> Any:
    return api.user(**order).json()


async def _group(api: StandIn, order: Order) -> Any:
    members = [api.user(int(number)) for number in order.pop("members", [])]
    return api.group(members=members, **order).json()


async def _says(api: StandIn, order: Order) -> Any:
    """{"do": "says", "user": 5, "text": "oi", "chat": -100, "reply_to": 17}"""
    chat = _chat(api, order)
    reply_to = chat.messages[order["reply_to"]] if "reply_to" in order else None
    user = api.user(int(order["user"]))
    message = await user.says(chat, order["text"], reply_to=reply_to, thread=order.get("thread"))
    return message.payload


async def _presses(api: StandIn, order: Order) -> Any:
    message = _chat(api, order).messages[order["message"]]
    return await api.user(int(order["user"])).presses(message, order["label"])


async def _edits(api: StandIn, order: Order) -> Any:
    message = _chat(api, order).messages[order["message"]]
    await api.user(int(order["user"])).edits(message, order["text"])
    return True


async def _shown(api: StandIn, order: Order) -> Any:
    return [asdict(message) for message in api.shown(int(order["chat"]))]


_ORDERS: dict[str, Callable[[StandIn, Order], Awaitable[Any]]] = {
    "fail": _fail,
    "heal": _heal,
    "limits": _limits,
    "delivery": _delivery,
    "hold": _hold,
    "release": _release,
    "advance": _advance,
    "user": _user,
    "group": _group,
    "says": _says,
    "presses": _presses,
    "edits": _edits,
    "shown": _shown,
}
