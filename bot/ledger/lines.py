"""Units side by side, but those of one line in the order in which they were asked for.

PostgreSQL hands what a unit holds to whoever asks for it first, and units that run side by side get
there in any order: of two messages that come close together, the later one could be stored first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Line:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: int = 0


class Lines:
    """Every line that somebody stands in now."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def turn(self, name: str, seconds: float) -> AsyncIterator[None]:
        """Nobody else of this line until it is left. Raises TimeoutError after that long a wait."""
        line = self._lines.setdefault(name, _Line())
        line.wanted += 1
        try:
            async with asyncio.timeout(seconds):
                await line.lock.acquire()
            try:
                yield
            finally:
                line.lock.release()
        finally:
            line.wanted -= 1
            if not line.wanted:
                del self._lines[name]
