"""Which chats Telegram wants to be left alone, for everything that calls it."""

from __future__ import annotations

from bot.clock import Clock

MOST_CHATS = 10_000  # remembered at a time


class Quiet:
    """Chats that answered 429, and until when: shared by sending and typing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, tuple[float, float]] = {}  # chat -> end of the rest, its length

    def rest(self, chat: str, seconds: float) -> None:
        """Leave this chat alone for so long."""
        now = self._clock.now()
        if len(self._until) >= MOST_CHATS:
            self._until = {name: rest for name, rest in self._until.items() if rest[0] > now}
        self._until[chat] = (now + seconds, seconds)

    def left(self, chat: str) -> float:
        """Seconds for which this chat still rests; 0.0 when it may be called."""
        if (rest := self._until.get(chat)) is None:
            return 0.0
        until, seconds = rest
        left = until - self._clock.now()
        if not 0.0 < left <= seconds:  # over, or the clock went back
            del self._until[chat]
            return 0.0
        return left
