"""Staff who have a terminal desk open: the staff surface that needs no platform."""

from __future__ import annotations

from dataclasses import dataclass

from bot.desk.cases import Cases


@dataclass(frozen=True, slots=True)
class ConnectedDesk:
    """Somebody sees a case if a staff surface was connected a short while ago."""

    cases: Cases
    seconds: float  # for how long a connection counts

    async def can_see(self, now: float) -> bool:
        # A sighting in the future means that the clock went back: it proves nothing.
        return 0.0 <= now - await self.cases.last_seen() <= self.seconds
