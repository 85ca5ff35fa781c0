"""How every door reads a body and says no: the right code and a JSON error, nothing written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from math import ceil

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from bot.errors import Forged, LedgerError, Unreadable

log = structlog.get_logger()

BODY_SECONDS = 15.0  # a body of this size takes milliseconds; one that drips is not waited for

Endpoint = Callable[[Request], Awaitable[Response]]


def error(code: str, message: str, status: int, **more: object) -> JSONResponse:
    """`{"error": {"code", "message"}}`, the shape of every refusal."""
    return JSONResponse({"error": {"code": code, "message": message, **more}}, status)


def limited(retry_after: float) -> JSONResponse:
    """429: the sender is over its budget and may send the same id again later."""
    seconds = max(1, ceil(retry_after))
    answer = error("limited", "too many messages: wait and send again", 429, retry_after=seconds)
    answer.headers["Retry-After"] = str(seconds)
    return answer


async def body_of(request: Request, most: int) -> bytes:
    """The whole body, read no further than `most` bytes. Raises Unreadable."""
    too_large = Unreadable(f"the body is larger than {most} bytes", code="too_large", status=413)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise too_large
    parts = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                parts += chunk
                if len(parts) > most:
                    raise too_large
    except TimeoutError:
        raise Unreadable(
            f"the body did not arrive within {BODY_SECONDS:g} s", code="too_slow", status=408
        ) from None
    return bytes(parts)


def door_name(request: Request) -> str:
    """Which door, in our own words: callers choose parts of a path, such as a conversation."""
    return str(getattr(request.scope.get("endpoint"), "__qualname__", "unknown"))


def translated(endpoint: Endpoint) -> Endpoint:
    """Turn the program's own errors into answers, once, at the border."""

    @wraps(endpoint)
    async def door(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Unreadable as unreadable:
            return error(unreadable.code, str(unreadable), unreadable.status)
        except Forged as forged:
            answer = error("unauthorized", str(forged), 401)
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        except LedgerError:
            log.error("door_closed", door=door_name(request))
            answer = error("unavailable", "not stored: send the same message again", 503)
            answer.headers["Retry-After"] = "2"
            return answer
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it

    return door


async def not_found(request: Request, exception: Exception) -> Response:
    """404 and 405 in the same shape as every other refusal."""
    status = exception.status_code if isinstance(exception, HTTPException) else 404
    code = "method_not_allowed" if status == 405 else "not_found"
    headers = exception.headers if isinstance(exception, HTTPException) else None
    answer = error(code, "there is nothing here" if status == 404 else "not this way", status)
    answer.headers.update(headers or {})
    return answer


async def broken(request: Request, exception: Exception) -> Response:
    """Something we did not foresee: the log names it, the caller learns nothing inside."""
    log.error("request_failed", door=door_name(request), error=type(exception).__name__)
    return error("internal", "something went wrong on our side", 500)
