"""One clock for a whole fleet: the database's, whatever those of the machines say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import monotonic

from bot.clock import Clock, Seconds

LONGEST_TRIP: Seconds = 1.0  # a time that took longer to come says too little


class DatabaseClock:
    """Goes on from the last time that the database told, over outages and set-back clocks."""

    def __init__(self, base: Clock, ask: Callable[[], Awaitable[Seconds]]) -> None:
        """`ask` tells the database's Unix time. Until it has, `base` counts."""
        self._base = base
        self._ask = ask
        self._told: Seconds | None = None
        self._at = 0.0  # on the machine's monotonic clock

    async def sync(self) -> None:
        """Ask for the time. Raises LedgerError."""
        before = monotonic()
        told = await self._ask()
        after = monotonic()
        if self._told is None or after - before <= LONGEST_TRIP:
            self._told, self._at = told, (before + after) / 2

    def now(self) -> Seconds:
        """Unix time."""
        if self._told is None:
            return self._base.now()
        return self._told + (monotonic() - self._at)

    def as_clock(self) -> Clock:
        """The same for whoever is handed a clock."""
        return Clock(self.now, self._base.sleep, self._base.seed)
