"""A small endpoint that a sender could have: checks signatures, answers as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from tests.twilio_api.webhook import TOKEN_HEADER, Form


def good() -> web.Response:
    """What Twilio wants to hear."""
    return web.Response(text="<Response/>", content_type="text/xml")


@dataclass(frozen=True, slots=True)
class Posted:
    """One request."""

    path: str  # with its query
    form: Form
    token: str  # I-Twilio-Idempotency-Token
    genuine: bool
    settings: str = ""  # of a signature with a SharedKey

    @property
    def status(self) -> str:
        return self.form.get("MessageStatus", "")


@dataclass
class Endpoint:
    """Takes down what comes."""

    auth_token: str
    url: str = ""
    public: str = ""  # what requests are signed for, where that is not `url`
    got: list[Posted] = field(default_factory=list)
    answers: list[web.Response | None] = field(default_factory=list)  # None: cut; then good ones
    seconds: float = 0.0  # to think about each
    inside: int = 0
    most_inside: int = 0

    @property
    def messages(self) -> list[Posted]:
        return [posted for posted in self.got if not posted.status]

    @property
    def statuses(self) -> list[str]:
        return [posted.status for posted in self.got if posted.status]

    async def serve(self, request: web.Request) -> web.Response:
        form = await request.post()
        url = (self.public or self.url).removesuffix("/hooks/whatsapp") + request.path_qs
        signature = request.headers.get(SIGNATURE_HEADER, "")
        settings = request.headers.get(SIGNATURE_SETTINGS_HEADER, "")
        algorithm = get_signature_algorithm(settings)
        genuine = RequestValidator(self.auth_token).validate(url, form, signature, algorithm)
        fields = {name: str(value) for name, value in form.items()}
        token = request.headers.get(TOKEN_HEADER, "")
        self.got.append(Posted(request.path_qs, fields, token, genuine, settings))
        self.inside += 1
        self.most_inside = max(self.inside, self.most_inside)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.inside -= 1
        answer = self.answers.pop(0) if self.answers else good()
        if answer is None and request.transport:
            request.transport.abort()
        return answer or good()


@asynccontextmanager
async def serving(auth_token: str) -> AsyncIterator[Endpoint]:
    """An endpoint at /hooks/whatsapp, and for status callbacks at /hooks/whatsapp/status."""
    endpoint = Endpoint(auth_token)
    app = web.Application()
    app.router.add_post("/hooks/whatsapp", endpoint.serve)
    app.router.add_post("/hooks/whatsapp/status", endpoint.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoint.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/whatsapp"
    yield endpoint
    await runner.cleanup()
