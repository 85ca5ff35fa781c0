"""How things stand at the moment of a scrape, read from whoever knows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from bot.errors import LedgerError
from bot.monitor.labels import BACKLOG, BREAKERS, CASES, known
from bot.prompt import NANO

READ_SECONDS = 2.0  # a scrape does not wait longer for the ledger
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Levels:
    """Present figures. None: the ledger did not answer, so nothing is shown."""

    backlog: Mapping[str, int] | None = None  # messages not finished, by state
    cases: Mapping[str, int] | None = None  # open ones, by status
    spent: int | None = None  # today, billionths of a US dollar
    cap: int | None = None  # of a day; None: there is none
    breakers: Mapping[str, str] = field(default_factory=dict)  # state by model
    platforms: Mapping[str, bool] = field(default_factory=dict)  # whether it answers, by name

    def collect(self) -> Iterable[Metric]:
        """As gauges; what is not known is left out."""
        if self.backlog is not None:
            yield _gauge(
                "backlog_messages",
                "Messages not finished, by state.",
                "state",
                {state: self.backlog.get(state, 0) for state in BACKLOG},
            )
        if self.cases is not None:
            found = dict.fromkeys(("waiting", "claimed"), 0)
            for status, n in self.cases.items():
                found[known(status, CASES)] = n
            yield _gauge("open_cases", "Open cases, by status.", "status", found)
        if self.spent is not None:
            spent = self.spent / NANO
            about = "What of today's cap is spent or set aside, in US dollars."
            yield _plain("spent_today_usd", about, spent)
        if self.cap is not None:
            cap = self.cap / NANO
            yield _plain("budget_day_usd", "What models may cost a day, in US dollars.", cap)
        if self.breakers:
            yield _breakers(self.breakers)
        if self.platforms:
            up = {name: int(ok) for name, ok in self.platforms.items()}
            yield _gauge("platform_up", "Whether a platform answers us: 1 or 0.", "platform", up)


@dataclass(frozen=True, slots=True)
class Gauges:
    """Where the present figures are read. Those of the ledger raise LedgerError."""

    backlog: Callable[[], Awaitable[Mapping[str, int]]]
    cases: Callable[[], Awaitable[Mapping[str, int]]]
    spent: Callable[[], Awaitable[int | None]]  # None: nobody counts it, for there is no cap
    cap: int | None
    breakers: Callable[[], Mapping[str, str]]
    platforms: Callable[[], Mapping[str, bool]]

    async def read(self) -> Levels:
        """All of them, those of the ledger only as far as it answers in time."""
        backlog, cases, spent = await asyncio.gather(
            _told(self.backlog), _told(self.cases), _told(self.spent)
        )
        return Levels(backlog, cases, spent, self.cap, self.breakers(), self.platforms())


async def _told(ask: Callable[[], Awaitable[T]]) -> T | None:
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await ask()
    except (LedgerError, TimeoutError):
        return None


def _gauge(name: str, about: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(f"nightdesk_{name}", about, labels=[label])
    for word, value in values.items():
        family.add_metric([word], value)
    return family


def _plain(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"nightdesk_{name}", about, value=value)


def _breakers(breakers: Mapping[str, str]) -> Metric:
    """One series for each state, 1 for the one it is in: easy to draw and to alert on."""
    family = GaugeMetricFamily(
        "nightdesk_breaker_state",
        "The breaker before a model: 1 for the state it is in, 0 for the others.",
        labels=["model", "state"],
    )
    for model, state in breakers.items():
        for each in BREAKERS:
            family.add_metric([model, each], int(state == each))
    return family
