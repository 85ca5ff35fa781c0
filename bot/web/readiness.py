"""Whether a load balancer should send anything here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.intake.load import Load

READY, OVERLOADED, LEAVING = "ready", "overloaded", "leaving"


@dataclass(slots=True)
class Readiness:
    """What /readyz says without asking the ledger. Everything is served all the same."""

    load: Load
    workers: Callable[[], int] = lambda: 1  # how many processes decide turns
    is_leaving: bool = False

    def leave(self) -> None:
        """The program is about to end: whoever has another desk should ask that one."""
        self.is_leaving = True

    @property
    def state(self) -> str:
        """READY, OVERLOADED or LEAVING."""
        if self.is_leaving:
            return LEAVING
        return OVERLOADED if self.load.overloaded else READY
