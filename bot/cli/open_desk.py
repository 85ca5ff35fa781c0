"""`nightdesk serve` and `nightdesk worker`: read everything, open, and say so."""

from __future__ import annotations

from bot.cli.greeting import greeting, greeting_of_a_worker
from bot.cli.log import configure_logging
from bot.cli.running import run, say
from bot.fleet.role import Role
from bot.monitor.error_reports import ErrorReports


def open_desk(role: Role, host: str | None = None, port: int | None = None) -> None:
    """Serve in this role until SIGTERM or Ctrl+C."""
    reports = ErrorReports()

    async def opened() -> None:
        from bot.plan import read_plan
        from bot.serving import serve

        plan = read_plan().listening_at(host, port)

        def now_open(taken: int) -> None:
            if role is Role.WORKER:
                say("\n".join(greeting_of_a_worker(plan)))
            else:
                say("\n".join(greeting(plan, taken, answers=role.answers)))

        await serve(plan, now_open, reports, role)

    configure_logging("info", reports)
    run(opened)
