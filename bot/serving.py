"""From the first connection to the last: how a process opens its doors and closes them."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable

import structlog

from bot.app import opened
from bot.errors import CannotListen
from bot.fleet.role import Role
from bot.monitor.error_reports import ErrorReports
from bot.plan import Plan
from bot.web.leaving import Leaving
from bot.web.server import Server, listen_tcp
from bot.with_monitor import ErrorReporting

log = structlog.get_logger()


async def serve(
    plan: Plan,
    now_open: Callable[[int], None],
    reports: ErrorReports | None = None,
    role: Role = Role.DESK,
) -> None:
    """Serve until SIGTERM or SIGINT; `now_open` is told the port once connections are taken.

    After SIGTERM everything is served for `web.drain_seconds` more, but /readyz says 503. A worker
    takes no connections, and its port is 0. `reports` gather errors for Sentry. Raises
    CannotListen besides what `opened` raises.
    """
    leaving = Leaving()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, leaving.signalled, number)
    async with opened(plan, load=False, role=role) as app:
        listening = None if role is Role.WORKER else _listen(plan)
        public = Server(app.public, listening) if listening else None
        if public:
            await public.start()
        app.load()
        now_open(listening.getsockname()[1] if listening else 0)
        reporting = ErrorReporting(plan, reports or ErrorReports())
        try:
            await leaving.asked.wait()
            app.readiness.leave()
            log.info("closing")
            if public:  # a worker has no door that a load balancer would have to be told of
                await leaving.drained(plan.settings.web.drain_seconds)
        finally:
            # Messages are still stored while the last turns finish; pages are let go first,
            # for a stream that stays open would hold the server.
            await app.stop_taking()
            if public:
                await public.stop()
            await reporting.close()


def _listen(plan: Plan) -> socket.socket:
    host, port = plan.environment.host, plan.environment.port
    try:
        return listen_tcp(host, port)
    except OSError as error:
        raise CannotListen(
            f"cannot listen on {host}:{port}: {error.strerror or error}; set HOST and PORT"
        ) from error
