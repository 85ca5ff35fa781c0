"""What holds back everything that one sender sends: too much at once, a stop, or no way out.

After a stop one send at a time finds out whether it is over; the others wait in the outbox.
"""

from __future__ import annotations

from bot.clock import Clock

LONGEST_FLOOD = 60.0  # seconds of rest, however often Twilio says that it is too much
LONGEST_OUTAGE = 15.0  # seconds between two tries to reach Twilio at all
BESIDE_SECONDS = 2.0  # for those that wait while one send finds out
SPREAD = 0.5  # of a rest, by chance more or less, so that desks do not return all at once


class Brake:
    """Kept in memory: after a restart the first send finds out again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = 0.0  # Unix time at which the rest ends
        self._length = 0.0  # seconds of that rest: a clock that went back ends it
        self._floods = 0  # in a row
        self._stopped = False
        self._probing = False
        self._unreached_since: float | None = None

    @property
    def is_stopped(self) -> bool:
        """Whether nothing goes until a person has acted, or the account's day is over."""
        return self._stopped

    def left(self) -> float:
        """Seconds for which nothing may be asked of Twilio; 0.0 when something may."""
        left = self._until - self._clock.now()
        return left if 0.0 < left <= self._length else 0.0

    def enter(self) -> float:
        """Seconds for which a send has to wait; at 0.0 it goes, and must `leave` afterwards."""
        if (left := self.left()) > 0:
            return left
        if self._stopped:
            if self._probing:
                return BESIDE_SECONDS
            self._probing = True
        return 0.0

    def leave(self) -> None:
        """A send is over, whatever came of it."""
        self._probing = False

    def works(self) -> None:
        """Twilio took a message, or refused it for its own sake."""
        self._floods = 0
        self._stopped = False
        self._unreached_since = None

    def flooded(self, seconds: float) -> float:
        """It was too much: everything rests, twice as long each time. The seconds."""
        self._stopped = False
        self._unreached_since = None
        if (left := self.left()) > 0:
            return left  # said to another send of the same moment
        self._floods += 1
        longer: float = min(seconds * 2 ** min(self._floods - 1, 10), LONGEST_FLOOD)
        chance = self._clock.seed() / 2**32
        return self._rest(longer * (1 - SPREAD / 2 + SPREAD * chance))

    def stopped(self, seconds: float) -> float:
        """Nothing goes until somebody acts: the next try is then. The seconds."""
        self._stopped = True
        self._unreached_since = None
        return self.left() or self._rest(seconds)

    def unreached(self) -> float:
        """A call never left: half as long as that has been so, from one second on."""
        now = self._clock.now()
        if self._unreached_since is None or self._unreached_since > now:
            self._unreached_since = now
        return min(max((now - self._unreached_since) / 2, 1.0), LONGEST_OUTAGE)

    def _rest(self, seconds: float) -> float:
        self._until, self._length = self._clock.now() + seconds, seconds
        return seconds
