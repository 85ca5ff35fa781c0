"""The way out: a load balancer hears of it before the socket closes."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from dataclasses import dataclass, field


@dataclass(slots=True)
class Leaving:
    """When the program is to end, and whether it may take its time.

    SIGTERM comes from whoever runs the program, maybe with a load balancer before it. SIGINT is
    Ctrl+C, and any second signal is somebody who does not want to wait.
    """

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    _at_once: asyncio.Event = field(default_factory=asyncio.Event)

    def signalled(self, number: int) -> None:
        """Handles a signal."""
        if number == signal.SIGINT or self.asked.is_set():
            self._at_once.set()
        self.asked.set()

    async def drained(self, seconds: float) -> None:
        """Return after so many seconds, or as soon as nobody wants to wait any more."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._at_once.wait()
