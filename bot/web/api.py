"""The HTTP API of other programs: post a message, read a conversation."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels import api
from bot.channels.body import MAX_ID
from bot.clock import Clock
from bot.delivery.transcript import Transcripts, UnknownMessage
from bot.errors import Forged, Unreadable
from bot.intake.accept import Intake
from bot.intake.ports import Admission
from bot.web.answers import body_of, error, limited, translated

MOST_MESSAGES = 100  # of one page


@dataclass(frozen=True, slots=True)
class Api:
    """POST /api/messages and GET /api/conversations/{id}/messages."""

    intake: Intake
    transcripts: Transcripts
    keys: Mapping[str, str]  # name by key
    clock: Clock
    max_body_bytes: int

    def routes(self) -> list[Route]:
        return [
            Route("/api/messages", translated(self.post), methods=["POST"]),
            Route(
                "/api/conversations/{conversation:path}/messages",
                translated(self.list),
                methods=["GET"],
            ),
        ]

    async def post(self, request: Request) -> Response:
        """Accept one message; 202 means that it is stored for good."""
        key_name = self._caller(request)
        body = await body_of(request, self.max_body_bytes)
        message = api.parse(body, key_name, self.clock.now())
        accepted = await self.intake.accept(message, refuse_when_limited=True)
        match accepted.admission:
            case Admission.REFUSED:
                return limited(accepted.retry_after)
            case Admission.CONFLICT:
                return error("conflict", "this id was used before with another text", 409)
        duplicate = accepted.admission is Admission.DUPLICATE
        return JSONResponse(
            {
                "id": message.id,
                "conversation": message.conversation.chat,
                "duplicate": duplicate,
            },
            200 if duplicate else 202,
        )

    async def list(self, request: Request) -> Response:
        """A conversation of this key, oldest first; an unknown one is empty."""
        key_name = self._caller(request)
        name = request.path_params["conversation"]
        after = request.query_params.get("after", "")
        if not 0 < len(name) <= MAX_ID or len(after) > MAX_ID:
            raise Unreadable(f"an id has 1 to {MAX_ID} characters")
        most = _most(request.query_params.get("limit", str(MOST_MESSAGES)))
        try:
            page = await self.transcripts.page(api.conversation(key_name, name), after, most)
        except UnknownMessage:
            raise Unreadable(
                "'after' names no message of this conversation; leave it out to start over",
                code="unknown_message",
            ) from None
        return JSONResponse(api.show_page(page))

    def _caller(self, request: Request) -> str:
        """The name of the key that came with the request. Raises Forged."""
        if not self.keys:
            raise Forged("the API is closed: set NIGHTDESK_API_KEYS to open it")
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        found = None
        for key, name in self.keys.items():  # every key is compared: time tells nothing
            if hmac.compare_digest(key.encode(), given.strip().encode()):
                found = name
        if scheme.lower() != "bearer" or found is None:
            raise Forged("send 'Authorization: Bearer KEY' with a key of NIGHTDESK_API_KEYS")
        return found


def _most(given: str) -> int:
    if not given.isdecimal() or len(given) > 3 or not 1 <= int(given) <= MOST_MESSAGES:
        raise Unreadable(f"'limit' is a number from 1 to {MOST_MESSAGES}")
    return int(given)
