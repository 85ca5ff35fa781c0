"""GET /metrics: figures for a Prometheus on the same network, never for the world."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

# Whoever comes from outside comes through a proxy, and most of them say so.
PROXIES = frozenset(
    {
        "forwarded",
        "via",
        "x-real-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-original-forwarded-for",
        "true-client-ip",
        "cf-connecting-ip",
        "fly-client-ip",
    }
)
PROXY_PREFIX = "x-forwarded-"


@dataclass(frozen=True, slots=True)
class MetricsPage:
    """The figures as text."""

    render: Callable[[], Awaitable[tuple[bytes, str]]]  # the text and its content type

    def routes(self) -> list[Route]:
        return [Route("/metrics", self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        """All of them; 404, as if nothing were here, for what a proxy passes on.

        A trusted proxy's mark says just that, so it makes no difference here.
        """
        names = {name.lower() for name in request.headers}
        if names & PROXIES or any(name.startswith(PROXY_PREFIX) for name in names):
            raise HTTPException(404)
        text, content_type = await self.render()
        return Response(text, headers={"Content-Type": content_type, "Cache-Control": "no-store"})
