"""Deliveries of a platform that asks only once: they are held until they can be stored.

Twilio waits 15 seconds for an answer and drops a message that is refused, unless told otherwise
(its "Webhooks: connection overrides"). A database that is busy is waited for; 503 comes last.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog

from bot.errors import LedgerError

log = structlog.get_logger()


MOST_HELD = 2_000  # deliveries at a time; each has a connection, a task and some kilobytes


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a delivery is held. Seconds, counted from when its request began."""

    pause: float = 0.25  # between two attempts
    try_until: float = 13.0  # no further attempt is begun after that
    answer_by: float = 14.0  # whatever is still under way


@dataclass(slots=True)
class _Line:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: int = 0


class Holding:
    """Takes deliveries one at a time of each line, as often as it needs within the time."""

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._lines: dict[str, _Line] = {}
        self._tasks: set[asyncio.Task[bool]] = set()

    async def take(self, line: str, attempt: Callable[[], Awaitable[None]], begun: float) -> bool:
        """Whether it was taken in time; `begun` is the loop's time when the request came.

        An attempt under way goes on after that, and may yet succeed: nothing is gained by losing
        a message because its sender heard 503. An attempt may raise LedgerError and nothing else.
        Where too many are held already it is not taken at all.
        """
        if len(self._tasks) >= MOST_HELD:
            return False
        task = asyncio.create_task(self._take(line, attempt, begun))
        self._tasks.add(task)  # a task that nobody holds may vanish
        task.add_done_callback(self._done)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(begun + self._patience.answer_by):
                return await asyncio.shield(task)
        return False

    async def _take(self, line: str, attempt: Callable[[], Awaitable[None]], begun: float) -> bool:
        loop = asyncio.get_running_loop()
        async with self._in_turn(line):
            while True:
                try:
                    await attempt()
                except LedgerError:
                    if loop.time() + self._patience.pause > begun + self._patience.try_until:
                        return False
                else:
                    return True
                await asyncio.sleep(self._patience.pause)

    @asynccontextmanager
    async def _in_turn(self, name: str) -> AsyncIterator[None]:
        """What one person writes is stored in the order in which it came, held or not."""
        line = self._lines.setdefault(name, _Line())
        line.wanted += 1
        try:
            async with line.lock:
                yield
        finally:
            line.wanted -= 1
            if not line.wanted:
                del self._lines[name]

    def _done(self, task: asyncio.Task[bool]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("held_delivery_failed", error=type(error).__name__)
