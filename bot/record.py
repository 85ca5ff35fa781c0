"""The record of one turn: numbers and stable words, the same for the ledger and for metrics.

Response time is counted from the moment the last joined message was accepted to the moment the
first part of the answer had left. Its stages follow each other: waiting (for the rest of the burst
and for a free line), deciding (of it a part for the models), sending.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from bot.model import Turn
from bot.outcome import Outcome
from bot.prompt import Attempt, Shown

# Checks whose refusal means that a model made something up.
GROUNDING = frozenset({"amount", "identifier", "email"})
CORRECTED = "corrected"  # in place of a verdict: decided, but the customer has gone on
FENCED = "fenced"  # in place of a verdict: decided, but the line had been taken away


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a turn."""

    turn: int
    channel: str
    verdict: str
    reason: str
    step: str  # the step of the road that decided
    messages: int  # joined in this turn
    accepted_at: float | None  # the last of them; None for a staff act
    opened_at: float
    settled_at: float
    answered_by: str  # "rule", "model", "system", "staff"; "" if nothing was said
    model: str  # whose answer went out
    fallback: bool  # models were to answer, and it was not the first of them that did
    attempts: tuple[Attempt, ...]
    refused: tuple[tuple[str, ...], ...]  # of each draft not let out: the checks against it
    shown: Shown

    @property
    def calls(self) -> int:
        return sum(attempt.called for attempt in self.attempts)

    @property
    def cost(self) -> int:
        """Billionths of a US dollar, as far as prices are known."""
        return sum(attempt.cost or 0 for attempt in self.attempts)

    @property
    def unpriced(self) -> int:
        """Calls whose price nobody knows."""
        return sum(attempt.called and attempt.cost is None for attempt in self.attempts)

    @property
    def made_up(self) -> int:
        """Drafts that were refused because the facts did not bear them out."""
        return sum(not GROUNDING.isdisjoint(checks) for checks in self.refused)

    @property
    def error_kind(self) -> str:
        """Why the first attempt without an answer had none; "" if none was without."""
        failed = (each.result for each in self.attempts if each.result != "answered")
        return next(failed, "")

    @property
    def checks(self) -> Counter[str]:
        """How many drafts each check refused."""
        return Counter(check for checks in self.refused for check in checks)


@dataclass(frozen=True, slots=True)
class Responded:
    """The first part of an answer has left for its platform."""

    channel: str
    response: float  # seconds since the last message it answers was accepted
    sending: float  # of these, seconds since the turn was settled


def record_of(turn: Turn, outcome: Outcome, at: float) -> Record:
    """What there is to keep of a turn that was decided at `at` (Unix time)."""
    said = next((each for each in outcome.sends if each.to == turn.conversation), None)
    asked = outcome.asked
    return Record(
        turn=turn.id,
        channel=turn.conversation.channel,
        verdict=outcome.verdict.value,
        reason=outcome.reason,
        step=str(outcome.trail.get("step", "")),
        messages=len(turn.messages),
        accepted_at=max((m.received_at for m in turn.messages), default=None),
        opened_at=turn.now,
        settled_at=at,
        answered_by=said.author if said else "",
        model=asked.answered_by if asked else "",
        fallback=asked is not None and asked.answered_by != asked.first,
        attempts=asked.attempts if asked else (),
        refused=tuple(draft.checks for draft in asked.refused) if asked else (),
        shown=asked.shown if asked else Shown(),
    )
