"""Whether the desk is alive, and whether it is ready for messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import __version__
from bot.errors import LedgerError
from bot.web.status import Platforms


@dataclass(frozen=True, slots=True)
class Health:
    """/healthz and /readyz."""

    backlog: Callable[[], Awaitable[dict[str, int]]]  # raises LedgerError
    platforms: Platforms

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

        A platform that fails does not make the desk unready: the other doors are open.
        """
        try:
            waiting = await self.backlog()
        except LedgerError:
            return JSONResponse({"status": "unavailable", "ledger": "does not answer"}, 503)
        platforms = {name: dict(said) for name, said in self.platforms().items()}
        return JSONResponse({"status": "ready", "backlog": waiting, **platforms})
