"""The web chat: the page at /, its messages and its events."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from itsdangerous import BadSignature, Signer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot import __version__
from bot.book import Book
from bot.channels import web
from bot.clock import Clock
from bot.delivery.transcript import Transcripts
from bot.errors import Forged, Unreadable
from bot.intake.accept import Intake
from bot.intake.ports import Admission
from bot.model import ConversationKey, Incoming
from bot.presence import Presence
from bot.web.answers import body_of, error, translated
from bot.web.stream import last_seen, stream
from bot.words.render import text_of

HERE = Path(__file__).parent
COOKIE = "nightdesk_chat"
COOKIE_SECONDS = 365 * 86_400
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Static(StaticFiles):
    """The page's own files, asked for anew after every update: their modules carry no version."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


class Visitors:
    """Who a browser is: 128 random bits in a cookie that nobody else can sign."""

    def __init__(self, secret: bytes) -> None:
        self._signer = Signer(secret, salt="nightdesk.web-chat")

    def known(self, request: Request) -> str | None:
        """The visitor of this request; None without a genuine cookie."""
        try:
            visitor = self._signer.unsign(request.cookies.get(COOKIE, "")).decode()
        except BadSignature:
            return None
        return visitor if re.fullmatch(r"[0-9a-f]{32}", visitor) else None

    def welcome(self, request: Request, response: Response) -> None:
        """Give a new browser its cookie."""
        visitor = self.known(request) or secrets.token_hex(16)
        response.set_cookie(
            COOKIE,
            self._signer.sign(visitor).decode(),
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )


@dataclass(frozen=True)
class Chat:
    """The page and its two doors."""

    intake: Intake
    transcripts: Transcripts
    presence: Presence
    visitors: Visitors
    book: Callable[[], Book]
    clock: Clock
    max_body_bytes: int

    def routes(self) -> list[Route | Mount]:
        return [
            Route("/", self.page, methods=["GET"]),
            Route("/chat/messages", translated(self.post), methods=["POST"]),
            Route("/chat/events", translated(self.events), methods=["GET"]),
            Mount("/static", Static(directory=HERE / "static")),
        ]

    @cached_property
    def _pages(self) -> Environment:
        return Environment(
            loader=FileSystemLoader(HERE / "pages"), autoescape=True, undefined=StrictUndefined
        )

    async def page(self, request: Request) -> Response:
        """The page itself, with a cookie that makes this browser a conversation."""
        book = self.book()
        html = self._pages.get_template("chat.html").render(
            business=book.house["name"],
            languages=book.languages,
            version=__version__,
            said={language: _said(book, language) for language in book.languages},
        )
        response = HTMLResponse(html, headers={**SECURITY, "Cache-Control": "no-store"})
        self.visitors.welcome(request, response)
        return response

    async def post(self, request: Request) -> Response:
        """Accept one message of the page."""
        chat = self._chat(request)
        content_type = request.headers.get("content-type", "").partition(";")[0].strip()
        if content_type.lower() != "application/json":  # a foreign form cannot send this type
            raise Unreadable("send application/json", code="unsupported_type", status=415)
        body = await body_of(request, self.max_body_bytes)
        incoming, press = web.parse(body, chat, self.clock.now())
        incoming = replace(incoming, language=_first_language(request))
        return await accept_chat(self.intake, self.transcripts, incoming, press)

    async def events(self, request: Request) -> Response:
        """The page's event stream."""
        chat = self._chat(request)
        return stream(chat, last_seen(request), self.transcripts, self.presence, web.show)

    def _chat(self, request: Request) -> ConversationKey:
        visitor = self.visitors.known(request)
        if visitor is None:
            raise Forged("open the chat page first")
        return web.conversation(visitor)


def _said(book: Book, language: str) -> dict[str, Any]:
    """What the business says on the page itself."""
    suggestions = book.texts["page_suggestions"]
    return {
        "tagline": text_of(book.texts["page_tagline"], book, language),
        "hint": text_of(book.texts["page_hint"], book, language),
        "suggestions": [
            text_of(suggestions, book, language, seed)
            for seed in range(len(suggestions.variants[language]))
        ],
    }


def _first_language(request: Request) -> str:
    """The browser's first language as two letters, "" when it does not say."""
    preferred = request.headers.get("accept-language", "")[:2].lower()
    return preferred if re.fullmatch(r"[a-z]{2}", preferred) else ""


async def accept_chat(
    intake: Intake, transcripts: Transcripts, incoming: Incoming, press: web.Press | None
) -> Response:
    """Accept a message of a page or a terminal: the button's meaning is looked up, not believed."""
    if press is not None:
        value = await transcripts.pressed(incoming.conversation, press.message, press.index)
        if value is None and await intake.inbox.knows(incoming):
            return _stored(incoming, duplicate=True)  # it took effect; what it stood under is gone
        if value is None:
            raise Unreadable("there is no such button in this chat", code="unknown_button")
        incoming = replace(incoming, button=value)
    accepted = await intake.accept(incoming)
    if accepted.admission is Admission.CONFLICT:
        return error("conflict", "this id was used before with another text", 409)
    return _stored(incoming, duplicate=accepted.admission is Admission.DUPLICATE)


def _stored(incoming: Incoming, *, duplicate: bool) -> Response:
    return JSONResponse(
        {"id": incoming.id, "conversation": incoming.conversation.chat, "duplicate": duplicate},
        200 if duplicate else 202,
    )
