"""Whether the desk is alive, and whether it is ready for messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import __version__
from bot.errors import LedgerError
from bot.web.readiness import READY, Readiness
from bot.web.status import Platforms

DAMAGED = "damaged"  # as in ledger/soundness.py
REFUSES = "takes nothing"  # as in ledger/ledger.py


@dataclass(frozen=True, slots=True)
class Health:
    """/healthz and /readyz."""

    backlog: Callable[[], Awaitable[dict[str, int]]]  # raises LedgerError
    platforms: Platforms
    models: Platforms
    readiness: Readiness
    database: Callable[[], str]  # what is known of it

    def routes(self) -> list[Route]:
        return [
            Route("/healthz", self.alive, methods=["GET"]),
            Route("/readyz", self.ready, methods=["GET"]),
        ]

    async def alive(self, request: Request) -> Response:
        """The process runs and its loop turns."""
        return JSONResponse({"status": "ok", "version": __version__})

    async def ready(self, request: Request) -> Response:
        """The ledger answers; shows how much is waiting, and how the platforms stand.

        A platform or a model that fails does not make the desk unready: other doors are open, and
        rules and people answer. One that leaves, or has more than it can do, is not ready.
        """
        if (state := self.readiness.state) != READY:
            return JSONResponse({"status": state}, 503)
        try:
            waiting = await self.backlog()
        except LedgerError:
            return JSONResponse({"status": "unavailable", "ledger": "does not answer"}, 503)
        if (state := self.database()) in (DAMAGED, REFUSES):
            # Whatever is stored now may be lost with the file, or nothing can be stored.
            return JSONResponse({"status": "unavailable", "ledger": state}, 503)
        platforms = {name: dict(said) for name, said in self.platforms().items()}
        models = {name: said["state"] for name, said in self.models().items()}
        states = {"models": models} if models else {}
        # Without a worker this process is ready all the same: what it takes in is safe.
        workers = self.readiness.workers()
        known = {"status": "ready", "backlog": waiting, "workers": workers}
        return JSONResponse({**known, **platforms, **states})
