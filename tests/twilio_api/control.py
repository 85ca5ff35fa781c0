"""The stand-in steered from outside, where it runs as a program of its own.

POST /_control takes one order as JSON, `{"do": NAME, ...}`; GET /_ledger tells what happened.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.twilio_api import faults
from tests.twilio_api.ledger import Message
from tests.twilio_api.people import Person

if TYPE_CHECKING:
    from tests.twilio_api.server import StandIn

Order = dict[str, Any]
_FAULTS: dict[str, Callable[..., faults.Fault]] = {
    "refused": faults.refused,
    "flooded": faults.flooded,
    "server_error": faults.server_error,
    "page": faults.page,
    "not_json": faults.not_json,
    "cut": faults.cut,
    "delay": faults.delay,
    "hang": faults.hang,
    "drip": faults.drip,
}
_STATUSES = ("until", "order", "times", "together", "delay", "early", "never")
_DOINGS = (
    "says", "sends_media", "shares_location", "comes_from_ad", "forwards",
    "blocks", "unblocks", "hides_number", "shows_number",
)  # fmt: skip
_DELIVERY = ("copies", "together", "ordered")


def add_routes(app: web.Application, api: StandIn) -> None:
    async def control(request: web.Request) -> web.Response:
        order: Order = await request.json()
        try:
            result = await _ORDERS[order.pop("do")](api, order)
        except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": repr(error)}, status=400)
        return web.json_response({"result": result})

    async def ledger(request: web.Request) -> web.Response:
        deliveries = api.webhook.deliveries
        told = {
            "calls": [asdict(call) for call in api.ledger.calls],
            "messages": [_told(message) for message in api.ledger.messages.values()],
            "violations": [asdict(violation) for violation in api.violations],
            "typing": [asdict(typing) for typing in api.ledger.typing],
            "accepted": api.ledger.accepted(),
            "deliveries": [
                {"kind": d.kind, "sid": d.form.get("MessageSid"), "statuses": d.statuses}
                for d in deliveries
            ],
            "pending": len(api.webhook.pending),
            "lost": [d.form.get("MessageSid") for d in api.webhook.lost],
        }
        return web.json_response(told)

    app.router.add_post("/_control", control)
    app.router.add_get("/_ledger", ledger)


def _told(message: Message) -> dict[str, Any]:
    return asdict(message) | {"m": message.m, "labels": message.labels}


def _person(api: StandIn, order: Order) -> Person:
    return api.person(order["person"])


async def _deliver_to(api: StandIn, order: Order) -> Any:
    """{"do": "deliver_to", "url": "http://127.0.0.1:8000/hooks/whatsapp", "signed_as": ...}"""
    api.deliver_to(**order)
    return True


async def _fail(api: StandIn, order: Order) -> Any:
    """{"do": "fail", "method": "messages.create", "fault": "cut", "with": {"accepted": true}}"""
    fault = _FAULTS[order.pop("fault")](**order.pop("with", {}))
    api.fail(order.pop("method"), fault, **order)
    return True


async def _fail_delivery(api: StandIn, order: Order) -> Any:
    """{"do": "fail_delivery", "code": 63049, "share": 0.1, "times": null}"""
    api.statuses.fail(order.pop("code"), **order)
    return True


async def _heal(api: StandIn, order: Order) -> Any:
    api.faults.switches.clear()
    api.statuses.failures.switches.clear()
    return True


async def _limits(api: StandIn, order: Order) -> Any:
    api.limits.enforce(**order)
    return True


async def _statuses(api: StandIn, order: Order) -> Any:
    """{"do": "statuses", "order": "shuffled", "times": 3, "early": true}"""
    _set(api.statuses, order, _STATUSES)
    return True


async def _delivery(api: StandIn, order: Order) -> Any:
    """{"do": "delivery", "copies": 5, "together": 2, "ordered": false}"""
    _set(api.webhook, order, _DELIVERY)
    return True


async def _at_once(api: StandIn, order: Order) -> Any:
    """{"do": "at_once", "codes": [63016]}"""
    api.at_once = {int(code) for code in order["codes"]}
    return True


async def _advance(api: StandIn, order: Order) -> Any:
    api.clock.advance(float(order["seconds"]))
    return api.clock.now()


async def _make_person(api: StandIn, order: Order) -> Any:
    """{"do": "person", "number": "+5511...", "name": "Ana", "hidden": "BR.150..."}"""
    return api.person(**order).address


async def _says(api: StandIn, order: Order) -> Any:
    """{"do": "says", "person": "+5511...", "text": "oi", "reply_to": "SM..."}"""
    reply_to = api.ledger.messages[order["reply_to"]] if "reply_to" in order else None
    return (await _person(api, order).says(order["text"], reply_to=reply_to)).sid


async def _presses(api: StandIn, order: Order) -> Any:
    message = api.ledger.messages[order["message"]]
    return (await _person(api, order).presses(message, order["label"])).sid


async def _does(api: StandIn, order: Order) -> Any:
    """{"do": "does", "person": "+5511...", "what": "sends_media", "with": {"kind": "voice"}}"""
    if order["what"] not in _DOINGS:
        raise KeyError(order["what"])
    done = getattr(_person(api, order), order["what"])(**order.get("with", {}))
    message = await done if isawaitable(done) else None
    return message.sid if message else True


async def _template(api: StandIn, order: Order) -> Any:
    order["buttons"] = tuple(order.get("buttons", ()))
    return api.template(**order).sid


async def _shown(api: StandIn, order: Order) -> Any:
    return [_told(message) for message in api.shown(_person(api, order))]


def _set(part: object, order: Order, names: tuple[str, ...]) -> None:
    for name, value in order.items():
        if name not in names:
            raise KeyError(name)
        setattr(part, name, value)


_ORDERS: dict[str, Callable[[StandIn, Order], Awaitable[Any]]] = {
    "deliver_to": _deliver_to,
    "fail": _fail,
    "fail_delivery": _fail_delivery,
    "heal": _heal,
    "limits": _limits,
    "statuses": _statuses,
    "delivery": _delivery,
    "at_once": _at_once,
    "advance": _advance,
    "person": _make_person,
    "says": _says,
    "presses": _presses,
    "does": _does,
    "template": _template,
    "shown": _shown,
}
