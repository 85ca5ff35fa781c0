"""Says once a minute that the desk is open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from bot.clock import Clock, Seconds
from bot.errors import LedgerError

log = structlog.get_logger()

MINUTE: Seconds = 60.0
INTO_THE_MINUTE: Seconds = 0.5  # past its beginning, for a sleep may end a little early


class Heartbeat:
    """A task for as long as the desk is open."""

    def __init__(self, beat: Callable[[Seconds], Awaitable[None]], clock: Clock) -> None:
        self._beat = beat  # raises LedgerError
        self._clock = clock

    async def run(self) -> None:
        """Beat at once and then in each minute, until cancelled.

        A minute in which the ledger takes nothing stays without: the desk was not open then.
        """
        while True:
            try:
                await self._beat(self._clock.now())
            except LedgerError as error:
                log.error("heartbeat_missed", error=type(error).__name__)
            await self._clock.sleep(MINUTE - self._clock.now() % MINUTE + INTO_THE_MINUTE)
