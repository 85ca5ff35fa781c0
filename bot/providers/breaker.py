"""When a model is left alone: after failures, and until one careful try has answered.

Pure: the time is handed in, and it is the event loop's, which never jumps. Everything happens on
one event loop, so two calls never look at a breaker at the same instant.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

FAILURES = 3  # in a row
ODD_ANSWERS = 5  # in a row: it can be reached, but what it says is of no use
OPEN_SECONDS = 5.0  # until it is tried again
# After a try that took longer than that, it rests this long: whoever hangs for the eight seconds
# of a turn is still asked again within ten seconds of being well.
REST_SECONDS = 1.0


class State(StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"  # all of them
    OPEN = "open"  # none
    HALF_OPEN = "half_open"  # one is on its way, and decides


class End(StrEnum):
    """How a call ended, as far as it says something about the model."""

    ANSWERED = "answered"
    FAILED = "failed"  # it could not be reached, or it could not answer now
    ODD = "odd"  # it answered with something that is no answer
    OUR_FAULT = "our_fault"  # it refused the question and would take another one
    BROKEN = "broken"  # account, key or model is gone


class Turned(StrEnum):
    """What somebody should hear about, once."""

    OPENED = "opened"
    BROKE = "broke"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A call's leave to be made."""

    era: int


@dataclass(slots=True)
class Breaker:
    """Counts for one model. Each call takes a ticket, says how it ended, and gives it back."""

    state: State = State.CLOSED
    failures: int = 0  # in a row
    odd: int = 0  # in a row
    broken: bool = False  # it is open because somebody has to mend something
    next_try: float = 0.0  # while open: when one call may go
    began: float = 0.0  # while half-open: when that call went
    era: int = 0  # rises with each change of state: what began before it decides nothing any more

    def would_let(self, now: float) -> bool:
        """Whether `enter` would give a ticket."""
        return self.state is State.CLOSED or (self.state is State.OPEN and now >= self.next_try)

    def enter(self, now: float) -> Ticket | None:
        """Leave to call now; None: the model is left alone."""
        if not self.would_let(now):
            return None
        if self.state is State.OPEN:
            self.began = now
            self._become(State.HALF_OPEN)
        return Ticket(self.era)

    def tell(self, ticket: Ticket, end: End, now: float) -> Turned | None:
        """A call has ended."""
        if ticket.era != self.era:
            return None
        if self.state is State.HALF_OPEN:
            return self._after_try(end, now)
        match end:
            case End.ANSWERED:
                self.failures = self.odd = 0
            case End.FAILED:
                self.failures += 1
            case End.ODD:
                self.failures = 0
                self.odd += 1
            case End.BROKEN:
                self.broken = True
        if self.broken or self.failures >= FAILURES or self.odd >= ODD_ANSWERS:
            self._open(now + OPEN_SECONDS)
            return Turned.BROKE if self.broken else Turned.OPENED
        return None

    def leave(self, ticket: Ticket) -> None:
        """Give the ticket back. A try that told nothing, for it was cancelled, makes room."""
        if self.state is State.HALF_OPEN and ticket.era == self.era:
            self._open(self.next_try)

    def _after_try(self, end: End, now: float) -> Turned | None:
        if end in (End.ANSWERED, End.OUR_FAULT):
            self.failures = self.odd = 0
            self.broken = False
            self._become(State.CLOSED)
            return Turned.RECOVERED
        news = end is End.BROKEN and not self.broken
        self.broken = self.broken or news
        self._open(max(self.began + OPEN_SECONDS, now + REST_SECONDS))
        return Turned.BROKE if news else None

    def _open(self, until: float) -> None:
        self.next_try = until
        self._become(State.OPEN)

    def _become(self, state: State) -> None:
        self.state = state
        self.era += 1
