"""Telegram's flood limits, each of which can be switched off, on the stand-in's clock."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from tests.loopback.clock import Clock
from tests.telegram_api.errors import flood

EVERYWHERE = 0  # no chat bears this number


@dataclass
class Limits:
    """How many messages pass. None switches a limit off; all are off until `enforce`."""

    clock: Clock
    chat_per_second: float | None = None
    chat_burst: int = 5  # this many pass at once after a pause
    all_per_second: int | None = None
    group_per_minute: int | None = None
    _level: dict[int, tuple[float, float]] = field(default_factory=dict)  # tokens, as of
    _all: deque[float] = field(default_factory=deque)
    _groups: dict[int, deque[float]] = field(default_factory=dict)
    _until: dict[int, float] = field(default_factory=dict)

    def enforce(
        self,
        *,
        chat_per_second: float | None = 1.0,
        chat_burst: int = 5,
        all_per_second: int | None = 30,
        group_per_minute: int | None = 20,
    ) -> None:
        """As Telegram does, unless told otherwise."""
        self.chat_per_second, self.chat_burst = chat_per_second, chat_burst
        self.all_per_second, self.group_per_minute = all_per_second, group_per_minute

    def shut(self, chat: int, seconds: float) -> None:
        """From now on a 429 is in force there; EVERYWHERE is a chat too."""
        self._until[chat] = max(self._until.get(chat, 0.0), self.clock.now() + seconds)

    def left(self, chat: int | None) -> int:
        """Whole seconds for which a 429 is still in force for that chat; 0: none is."""
        until = max(self._until.get(EVERYWHERE, 0.0), self._until.get(chat or EVERYWHERE, 0.0))
        return max(0, math.ceil(until - self.clock.now()))

    def take(self, chat: int, *, is_group: bool) -> None:
        """Count one message or raise a 429, which is then in force.

        A message that is refused is not counted.
        """
        now = self.clock.now()
        if self.all_per_second is not None:
            self._refuse(EVERYWHERE, _wait(self._all, self.all_per_second, 1.0, now))
        group = self._groups.setdefault(chat, deque())
        if is_group and self.group_per_minute is not None:
            self._refuse(chat, _wait(group, self.group_per_minute, 60.0, now))
        if self.chat_per_second is not None:
            self._refuse(chat, self._chat_wait(chat, self.chat_per_second, now))
        self._all.append(now)
        group.append(now)

    def _refuse(self, chat: int, wait: float) -> None:
        if wait > 0:
            seconds = max(1, math.ceil(wait))
            self.shut(chat, seconds)
            raise flood(seconds)

    def _chat_wait(self, chat: int, rate: float, now: float) -> float:
        tokens, as_of = self._level.get(chat, (float(self.chat_burst), now))
        tokens = min(float(self.chat_burst), tokens + (now - as_of) * rate)
        if tokens < 1 - 1e-9:
            return (1 - tokens) / rate
        self._level[chat] = (tokens - 1, now)
        return 0.0


def _wait(times: deque[float], most: int, window: float, now: float) -> float:
    """Seconds until one more fits into the window."""
    while times and times[0] <= now - window:
        times.popleft()
    return times[-most] + window - now if len(times) >= most else 0.0
