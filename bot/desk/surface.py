"""What the road has to know about the people's side: can anybody see a case right now?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class StaffSurface(Protocol):
    """The places where staff see cases, taken together."""

    async def can_see(self, now: float) -> bool:
        """Whether a case opened at `now` (Unix time) is in front of somebody.

        True when a staff chat took its last message, or a staff surface was connected in the
        last 15 minutes. Only then may a customer be promised a person.
        """
        ...


@dataclass(frozen=True, slots=True)
class AnySurface:
    """Several places where staff look: one that sees it is enough."""

    surfaces: tuple[StaffSurface, ...]

    async def can_see(self, now: float) -> bool:
        for surface in self.surfaces:
            if await surface.can_see(now):
                return True
        return False
