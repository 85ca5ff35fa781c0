"""Money around a call: the most it can cost is counted before it, what it did cost after it.

A kill in between, a cancelled turn or a call that broke off leaves the larger figure: what may
have been billed counts as spent. Without a cap the purse is left alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import structlog

from bot.clock import Clock
from bot.model_settings import Budget
from bot.prompt import NANO, Prompt
from bot.providers.ports import Access, Purse
from bot.providers.prices import PriceBook

log = structlog.get_logger()

CLOSE_SECONDS = 5.0  # for corrections that are still on their way to the ledger


@dataclass(frozen=True, slots=True)
class Reservation:
    """What was counted before a call."""

    day: str
    amount: int  # billionths of a dollar; 0: the purse was not touched


NOTHING = Reservation("", 0)


@dataclass(frozen=True, slots=True)
class Cap:
    """What may be spent in a day."""

    amount: int | None  # billionths of a dollar; None: as much as the models ask for
    unpriced: Literal["allow", "refuse"]

    @classmethod
    def of(cls, budget: Budget) -> Cap:
        """The cap that config.yaml states."""
        dollars = budget.usd_per_day
        amount = None if dollars is None else int(Decimal(str(dollars)) * NANO)
        return cls(amount, budget.unpriced)


class Spending:
    """Reserves and corrects; corrections reach the ledger beside the answer, not before it."""

    def __init__(
        self,
        purse: Purse,
        prices: PriceBook,
        cap: Cap,
        clock: Clock,
        day_of: Callable[[float], str],
    ) -> None:
        """`day_of` tells the business's day of a Unix time."""
        self.prices = prices
        self._purse = purse
        self._cap = cap
        self._clock = clock
        self._day_of = day_of
        self._running: set[asyncio.Task[None]] = set()
        self._said = ""  # the day of which it was said that its budget leaves no room

    async def reserve(
        self, access: Access, prompt: Prompt, seconds: float
    ) -> Reservation | Literal["budget", "unpriced"]:
        """Count the most that the call can cost, or say why it may not be made.

        "budget": the day's cap leaves no room for it, or the ledger does not answer within so many
        seconds. "unpriced": there is a cap, and nobody knows what the call may cost.
        """
        cap = self._cap.amount
        if cap is None:
            return NOTHING
        amount = self.prices.most(access, prompt)
        if amount is None:
            return NOTHING if self._cap.unpriced == "allow" else "unpriced"
        if amount == 0:
            return NOTHING  # what costs nothing needs no budget
        wanted = Reservation(self._day_of(self._clock.now()), amount)
        asked = asyncio.ensure_future(self._purse.reserve(wanted.day, amount, cap))
        heard = False
        try:
            async with asyncio.timeout(seconds):
                granted = await asyncio.shield(asked)
            heard = True
        except Exception as error:  # noqa: BLE001  # no money is spent while nobody counts it
            log.error("budget_not_known", model=access.name, error=type(error).__name__)
            return "budget"
        finally:
            if not heard:  # it may be counted all the same, for a call that nobody makes
                self._beside(self._undo(asked, wanted))
        if not granted:
            self._say_full(wanted.day)
        return wanted if granted else "budget"

    def settle(self, reserved: Reservation, cost: int) -> None:
        """The call cost so much; the purse hears of it soon, even if the turn ends now."""
        if reserved.amount and cost != reserved.amount:
            self._beside(self._correct(reserved.day, cost - reserved.amount))

    async def close(self) -> None:
        """Wait for the last corrections, but not for long."""
        if self._running:
            _, late = await asyncio.wait(set(self._running), timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _say_full(self, day: str) -> None:
        """Once a day. What is set aside for calls under way counts too, and may come back."""
        if day != self._said:
            self._said = day
            log.warning("budget_leaves_no_room", day=day)

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _undo(self, asked: asyncio.Future[bool], wanted: Reservation) -> None:
        try:
            counted = await asked
        except Exception:  # noqa: BLE001  # nothing was stored; said already
            return
        if counted:
            await self._correct(wanted.day, -wanted.amount)

    async def _correct(self, day: str, difference: int) -> None:
        try:
            await self._purse.correct(day, difference)
        except Exception as error:  # noqa: BLE001  # nobody waits for this task
            # The larger figure stays: at the worst the cap is reached too early, never too late.
            name = type(error).__name__
            log.error("spending_not_corrected", day=day, difference=difference, error=name)
