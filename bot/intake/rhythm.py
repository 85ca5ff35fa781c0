"""How one person writes: the time between the pieces of a thought, as a decayed mean and spread.

The estimate is that of TCP's retransmission timer (RFC 6298): whoever waits for something that
comes after a varying time waits for the mean and some deviations more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

_MEAN_DECAY = 1 / 8  # RFC 6298, section 2
_SPREAD_DECAY = 1 / 4
_SPREADS = 4  # deviations beyond the mean
_LEAST = 1 / 3  # of the pause: somebody quick may stop to look a number up
ENOUGH = 3  # gaps, before they say anything about a person
LONGEST_GAP = 60.0  # seconds; what comes later is another thought


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is remembered of a person's writing. Seconds, and no word of theirs."""

    gap: float = 0.0  # mean seconds between the pieces of a thought
    spread: float = 0.0  # mean distance of a gap from that
    gaps: int = 0  # that it was learnt from

    def heard(self, gap: float) -> Rhythm:
        """After one more gap between two pieces of a thought."""
        if not 0.0 <= gap <= LONGEST_GAP:
            return self
        if not self.gaps:
            return Rhythm(gap, gap / 2, 1)
        off = abs(gap - self.gap)
        return Rhythm(
            self.gap + (gap - self.gap) * _MEAN_DECAY,
            self.spread + (off - self.spread) * _SPREAD_DECAY,
            min(self.gaps + 1, 1_000),
        )

    def fitted(self, pause: float) -> float:
        """The pause as it fits this person: never longer than `pause`, never below a third."""
        if self.gaps < ENOUGH:
            return pause
        return min(max(self.gap + _SPREADS * self.spread, pause * _LEAST), pause)


UNKNOWN = Rhythm()


def learnt(rhythm: Rhythm, times: Sequence[float]) -> Rhythm:
    """After a burst whose messages came at these times (Unix time)."""
    for before, after in pairwise(times):
        rhythm = rhythm.heard(after - before)
    return rhythm


def rhythm_from(stored: Mapping[str, Any] | None) -> Rhythm:
    """As it was stored; one in the shape of another version is forgotten."""
    if not stored or stored.keys() != asdict(UNKNOWN).keys():
        return UNKNOWN
    return Rhythm(**stored)


def rhythm_to(rhythm: Rhythm) -> dict[str, float | int]:
    """What `rhythm_from` reads back."""
    return {"gap": round(rhythm.gap, 2), "spread": round(rhythm.spread, 2), "gaps": rhythm.gaps}
