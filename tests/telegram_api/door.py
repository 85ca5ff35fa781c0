"""How a call comes in and its answer, or what is to go wrong instead, goes out."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.telegram_api import account, control, sending
from tests.telegram_api.errors import ApiError, flood
from tests.telegram_api.faults import Fault, Kind
from tests.telegram_api.ledger import Call
from tests.telegram_api.limits import EVERYWHERE
from tests.telegram_api.params import Params, read

if TYPE_CHECKING:
    from tests.telegram_api.server import StandIn

METHODS = account.METHODS | sending.METHODS
LARGEST_BODY = 64 * 2**20
_TOKEN = re.compile(r"[0-9]{5,}:[A-Za-z0-9_-]{20,}")
_GATEWAY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


def application(api: StandIn) -> web.Application:
    """The calls of a bot, and the control endpoint."""

    async def serve(request: web.Request) -> web.Response:
        return await _serve(api, request)

    app = web.Application(client_max_size=LARGEST_BODY)
    app.router.add_route("*", "/bot{token}/{method}", serve)
    control.add_routes(app, api)
    return app


async def _serve(api: StandIn, request: web.Request) -> web.Response:
    token, method = request.match_info["token"], request.match_info["method"]
    if not _TOKEN.fullmatch(token):
        return _refusal(ApiError(404, "Not Found"))
    if token != api.token:
        return _refusal(ApiError(401, "Unauthorized"))
    try:
        params = await read(request)
    except ApiError as error:
        params = Params({})
        call = api.ledger.begin(method, params, api.clock.now())
        return _recorded(api, call, _refusal(error), error.description)
    call = api.ledger.begin(method, params, api.clock.now())
    call.violation = params.chat is not None and api.limits.left(params.chat) > 0
    fault = api.faults.take(method, params.chat)
    api.tell()
    if fault is None:
        return await _answer(api, params, call)
    call.fault = str(fault.kind)
    return await _failed(api, request, params, call, fault)


async def _answer(api: StandIn, params: Params, call: Call) -> web.Response:
    """Do what the call asks."""
    try:
        serve = METHODS.get(call.method.lower())
        if serve is None:
            raise ApiError(404, "Not Found: method not found")
        if call.method.lower() in sending.LIMITED and (left := api.limits.left(call.chat)):
            raise flood(left)
        result = await serve(api, params, call)
    except ApiError as error:
        return _recorded(api, call, _refusal(error), error.description)
    body: dict[str, Any] = {"ok": True, "result": result}
    if call.description:
        body["description"] = call.description
    return _recorded(api, call, web.json_response(body), call.description)


async def _failed(
    api: StandIn, request: web.Request, params: Params, call: Call, fault: Fault
) -> web.Response:
    """Let it go wrong, having done what it asks where the fault says so."""
    answer = await _answer(api, params, call) if fault.accepted else None
    match fault.kind:
        case Kind.REFUSE if fault.error is not None:
            if fault.shuts:
                seconds = fault.error.parameters["retry_after"]
                api.limits.shut(call.chat or EVERYWHERE, seconds)
            return _recorded(api, call, _refusal(fault.error), fault.error.description)
        case Kind.BAD_GATEWAY:
            page = web.Response(status=502, text=_GATEWAY_PAGE, content_type="text/html")
            return _recorded(api, call, page, "Bad Gateway")
        case Kind.NOT_JSON:
            half = web.Response(text='{"ok":true,"result":{', content_type="application/json")
            return _recorded(api, call, half, "")
        case Kind.DELAY:
            await _wait(api, fault.seconds)
            return answer or await _answer(api, params, call)
        case Kind.HANG:
            await api.closing.wait()
    call.status = 0
    api.tell()
    if request.transport is not None:
        request.transport.abort()
    return web.Response()  # nobody is there to read it


async def _wait(api: StandIn, seconds: float) -> None:
    """Until the time is over or the stand-in stops."""
    try:
        async with asyncio.timeout(seconds):
            await api.closing.wait()
    except TimeoutError:
        return


def _refusal(error: ApiError) -> web.Response:
    headers = {}
    if retry_after := error.parameters.get("retry_after"):
        headers["Retry-After"] = str(retry_after)
    return web.json_response(error.body(), status=error.status, headers=headers)


def _recorded(api: StandIn, call: Call, answer: web.Response, description: str) -> web.Response:
    call.status, call.description = answer.status, description
    api.tell()
    return answer
