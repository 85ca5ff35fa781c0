"""How many messages a sender may have: off until `enforce`, on the stand-in's clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from tests.loopback.clock import Clock

SANDBOX = "+14155238886"
SANDBOX_SECONDS = 3.0


@dataclass
class Limits:
    """80 a second for each sender, one in three seconds in the sandbox. None: no limit."""

    clock: Clock
    per_second: int | None = None
    sandbox_seconds: float | None = None
    _times: dict[str, deque[float]] = field(default_factory=dict)

    def enforce(
        self, *, per_second: int | None = 80, sandbox_seconds: float | None = SANDBOX_SECONDS
    ) -> None:
        """As Twilio does, unless told otherwise."""
        self.per_second, self.sandbox_seconds = per_second, sandbox_seconds

    def take(self, number: str) -> bool:
        """Count one message; False, and not counted, where it is too many."""
        now = self.clock.now()
        most, window = self.per_second, 1.0
        if number == SANDBOX:
            most, window = (
                (None, 0.0) if self.sandbox_seconds is None else (1, self.sandbox_seconds)
            )
        if most is None:
            return True
        times = self._times.setdefault(number, deque())
        while times and times[0] <= now - window:
            times.popleft()
        if len(times) >= most:
            return False
        times.append(now)
        return True
