"""Errors on their way out of the house: the log's error events, without words and without values.

A step of the log. Each event of level "error" becomes a report: its name, its fields, and the
exception that was being handled, for where in the code it came from. What an exception *says* may
quote a customer, so whoever takes a report must leave that out (`bot/monitor/sentry.py` does).
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from bot.clock import Seconds

WAITING = 20  # reports kept until somebody takes them: the first seconds of a desk matter
MOST_A_MINUTE = 5  # reports of one name
MOST_NAMES = 200  # counted apart; names are words of the code, so there are fewer
REPORTED = frozenset({"error", "critical"})
_OURS = frozenset({"event", "level", "timestamp", "exc_info", "stack_info"})


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """One error event."""

    name: str  # of the event: a stable word
    fields: Mapping[str, object] = field(default_factory=dict)  # numbers and stable words
    error: BaseException | None = None  # for its type and its stack, never for what it says
    unreported: int = 0  # of this name that were held back since the last one


@dataclass(slots=True)
class _Minute:
    """How many reports of one name there were in the running minute."""

    began: Seconds
    reported: int = 0
    held_back: int = 0


class ErrorReports:
    """A structlog processor that hands error events to whoever takes them; the log goes on.

    A flood is bounded: of each name a few a minute, and the next one says how many there were.
    """

    def __init__(self, monotonic: Callable[[], Seconds] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._take: Callable[[ErrorReport], None] | None = None
        self._waiting: deque[ErrorReport] | None = deque(maxlen=WAITING)
        self._minutes: dict[str, _Minute] = {}

    def __call__(
        self, logger: object, method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Pass the event on as it is, without its exception."""
        error = _handled(event.pop("exc_info", None))
        event.pop("stack_info", None)
        if event.get("level", method) in REPORTED:
            self._report(str(event.get("event", "")), event, error)
        return event

    def hand_to(self, take: Callable[[ErrorReport], None]) -> None:
        """From now on to whom; what waited goes first. `take` must not raise and not block."""
        waiting, self._waiting, self._take = self._waiting, None, take
        for report in waiting or ():
            take(report)

    def close(self) -> None:
        """Nobody takes any: keep none, with all that an exception holds on to."""
        self._waiting, self._take = None, None

    def _report(self, name: str, event: Mapping[str, object], error: BaseException | None) -> None:
        if self._take is None and self._waiting is None:
            return
        held_back = self._let_through(name)
        if held_back is None:
            return
        fields = {key: value for key, value in event.items() if key not in _OURS}
        report = ErrorReport(name, fields, error, held_back)
        if self._take is not None:
            self._take(report)
        elif self._waiting is not None:
            self._waiting.append(report)

    def _let_through(self, name: str) -> int | None:
        """How many were held back before this one; None if it is held back too."""
        now = self._monotonic()
        counted = name if name in self._minutes or len(self._minutes) < MOST_NAMES else ""
        minute = self._minutes.setdefault(counted, _Minute(now))
        if now - minute.began >= 60:
            minute.began, minute.reported = now, 0
        if minute.reported >= MOST_A_MINUTE:
            minute.held_back += 1
            return None
        minute.reported += 1
        held_back, minute.held_back = minute.held_back, 0
        return held_back


def _handled(given: object) -> BaseException | None:
    """The exception that the event names, else the one being handled where it was logged."""
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple) and len(given) == 3 and isinstance(given[1], BaseException):
        return given[1]
    return None if given is False else sys.exc_info()[1]
