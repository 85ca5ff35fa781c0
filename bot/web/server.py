"""Two HTTP servers in one loop: the public one on TCP, the operator's on a Unix socket."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar, Protocol

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from bot.proxies import both_ways
from bot.web.answers import broken, not_found

CLOSE_SECONDS = 5
log = structlog.get_logger()
BACKLOG = 2_048


Application = Starlette


class Hook(Protocol):
    """Where a platform delivers."""

    channel: ClassVar[str]

    async def reread(self, body: bytes) -> None:
        """Take what nobody could read once more; what is put away again was not read again."""
        ...

    def routes(self) -> Sequence[BaseRoute]:
        """What of it is served."""
        ...


def application(routes: Sequence[BaseRoute], trusted: Sequence[str] = ()) -> Application:
    """An application of these routes, whose every refusal is JSON.

    `trusted` are addresses and networks of proxies: of what they pass on, X-Forwarded-Proto and
    X-Forwarded-For are believed. Nobody else's are.
    """
    believing = Middleware(ProxyHeadersMiddleware, trusted_hosts=both_ways(trusted))
    return Starlette(
        routes=list(routes),
        middleware=[believing] if trusted else [],
        exception_handlers={404: not_found, 405: not_found, 500: broken},
    )


class _NamesOnly(logging.Handler):
    """uvicorn's errors by name: its tracebacks may show what a customer wrote."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, asyncio.CancelledError):  # a stream let go when we stop
            log.error("server", said=str(record.msg)[:80], error=type(error).__name__)


def _quiet_uvicorn() -> None:
    logger = logging.getLogger("uvicorn.error")
    logger.handlers = [_NamesOnly(logging.ERROR)]
    logger.propagate = False


class Server(uvicorn.Server):
    """uvicorn without its signal handlers: the program stops it in its own order."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def __init__(self, app: Starlette, listening: socket.socket) -> None:
        _quiet_uvicorn()
        super().__init__(
            uvicorn.Config(
                app,
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # uvicorn alone would believe whatever runs on this machine
                timeout_graceful_shutdown=CLOSE_SECONDS,
            )
        )
        self._listening = listening
        self._ready = asyncio.Event()
        self._leave = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return once connections are taken."""
        self._task = asyncio.create_task(self.serve(sockets=[self._listening]))
        await self._ready.wait()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self._ready.set()

    async def main_loop(self) -> None:
        """As uvicorn's, which renews the date header ten times a second, but leaves at once."""
        tick = 0
        while not await self.on_tick(tick):
            tick = (tick + 1) % 864_000
            with suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await self._leave.wait()

    async def stop(self) -> None:
        """Answer what is under way, then close."""
        self.should_exit = True
        self._leave.set()
        if self._task is not None:
            await self._task
        self._listening.close()


def listen_tcp(host: str, port: int) -> socket.socket:
    """A listening TCP socket. Raises OSError when the port is taken or the host is unknown."""
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def listen_local(path: Path) -> socket.socket:
    """A listening Unix socket, open to this user alone (0600) from its first moment."""
    with suppress(FileNotFoundError):
        path.unlink()  # left by a killed process: the caller holds the database's lock
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        listening.bind(str(path))
    finally:
        os.umask(mask)
    listening.listen(BACKLOG)
    return listening
