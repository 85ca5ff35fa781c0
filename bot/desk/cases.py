"""What a staff surface may ask about cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.desk.card import Card
from bot.model import Case


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """One line of the list of cases."""

    case: Case
    channel: str
    language: str  # a code; "" while it is not known
    last_text: str  # what the customer said last
    last_at: float  # Unix time
    heard_at: float = 0.0  # Unix time of the customer's last message, 0 for never


@dataclass(frozen=True, slots=True)
class CaseList:
    """Some of the cases, and how many there are in all."""

    found: tuple[CaseSummary, ...]
    total: int


class Cases(Protocol):
    """Where staff surfaces read."""

    async def cases(self, everything: bool, newest_first: bool = False) -> CaseList:
        """Open cases, the longest waiting first; with `everything` the resolved ones too."""
        ...

    async def card(self, case: int) -> Card | None:
        """Everything about one case; None when there is no such case."""
        ...

    async def seen(self, agent: str, at: float) -> None:
        """Note that this agent has a staff surface open."""
        ...

    async def last_seen(self) -> float:
        """Unix time at which any staff surface was last open; 0 for never."""
        ...

    async def act_state(self, seq: int) -> str:
        """What became of a queued act: a message state; "" for an unknown number."""
        ...
