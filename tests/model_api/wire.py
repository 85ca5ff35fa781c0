"""Faults that are not in what is said but in how it is carried."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from tests.model_api.faults import Fault
from tests.model_api.ledger import Call

if TYPE_CHECKING:
    from tests.model_api.server import StandIn

PIECE = b" " * 65_536


async def misbehave(
    api: StandIn, request: web.Request, call: Call, fault: Fault, good: bytes
) -> web.StreamResponse:
    """Do what the fault says, until the client goes or the stand-in stops."""
    match fault:
        case Fault.HANG:
            await api.closing.wait()
        case Fault.NO_HTTP:
            _write(request, b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
            await asyncio.sleep(0)
        case Fault.DRIP | Fault.NEVER_ENDS | Fault.ENDLESS:
            return await _stream(api, request, call, fault, good)
        case Fault.RESET_WITHIN:
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
            _write(request, head + str(len(good)).encode() + b"\r\n\r\n" + good[:40])
            await asyncio.sleep(0.02)
    if request.transport is not None:
        request.transport.abort()
    return web.Response()  # nobody is there to read it


async def _stream(
    api: StandIn, request: web.Request, call: Call, fault: Fault, good: bytes
) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "application/json"})
    if fault is Fault.DRIP:
        answer.content_length = len(good)
    await answer.prepare(request)
    call.status = 200
    if fault is Fault.NEVER_ENDS:
        await answer.write(good)
        await api.closing.wait()
    pieces = [good[at : at + 1] for at in range(len(good))] if fault is Fault.DRIP else []
    for piece in pieces:
        await answer.write(piece)
        await _rest(api, api.drip)
    while fault is Fault.ENDLESS and not api.closing.is_set():
        await answer.write(PIECE)
        await asyncio.sleep(0)
    await answer.write_eof()
    return answer


async def _rest(api: StandIn, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await api.closing.wait()
    except TimeoutError:
        return


def _write(request: web.Request, data: bytes) -> None:
    if isinstance(request.transport, asyncio.Transport):
        request.transport.write(data)
