"""A stand-in's time: real, and shifted at will, or standing still until a test moves it."""

from __future__ import annotations

import time


class Clock:
    """Unix time in seconds. `Clock(1_000.0)` stands still at that moment."""

    def __init__(self, frozen_at: float | None = None) -> None:
        self._frozen_at = frozen_at
        self._shift = 0.0

    def now(self) -> float:
        base = time.time() if self._frozen_at is None else self._frozen_at
        return base + self._shift

    def advance(self, seconds: float) -> None:
        self._shift += seconds
