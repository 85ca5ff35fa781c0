"""What `nightdesk status` asks: how the desk and its platforms stand. Numbers, never words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import __version__
from bot.clock import Clock
from bot.desk.standing import Standing
from bot.web.answers import translated

FAILURES_SECONDS = 86_400.0  # over which failures are counted

# What platforms or models say about themselves, by name.
Platforms = Callable[[], Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Status:
    """A route of the local socket."""

    standing: Callable[[float], Awaitable[Standing]]
    platforms: Platforms
    models: Platforms
    spending: Callable[[], Awaitable[Mapping[str, float]]]
    clock: Clock
    opened_at: float  # Unix time

    def routes(self) -> list[Route]:
        return [Route("/status", translated(self.status), methods=["GET"])]

    async def status(self, request: Request) -> Response:
        """Everything at once."""
        now = self.clock.now()
        found = await self.standing(now - FAILURES_SECONDS)
        return JSONResponse(
            {
                "version": __version__,
                "open_seconds": max(0, round(now - self.opened_at)),
                "backlog": dict(found.backlog),
                "cases": dict(found.cases),
                "failures_24h": dict(found.failures),
                "quarantined_24h": found.quarantined,
                "dead_letters": dict(found.dead_letters),
                "database": found.database,
                "platforms": {name: dict(said) for name, said in self.platforms().items()},
                "models": {name: dict(said) for name, said in self.models().items()},
                "spending": dict(await self.spending()),
            }
        )
