"""What models add to a desk: which ones are on, what they may cost, what they may know."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from bot.clock import Clock
from bot.facts.sources import FactSources, without_words
from bot.ledger.ledger import Ledger
from bot.plan import Plan
from bot.prompt import NANO
from bot.providers.room import ModelRoom
from bot.words.amounts import prepare
from handlers.ask_models import Measure, kept_of

log = structlog.get_logger()


class WithModels:
    """The models of one desk and the sources of facts."""

    def __init__(self, plan: Plan, ledger: Ledger, clock: Clock) -> None:
        """Raises ConfigError when a source of facts cannot be opened."""
        settings = plan.settings
        self._ledger = ledger
        self._clock = clock
        self._budget = settings.budget
        self._languages = plan.book.languages
        self._entries = settings.facts
        self._preparing: asyncio.Task[None] | None = None
        self._zone = ZoneInfo(plan.book.hours.timezone)
        self.facts = FactSources.opened(
            settings.facts, plan.folder, clock, seconds=settings.deadlines.fact_seconds
        )
        seconds = settings.deadlines.turn_seconds
        self.room = ModelRoom(
            plan.models,
            settings.budget,
            seconds - kept_of(seconds),  # also where the clock goes back meanwhile
            ledger,
            clock,
            lambda at: self._day(at).isoformat(),
        )
        self.measure = Measure(
            calls=settings.budget.calls_per_turn,
            memory_tokens=settings.memory.tokens,
            answer_tokens=settings.budget.answer_tokens,
        )

    def _say_what_lacks(self) -> None:
        """Once at the start: amounts that the checks cannot recognise in some language."""
        for name, languages in without_words(self._entries, self._languages).items():
            log.warning("fact_without_labels", fact=name, languages=",".join(languages))

    async def look_back(self) -> None:
        """Before the first call: what today's turns have cost counts against a cap."""
        if self._budget.usd_per_day is None:
            return
        today = self._day(self._clock.now())
        midnight = datetime.combine(today, time(), self._zone).timestamp()
        await self._ledger.at_least_recorded(today.isoformat(), midnight)

    def open(self) -> None:
        """Load what takes long, in the background."""
        self._say_what_lacks()
        self.room.open()
        if self.facts.sources:  # a first amount would hold up everybody for 50 ms
            self._preparing = asyncio.create_task(asyncio.to_thread(prepare, self._languages))

    async def close(self) -> None:
        """End every connection."""
        if self._preparing is not None:
            await self._preparing
        await self.room.close()
        await self.facts.close()

    def health(self) -> Mapping[str, Mapping[str, Any]]:
        """How each model does."""
        return self.room.health()

    async def spending(self) -> Mapping[str, float]:
        """What today's cap is and what of it is used; empty without a cap. Raises LedgerError."""
        cap = self._budget.usd_per_day
        if cap is None or not self.room.names:
            return {}
        return {"spent_usd": await self.spent_today() / NANO, "cap_usd": cap}

    async def spent_today(self) -> int:
        """What counts as spent of today's cap, in billionths of a US dollar. Raises LedgerError."""
        return await self._ledger.spent(self._day(self._clock.now()).isoformat())

    def _day(self, at: float) -> date:
        """The date where the business is: its budget begins anew at its midnight."""
        return datetime.fromtimestamp(at, self._zone).date()
