"""getUpdates: one long poll at a time, confirmed by the offset of the next."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.telegram_api.errors import ApiError
from tests.telegram_api.updates import Updates

OTHER_POLL = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)
LONGEST = 50  # seconds


class Polling:
    """The poll that waits, if one does."""

    def __init__(self, updates: Updates) -> None:
        self._updates = updates
        self._current: asyncio.Future[None] | None = None
        updates.listeners.append(self._wake)

    async def get(self, offset: int, limit: int, timeout: float) -> list[dict[str, Any]]:
        """What waits from `offset` on, at most `limit`; waits up to `timeout` seconds for it."""
        self.end(OTHER_POLL)
        self._confirm(offset)
        loop = asyncio.get_running_loop()
        until = loop.time() + min(timeout, LONGEST)
        while not (batch := self._updates.batch(min(max(limit, 1), 100))):
            left = until - loop.time()
            if left <= 0:
                break
            mine = self._current = loop.create_future()
            try:
                async with asyncio.timeout(left):
                    await mine
            except TimeoutError:
                break
            finally:
                if self._current is mine:
                    self._current = None
        for update in batch:
            update.posted.append(loop.time())
        return [update.payload for update in batch for _ in range(self._updates.copies)]

    @property
    def is_waiting(self) -> bool:
        return self._current is not None and not self._current.done()

    def end(self, reason: str = "") -> None:
        """Stop the poll that waits: with a 409 and that reason, or with nothing found."""
        if self._current is not None and not self._current.done():
            if reason:
                self._current.set_exception(ApiError(409, reason))
            else:
                self._current.set_result(None)

    def _confirm(self, offset: int) -> None:
        waiting = self._updates.pending
        keep = len(waiting) if offset >= 0 else -offset
        for place, update in enumerate(waiting):
            if update.id < offset or place < len(waiting) - keep:
                self._updates.finish(update)

    def _wake(self, queue: str) -> None:
        if self._current is not None and self._updates.first(queue) is not None:
            self.end()
