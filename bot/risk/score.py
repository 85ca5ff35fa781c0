"""How much a sender behaves like a machine that repeats itself: 0 (not at all) to 0.75.

Two signals, both read from the last eight messages: *repetition*, the same text again and
again within minutes; *cadence*, messages faster or more evenly spaced than hands can type.
People send fragments, say "oi" twice and wait; none of that scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, pstdev

REMEMBERED = 8  # messages that the signals look at
CAP = 0.75  # nobody loses more than this share of the budget
HALF_LIFE = 600.0  # seconds in which a risk halves when nothing new adds to it

_REPETITION_WEIGHT = 0.6
_CADENCE_WEIGHT = 0.25
_REPEAT_HALF_LIFE = 120.0  # seconds: "sim" in every form is no flood
_FREE_REPEATS = 2.0  # saying it three times over is human
_FULL_REPEATS = 6.0
_TRACE = 0.02  # less than this is nothing: after a quiet hour the whole budget is back
_SLOWEST_MACHINE = 0.5  # seconds between messages, on average over all that are remembered
_FASTEST_HAND = 0.2
_EVEN = 0.15  # deviation of the gaps, as a share of their mean, under which they look timed
_EVEN_WITHIN = 10.0  # seconds: slower than that, a steady hand costs nobody anything


@dataclass(frozen=True, slots=True)
class Seen:
    """One message, as far as the score looks at it."""

    digest: str  # of its text; equal texts have equal digests
    at: float  # Unix time


@dataclass(frozen=True, slots=True)
class Signals:
    """What the score is made of, each 0 to 1."""

    repetition: float
    cadence: float

    @property
    def score(self) -> float:
        """Both together, at most 0.75. Repetition weighs more: fast hands are no crime."""
        weighed = _REPETITION_WEIGHT * self.repetition + _CADENCE_WEIGHT * self.cadence
        return min(CAP, weighed)


def signals(recent: Sequence[Seen]) -> Signals:
    """Read the last messages, oldest first; the last one is the one being judged."""
    last = recent[-REMEMBERED:]
    return Signals(_repetition(last), _cadence(last))


def decayed(score: float, seconds: float) -> float:
    """What is left of a score after some time; a trace of it counts as nothing."""
    left = score * 0.5 ** (max(0.0, seconds) / HALF_LIFE)
    return left if left >= _TRACE else 0.0


def _repetition(recent: Sequence[Seen]) -> float:
    if not recent:
        return 0.0
    judged, earlier = recent[-1], recent[:-1]
    repeats = sum(
        0.5 ** (max(0.0, judged.at - seen.at) / _REPEAT_HALF_LIFE)
        for seen in earlier
        if seen.digest == judged.digest
    )
    return _share(repeats, _FREE_REPEATS, _FULL_REPEATS)


def _cadence(recent: Sequence[Seen]) -> float:
    if len(recent) < REMEMBERED:  # six fragments in three seconds say nothing yet
        return 0.0
    gaps = [max(0.0, after.at - before.at) for before, after in pairwise(recent)]
    mean = fmean(gaps)
    speed = _share(mean, _SLOWEST_MACHINE, _FASTEST_HAND)
    if mean <= 0.0 or mean > _EVEN_WITHIN:
        return speed
    return max(speed, _share(pstdev(gaps) / mean, _EVEN, 0.0))


def _share(value: float, none: float, full: float) -> float:
    """Where a value stands between the point of no effect and that of full effect."""
    return min(1.0, max(0.0, (value - none) / (full - none)))
