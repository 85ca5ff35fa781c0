"""How a call comes in and its answer, or what is to go wrong instead, goes out."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.twilio_api import control, messages, resources
from tests.twilio_api.errors import (
    INVALID_PARAMETER,
    ApiError,
    bad_request,
    not_found,
    unauthorized,
)
from tests.twilio_api.faults import Fault, Kind
from tests.twilio_api.ledger import Call

if TYPE_CHECKING:
    from tests.twilio_api.server import StandIn

Operation = Callable[["StandIn", Call], Awaitable[tuple[int, Any]]]
LARGEST_BODY = 4 * 2**20
_ACCOUNT = "/2010-04-01/Accounts/{account}"
_MESSAGE = _ACCOUNT + "/Messages/{sid:[A-Z]{2}[0-9a-f]{32}}"
OPERATIONS: tuple[tuple[str, str, str, Operation], ...] = (
    ("account.fetch", "GET", "/2010-04-01/Accounts/{account}.json", resources.account),
    ("messages.create", "POST", _ACCOUNT + "/Messages.json", messages.create),
    ("messages.list", "GET", _ACCOUNT + "/Messages.json", messages.listed),
    ("messages.fetch", "GET", _MESSAGE + ".json", messages.fetch),
    ("messages.update", "POST", _MESSAGE + ".json", messages.update),
    ("messages.delete", "DELETE", _MESSAGE + ".json", messages.delete),
    ("media.list", "GET", _MESSAGE + "/Media.json", messages.media),
    ("typing", "POST", "/v2/Indicators/Typing.json", resources.typing),
    ("senders.list", "GET", "/v2/Channels/Senders", resources.senders),
    ("senders.fetch", "GET", "/v2/Channels/Senders/{sid}", resources.sender),
    ("content.list", "GET", "/v1/Content", resources.contents),
    ("content.create", "POST", "/v1/Content", resources.create_content),
    ("content.fetch", "GET", "/v1/Content/{sid}", resources.fetch_content),
    ("content.delete", "DELETE", "/v1/Content/{sid}", resources.delete_content),
    ("content.approval", "GET", "/v1/Content/{sid}/ApprovalRequests", resources.approval),
)
_PAGE = "<html><head><title>{0}</title></head><body>nginx</body></html>"


def application(api: StandIn) -> web.Application:
    """The calls of a client, and the control endpoint."""
    app = web.Application(client_max_size=LARGEST_BODY)
    control.add_routes(app, api)
    for name, verb, path, operation in OPERATIONS:
        app.router.add_route(verb, path, _handler(api, name, operation))
    app.router.add_route("*", "/{rest:.*}", _handler(api, "", _nothing))
    return app


async def _nothing(api: StandIn, call: Call) -> tuple[int, Any]:
    raise not_found(call.path)


def _handler(
    api: StandIn, name: str, operation: Operation
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        fields = await _fields(request)
        to = str(fields.get("To", ""))
        chat = to.removeprefix("whatsapp:") if to else None
        sid = request.match_info.get("sid", "")
        call = Call(api.clock.now(), time.monotonic(), name, request.path, fields, sid, chat)
        api.ledger.calls.append(call)
        fault = api.faults.take(name, api.key_of(chat)) if _is_ours(api, request) else None
        api.tell()
        if fault is None:
            return await _answer(api, request, operation, call)
        call.fault = str(fault.kind)
        return await _failed(api, request, operation, call, fault)

    return serve


async def _answer(
    api: StandIn, request: web.Request, operation: Operation, call: Call
) -> web.Response:
    """Do what the call asks."""
    try:
        if not _is_ours(api, request):
            raise unauthorized()
        if request.match_info.get("account", api.account_sid) != api.account_sid:
            raise not_found(call.path)
        status, body = await operation(api, call)
    except ApiError as error:
        call.code = error.code
        return _recorded(api, call, web.json_response(error.body(), status=error.status))
    except ValueError:  # a number that is none
        bad = bad_request(INVALID_PARAMETER, "Invalid parameter")
        call.code = bad.code
        return _recorded(api, call, web.json_response(bad.body(), status=bad.status))
    if body is None:
        return _recorded(api, call, web.Response(status=status))
    return _recorded(api, call, web.json_response(body, status=status))


async def _failed(
    api: StandIn, request: web.Request, operation: Operation, call: Call, fault: Fault
) -> web.StreamResponse:
    """Let it go wrong, having done what it asks where the fault says so."""
    answer = await _answer(api, request, operation, call) if fault.accepted else None
    match fault.kind:
        case Kind.REFUSE if fault.error is not None:
            call.code = fault.error.code
            refusal = web.json_response(fault.error.body(), status=fault.error.status)
            return _recorded(api, call, refusal)
        case Kind.PAGE:
            text = _PAGE.format(fault.status)
            page = web.Response(status=fault.status, text=text, content_type="text/html")
            return _recorded(api, call, page)
        case Kind.NOT_JSON:
            half = web.Response(status=201, text='{"sid": "SM', content_type="application/json")
            return _recorded(api, call, half)
        case Kind.DELAY:
            await _wait(api, fault.seconds)
            return answer or await _answer(api, request, operation, call)
        case Kind.DRIP if answer is not None:
            return await _drip(api, request, answer, fault.seconds)
        case Kind.HANG:
            await api.closing.wait()
    call.status = 0
    api.tell()
    if request.transport is not None:
        request.transport.abort()
    return web.Response()  # nobody is there to read it


async def _drip(
    api: StandIn, request: web.Request, answer: web.Response, seconds: float
) -> web.StreamResponse:
    """Byte by byte, until the client or the stand-in goes."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    stream = web.StreamResponse(status=answer.status, headers={"Content-Type": "application/json"})
    stream.content_length = len(body)
    await stream.prepare(request)
    for byte in body:
        await _wait(api, seconds)
        if api.closing.is_set() or request.transport is None:
            break
        await stream.write(bytes([byte]))
    return stream


async def _wait(api: StandIn, seconds: float) -> None:
    """Until the time is over or the stand-in stops."""
    try:
        async with asyncio.timeout(seconds):
            await api.closing.wait()
    except TimeoutError:
        return


async def _fields(request: web.Request) -> dict[str, Any]:
    """Query and form, names that are repeated as lists; a body of JSON under "json"."""
    fields: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            return fields | {"json": json.loads(await request.read())}
        except ValueError:
            return fields
    form = await request.post()
    for name in dict.fromkeys(form):
        values = [str(value) for value in form.getall(name)]
        fields[name] = values[0] if len(values) == 1 else values
    return fields


def _is_ours(api: StandIn, request: web.Request) -> bool:
    """Whether the account and one of its tokens are shown."""
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    tokens = [token for token in (api.auth_token, api.second_token) if token]
    known = [base64.b64encode(f"{api.account_sid}:{token}".encode()).decode() for token in tokens]
    return scheme.lower() == "basic" and shown.strip() in known


def _recorded(api: StandIn, call: Call, answer: web.Response) -> web.Response:
    call.status = answer.status
    api.tell()
    return answer
