"""Where platforms deliver: who is not authentic is turned away before anything is read."""

from __future__ import annotations

import asyncio
import hmac
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar, Protocol

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.telegram import CHANNEL
from bot.channels.telegram.heard import NotYet
from bot.errors import LedgerError, Unreadable
from bot.web.answers import body_of, error, translated

log = structlog.get_logger()

SECRET_HEADER = "x-telegram-bot-api-secret-token"
MOST_BYTES = 512 * 1024  # Telegram's own server keeps no update that is larger
RETRY_SECONDS = "2"
DRAIN_SECONDS = 5.0
MOST_DRAINED = 8 * 1024 * 1024  # bytes


class TelegramDoor(Protocol):
    """Who takes updates; see `bot/channels/telegram/receive.py`."""

    async def take(self, body: bytes) -> None:
        """Raises LedgerError, NotYet: nothing was stored, it should come again."""
        ...

    async def keep(self, reason: str, body: bytes, size: int = 0) -> None:
        """Put a delivery out of the way. Raises LedgerError."""
        ...


@dataclass(frozen=True, slots=True)
class TelegramHook:
    """POST /hooks/telegram.

    Whatever is authentic is answered 200, even what nobody can read: Telegram would repeat it for
    a day and hold back everything else of that chat. 503 is for what was not stored.
    """

    door: TelegramDoor
    secret: str

    channel: ClassVar[str] = CHANNEL

    async def reread(self, body: bytes) -> None:
        """Take what was put out of the way once more. Raises LedgerError, NotYet."""
        await self.door.take(body)

    def routes(self) -> list[Route]:
        return [Route("/hooks/telegram", translated(self.deliver), methods=["POST"])]

    async def deliver(self, request: Request) -> Response:
        """Take one update."""
        if not self._is_authentic(request):
            log.warning("telegram_forged")
            return error("forbidden", "this is not for you", 403)
        try:
            await self._take(request)
        except (LedgerError, NotYet) as failed:
            log.error("door_closed", path=request.url.path, error=type(failed).__name__)
            answer = error("unavailable", "not stored: send the same update again", 503)
            answer.headers["Retry-After"] = RETRY_SECONDS
            return answer
        return Response(status_code=200)

    def _is_authentic(self, request: Request) -> bool:
        """Exactly one header, equal to the secret; without a secret nothing is authentic."""
        given = [value for name, value in request.headers.raw if name == SECRET_HEADER.encode()]
        if len(given) != 1 or not self.secret:
            return False
        return hmac.compare_digest(given[0], self.secret.encode())

    async def _take(self, request: Request) -> None:
        try:
            body = await body_of(request, MOST_BYTES)
        except Unreadable as unreadable:
            if unreadable.code != "too_large":
                raise
            declared = request.headers.get("content-length", "")
            size = int(declared) if declared.isdecimal() and len(declared) < 19 else MOST_BYTES
            await _drain(request)
            await self.door.keep("too_large", b"", size)
            return
        await self.door.take(body)


async def _drain(request: Request) -> None:
    """Read on for a while: who is still sending does not hear our answer."""
    read = 0
    with suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for chunk in request.stream():
                read += len(chunk)
                if read > MOST_DRAINED:
                    return
