"""What is done around a decision: before it, to its outcome, and once it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.model import Turn
from bot.outcome import Outcome
from bot.record import Record


def unseen(turn: Turn, outcome: Outcome) -> Outcome:
    """There is no staff chat to show anything to."""
    return outcome


@dataclass(frozen=True, slots=True)
class Around:
    """What is done around a decision."""

    equip: Callable[[Turn], Turn] = lambda turn: turn  # gives the turn its sources of facts
    show: Callable[[Turn, Outcome], Outcome] = unseen  # adds what staff are to see of it
    observe: Callable[[Record], None] = lambda _: None  # counts it


NOTHING_AROUND = Around()
