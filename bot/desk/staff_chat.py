"""A staff chat on a messenger: nobody is seen sitting there, but what arrives is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StaffChatSurface:
    """A case is in front of somebody if the chat took the last message that left for it."""

    took_last: Callable[[], Awaitable[bool | None]]  # None: nothing has left for it yet
    reachable: Callable[[], bool]  # what the platform says, before anything was ever sent

    async def can_see(self, now: float) -> bool:
        took = await self.took_last()
        return self.reachable() if took is None else took
