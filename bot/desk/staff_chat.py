"""A staff chat on a messenger: nobody is seen sitting there, but what arrives is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StaffChatSurface:
    """A case is in front of somebody if the chat took the last message that left for it."""

    reachable: Callable[[], bool | None]  # what the platform said last; None: not asked yet
    took_last: Callable[[], Awaitable[bool | None]]  # None: nothing has left for it yet

    async def can_see(self, now: float) -> bool:
        reachable = self.reachable()
        return bool(await self.took_last()) if reachable is None else reachable
