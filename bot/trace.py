"""What is known of one message, from its arrival to the answer's. Numbers and stable words only:
nothing that anybody said stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MessageTrace:
    """One row of the ledger."""

    seq: int
    id: str  # as its sender or its platform calls it; our own ("nd_12") where neither does
    conversation: str
    direction: str  # "in", "out", "act"
    kind: str
    author: str
    state: str
    verdict: str  # how its turn ended; "" before that
    at: float  # Unix time
    turn: int | None
    part: int = 0
    failure: str = ""  # why its send failed
    receipt: str = ""
    answered_by: int | None = None  # seq of the answer
    action: str = ""  # of a staff act: "reply", "claim" ...
    limit: str = ""  # of what a customer wrote: "pass", "notice", "silent"
    retry_after: float = 0.0  # seconds until one more would have passed


@dataclass(frozen=True, slots=True)
class TurnTrace:
    """One turn of the line."""

    id: int
    conversation: str
    state: str  # open, settled, superseded
    attempts: int
    opened_at: float
    settled_at: float | None
    accepted_at: float | None
    responded_at: float | None
    verdict: str
    reason: str
    answered_by: str
    model: str
    fallback: bool
    trail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseTrace:
    """A case that was open then."""

    id: int
    status: str
    reason: str
    agent: str


@dataclass(frozen=True, slots=True)
class Trace:
    """A message with everything around it."""

    message: MessageTrace
    turn: TurnTrace | None = None
    batch: tuple[MessageTrace, ...] = ()  # what the turn read, in order
    sends: tuple[MessageTrace, ...] = ()  # what the turn said, in order, to whomever
    case: CaseTrace | None = None
    holder: str = ""  # who holds the chat now
    resting: float = 0.0  # Unix time until which its line rests after a failure
