"""Time, sleep and randomness as values, so that whoever needs them is handed them."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Seconds = float


@dataclass(frozen=True, slots=True)
class Clock:
    """Where time and chance come from; tests hand in their own."""

    now: Callable[[], Seconds] = time.time  # Unix time: what is stored
    sleep: Callable[[Seconds], Awaitable[None]] = asyncio.sleep
    seed: Callable[[], int] = lambda: secrets.randbits(32)  # for choosing between variants


SYSTEM = Clock()
