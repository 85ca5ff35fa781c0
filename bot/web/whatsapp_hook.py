"""Where Twilio delivers: messages of customers, and what became of ours.

Twilio repeats nothing that was refused, and shows its account's owner whatever is not TwiML.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.whatsapp import CHANNEL
from bot.channels.whatsapp.form import MEDIA_TYPE, Form
from bot.channels.whatsapp.parse import line_of
from bot.channels.whatsapp.signature import Signatures
from bot.errors import Forged
from bot.web.answers import body_of, error, translated
from bot.web.holding import Holding

log = structlog.get_logger()

MESSAGES = "/hooks/whatsapp"
STATUSES = "/hooks/whatsapp/status"
MOST_BYTES = 64 * 1024  # a form of Twilio's has a fraction of it, and whatever is larger costs time
TAKEN = "<Response/>"


class WhatsAppDoor(Protocol):
    """Who takes deliveries; see `bot/channels/whatsapp/receive.py`."""

    async def take(self, form: Form, query: str) -> None:
        """Raises LedgerError: nothing was stored, it should be taken again."""
        ...


@dataclass(frozen=True, slots=True)
class WhatsAppHook:
    """POST /hooks/whatsapp and /hooks/whatsapp/status.

    Whatever is authentic is answered 200, even what nobody can read. What cannot be stored is
    held as long as Twilio waits, then answered 503.
    """

    door: WhatsAppDoor
    signatures: Signatures
    holding: Holding = field(default_factory=Holding)
    refused: Callable[[], None] = lambda: None  # a message was not stored: Twilio drops it

    channel: ClassVar[str] = CHANNEL

    async def reread(self, body: bytes) -> None:
        """Take what was put out of the way once more. Raises LedgerError."""
        await self.door.take(Form.read(body), "")

    def routes(self) -> list[Route]:
        return [
            Route(MESSAGES, translated(self.message), methods=["POST"]),
            Route(STATUSES, translated(self.status), methods=["POST"]),
        ]

    async def message(self, request: Request) -> Response:
        """Take what a customer sent."""
        return await self._deliver(request, MESSAGES)

    async def status(self, request: Request) -> Response:
        """Take what became of a message of ours."""
        return await self._deliver(request, STATUSES)

    async def _deliver(self, request: Request, path: str) -> Response:
        begun = asyncio.get_running_loop().time()
        if not _is_form(request):
            return error("unsupported_media_type", f"send {MEDIA_TYPE}", 415)
        query = request.scope["query_string"].decode("latin-1")
        try:
            claim = self.signatures.claim(request.headers.raw)
            form = Form.read(await body_of(request, MOST_BYTES))
            self.signatures.check(claim, path, query, form)
        except Forged as forged:
            log.warning("whatsapp_forged", why=str(forged))
            return error("forbidden", "this is not for you", 403)
        if not await self.holding.take(line_of(form), lambda: self.door.take(form, query), begun):
            log.error("door_closed", path=path)
            if path == MESSAGES:
                self.refused()
            return error("unavailable", "not stored: send the same again", 503)
        return Response(TAKEN, headers={"Content-Type": "text/xml"})


def _is_form(request: Request) -> bool:
    """Nothing else is ever checked: a signature need not cover another body at all."""
    given = [value for name, value in request.headers.raw if name == b"content-type"]
    return len(given) == 1 and given[0].partition(b";")[0].strip().lower() == MEDIA_TYPE.encode()
