"""What can be seen of a desk from outside: figures at /metrics, a heartbeat, error reports."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

from bot import __version__
from bot.clock import Clock
from bot.intake.ports import Accepted, Admission
from bot.ledger.ledger import Ledger
from bot.model import Limit
from bot.monitor.error_reports import ErrorReports
from bot.monitor.heartbeat import Heartbeat
from bot.monitor.levels import Gauges
from bot.monitor.metrics import Metrics
from bot.monitor.sentry import report_to_sentry
from bot.plan import Plan
from bot.prompt import NANO
from bot.record import Responded
from bot.with_models import WithModels

States = Callable[[], Mapping[str, Mapping[str, Any]]]


class WithMonitor:
    """The figures of one desk. What has happened is told to it; how things stand it reads."""

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger,
        models: WithModels,
        platforms: States,
        pulled: Collection[str],
        clock: Clock,
    ) -> None:
        self.metrics = Metrics(__version__, models.room.names, pulled)
        self._is_on = plan.settings.monitor.metrics
        self._ledger = ledger
        self._clock = clock
        self._models = models
        self._platforms = platforms
        cap = plan.settings.budget.usd_per_day
        self._gauges = Gauges(
            backlog=ledger.backlog,
            cases=self._cases,
            spent=self._spent,
            cap=None if cap is None else int(cap * NANO),
            breakers=self._breakers,
            platforms=self._up,
        )
        self._beating: asyncio.Task[None] | None = None

    @property
    def page(self) -> Callable[[], Awaitable[tuple[bytes, str]]] | None:
        """What /metrics shows; None where it is switched off."""
        return self._render if self._is_on else None

    def accepted(self, channel: str, accepted: Accepted) -> None:
        """A message came in; most are counted when their turn is settled."""
        if accepted.admission is Admission.REFUSED:
            self.metrics.refused(channel)
        elif accepted.admission is Admission.NEW and accepted.limit is Limit.SILENT:
            self.metrics.limited(channel)

    def responded(self, responded: Responded) -> None:
        """The first part of an answer has left."""
        self.metrics.responded(responded.channel, responded.response, responded.sending)

    def open(self) -> None:
        """From now on the desk counts as up."""
        self._beating = asyncio.create_task(Heartbeat(self._ledger.beat, self._clock).run())

    async def close(self) -> None:
        """The desk is up no more."""
        if self._beating is not None:
            self._beating.cancel()
            with suppress(asyncio.CancelledError):
                await self._beating

    async def _render(self) -> tuple[bytes, str]:
        return self.metrics.render(await self._gauges.read())

    async def _cases(self) -> Mapping[str, int]:
        return (await self._ledger.standing(self._clock.now())).cases

    async def _spent(self) -> int | None:
        """None without a cap: nothing is reserved then, so the day's purse holds nothing."""
        return None if self._gauges.cap is None else await self._models.spent_today()

    def _breakers(self) -> Mapping[str, str]:
        return {name: str(said["state"]) for name, said in self._models.health().items()}

    def _up(self) -> Mapping[str, bool]:
        return {name: bool(said.get("ok")) for name, said in self._platforms().items()}


class ErrorReporting:
    """Sentry beside a serving desk: loaded once the doors are open, flushed when they close."""

    def __init__(self, plan: Plan, reports: ErrorReports) -> None:
        dsn = plan.environment.sentry_dsn.get_secret_value()
        self._starting = asyncio.create_task(report_to_sentry(dsn, __version__, reports))

    async def close(self) -> None:
        """Send what is left, for a short while at the most."""
        sentry = await self._starting
        if sentry is not None:
            await asyncio.to_thread(sentry.close)
