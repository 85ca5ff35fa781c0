"""How fast may it go: sliding windows over named budgets, with the time handed in."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from bot.delivery.ports import Rate

TIDY_EVERY = 1_000  # spends, after which names that no longer matter are dropped


class Pacing:
    """Never more than `most` messages of a name in any `seconds`, and none while it rests.

    `now` is Unix time. When it goes back, everything remembered goes back with it: the gaps
    between messages stay as they were, and nothing waits for a time that is far ahead again.
    """

    def __init__(self) -> None:
        self._spent: dict[str, deque[float]] = {}
        self._seconds: dict[str, float] = {}  # the window of each name in `_spent`
        self._rests: dict[str, float] = {}
        self._latest = float("-inf")
        self._spends = 0

    def ready_at(self, rates: Mapping[str, Rate], now: float) -> float:
        """When a message that counts against all of these may go: `now` or later."""
        self._follow(now)
        ready = now
        for name, rate in rates.items():
            ready = max(ready, self._rests.get(name, now))
            spent = self._spent.get(name, ())
            if len(spent) >= rate.most:
                ready = max(ready, spent[-rate.most] + rate.seconds)
        return ready

    def room(self, rates: Mapping[str, Rate], now: float) -> int | None:
        """How many messages may go at once right now; None where nothing limits it."""
        self._follow(now)
        least: int | None = None
        for name, rate in rates.items():
            if self._rests.get(name, now) > now:
                return 0
            young = sum(spent + rate.seconds > now for spent in self._spent.get(name, ()))
            left = max(rate.most - young, 0)
            least = left if least is None else min(least, left)
        return least

    def spend(self, rates: Mapping[str, Rate], now: float) -> None:
        """A message leaves now and counts against all of these."""
        self._follow(now)
        for name, rate in rates.items():
            spent = self._spent.setdefault(name, deque())
            spent.append(now)
            while len(spent) > rate.most:
                spent.popleft()  # `ready_at` looks no further back
            self._seconds[name] = rate.seconds
        self._spends += 1
        if self._spends % TIDY_EVERY == 0:
            self._tidy(now)

    def rest(self, name: str, until: float) -> None:
        """Nothing of this name goes before `until`."""
        self._rests[name] = max(until, self._rests.get(name, until))

    def _follow(self, now: float) -> None:
        if now < self._latest:
            back = self._latest - now
            for spent in self._spent.values():
                for at, moment in enumerate(spent):
                    spent[at] = moment - back
            self._rests = {name: until - back for name, until in self._rests.items()}
        self._latest = now

    def _tidy(self, now: float) -> None:
        self._rests = {name: until for name, until in self._rests.items() if until > now}
        for name in [n for n, spent in self._spent.items() if spent[-1] + self._seconds[n] <= now]:
            del self._spent[name], self._seconds[name]
