"""A small server that keeps the promises of the web chat to its page, and breaks them on request.

The page's tests need a desk that fails at a chosen moment; the real one is tested elsewhere.
Run as a program it serves one chat for looking at: ``python tests/browser/stand_in.py 8099``.
"""

import asyncio
import itertools
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader

WEB = Path(__file__).resolve().parents[2] / "bot" / "web"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

Event = tuple[str, str, dict[str, Any]]
Answer = Callable[[str], Sequence[str | tuple[str, Sequence[str]]]]


SAID = {
    "pt": {
        "tagline": "responde dia e noite",
        "hint": "Pergunte do seu jeito.",
        "suggestions": [
            "Qual é o horário de vocês?",
            "Quando chega o meu pedido?",
            "Quero falar com uma pessoa",
        ],
    },
    "en": {
        "tagline": "answers day and night",
        "hint": "Ask in your own words.",
        "suggestions": ["What are your opening hours?", "I would like to talk to a person"],
    },
    "es": {
        "tagline": "responde de día y de noche",
        "hint": "Pregunta a tu manera.",
        "suggestions": ["¿Cuál es su horario?", "Quiero hablar con una persona"],
    },
}


class StandIn:
    """One conversation in memory, on one port that stays the same over restarts.

    Faults, each off by default: ``refuse`` (statuses for the next POSTs), ``deaf`` (the event
    stream answers 503), ``slow`` (seconds before a POST is answered), ``stutter`` (every event
    is written twice), ``lose_replies`` (so many POSTs are taken, then the connection drops).
    """

    def __init__(
        self, *, business: str = "Padaria Lua Cheia", answer: Answer | None = None
    ) -> None:
        self.business = business
        self.answer: Answer = answer or (lambda text: [])
        self.messages: list[dict[str, Any]] = []
        self.posts: list[dict[str, Any]] = []
        self.after: list[str | None] = []
        self.refuse: list[int] = []
        self.deaf = False
        self.slow = 0.0
        self.stutter = False
        self.lose_replies = 0
        self._ids = itertools.count(1)
        self._listeners: set[asyncio.Queue[Event | None]] = set()
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    async def start(self, port: int = 0) -> None:
        app = web.Application()
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/chat/events", self._events),
                web.post("/chat/messages", self._post),
                web.static("/static", WEB / "static"),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port or self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self.drop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def drop(self) -> None:
        """Closes every open event stream."""
        for listener in self._listeners:
            listener.put_nowait(None)

    def say(
        self, text: str, *, author: str = "rule", buttons: Sequence[str] = (), at: str = ""
    ) -> dict[str, Any]:
        """The desk says something to the customer."""
        labels = [{"label": label} for label in buttons]
        return self._keep(direction="out", author=author, text=text, buttons=labels, at=at)

    def hear(self, text: str, *, key: str = "", at: str = "") -> dict[str, Any]:
        """The customer says something, from this page or from another of theirs."""
        return self._keep(direction="in", author="customer", text=text, key=key, at=at)

    def typing(self, on: bool) -> None:
        self._tell(("typing", "", {"on": on}))

    def erase(self) -> None:
        self.messages.clear()
        self._tell(("erased", "", {}))

    def texts(self) -> list[str]:
        return [message["text"] for message in self.messages]

    def _keep(self, *, at: str = "", **fields: Any) -> dict[str, Any]:
        message = {
            "id": str(next(self._ids)),
            "buttons": [],
            "key": "",
            "state": "sent",
            "answers": [],
            "created_at": at or datetime.now(UTC).isoformat(),
            **fields,
        }
        self.messages.append(message)
        self._tell(("message", message["id"], message))
        return message

    def _tell(self, event: Event) -> None:
        for listener in self._listeners:
            listener.put_nowait(event)

    async def _page(self, request: web.Request) -> web.Response:
        pages = Environment(loader=FileSystemLoader(WEB / "pages"), autoescape=True)
        html = pages.get_template("chat.html").render(
            said=SAID, business=self.business, languages=["pt", "en", "es"], version="0.0.0"
        )
        page = web.Response(text=html, content_type="text/html")
        page.headers["Content-Security-Policy"] = POLICY
        page.headers["X-Content-Type-Options"] = "nosniff"
        page.set_cookie("visitor", "one", httponly=True, samesite="Lax")
        return page

    async def _events(self, request: web.Request) -> web.StreamResponse:
        if self.deaf:
            return web.Response(status=503)
        after = request.headers.get("Last-Event-ID") or request.query.get("after")
        self.after.append(after)
        stream = web.StreamResponse(headers={"Cache-Control": "no-store"})
        stream.content_type = "text/event-stream"
        await stream.prepare(request)
        listener: asyncio.Queue[Event | None] = asyncio.Queue()
        for message in self.messages:
            if not after or int(message["id"]) > int(after):
                listener.put_nowait(("message", message["id"], message))
        listener.put_nowait(("ready", "", {}))
        self._listeners.add(listener)
        try:
            while (event := await listener.get()) is not None:
                name, number, data = event
                line = f"id: {number}\n" if number else ""
                block = f"event: {name}\n{line}data: {json.dumps(data)}\n\n".encode()
                await stream.write(block * (2 if self.stutter else 1))
        except ConnectionError:
            pass  # the page went away
        finally:
            self._listeners.discard(listener)
        return stream

    async def _post(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.posts.append(body)
        if self.slow:
            await asyncio.sleep(self.slow)
        if self.refuse:
            status = self.refuse.pop(0)
            error = {"code": "refused", "message": "<b>no</b>"}
            return web.json_response({"error": error}, status=status)
        known = any(message["key"] == body["id"] for message in self.messages)
        if not known:
            self.hear(body["text"], key=body["id"])
            for answer in self.answer(body["text"]):
                text, buttons = (answer, ()) if isinstance(answer, str) else answer
                self.say(text, buttons=buttons)
        if self.lose_replies:
            self.lose_replies -= 1
            assert request.transport is not None
            request.transport.abort()
        reply = {"id": body["id"], "conversation": "web:one", "duplicate": known}
        return web.json_response(reply, status=200 if known else 202)


async def _look(port: int) -> None:
    desk = StandIn(answer=lambda text: [(f"Você disse: {text}", ["Sim", "Não"])])
    await desk.start(port)
    print(desk.url)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_look(int(sys.argv[1])))
