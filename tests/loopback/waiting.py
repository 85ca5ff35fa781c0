"""Waiting for something to be true of a stand-in, without asking it all the time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


class Waiting:
    """Whoever changes something calls `tell`; whoever waits for it calls `wait_for`."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def in_words(self) -> str:
        """How things stand, for the message of a wait that was in vain."""
        return ""

    async def wait_for(self, predicate: Callable[[], T], seconds: float = 5.0) -> T:
        """What the predicate gives as soon as that is true; AssertionError if it never is."""
        until = time.monotonic() + seconds
        while not (found := predicate()):
            left = until - time.monotonic()
            if left <= 0:
                raise AssertionError(f"not in {seconds} s; {self.in_words()}")
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, 0.1)):  # it may look at other things too
                    await self._changed.wait()
        return found

    def tell(self, what: str = "") -> None:
        """Something has changed: whoever waits looks again."""
        self._changed.set()
