"""The figures of a period: what `nightdesk report` prints. Sums of the record, no words in it.

What each means, in one place, for the report's footnotes and for whoever reads its JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, in seconds, over `count` turns."""

    count: int = 0
    average: float | None = None  # None where there is nothing to average
    p50: float | None = None  # half of them took at most this long
    p95: float | None = None

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Nearest ranks. Negative spans, from a clock that went back, count as none."""
        if not values:
            return cls()
        ordered = sorted(max(0.0, value) for value in values)
        rank = {p: ordered[max(0, ceil(p / 100 * len(ordered)) - 1)] for p in (50, 95)}
        return cls(len(ordered), sum(ordered) / len(ordered), rank[50], rank[95])


@dataclass(frozen=True, slots=True)
class Times:
    """How long answers took. The response is the sum of waiting, deciding and sending."""

    response: Spread = Spread()
    waiting: Spread = Spread()  # for the rest of the burst and for a free line
    deciding: Spread = Spread()
    models: Spread = Spread()  # of deciding, where models were asked
    sending: Spread = Spread()


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """What one model did. Money is in billionths of a US dollar."""

    name: str
    answers: int = 0  # that went out
    calls: int = 0
    failed: int = 0  # calls that brought no answer
    read: int = 0  # tokens of prompts
    cached: int = 0  # of these, read from the provider's cache
    written: int = 0  # tokens of answers
    cost: int = 0  # as far as prices are known
    unpriced: int = 0  # calls of unknown price


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything about one period."""

    since: float | None  # Unix time; None: from the first thing there is
    until: float  # Unix time
    began: float | None = None  # Unix time of the first thing there is
    messages: int = 0  # from customers, limited ones included
    limited: int = 0  # of these, over their sender's budget
    turned_away: Mapping[str, int] = field(default_factory=dict)  # unstored, by channel
    times: Times = Times()
    minutes_up: int = 0
    minutes: int = 0
    answered_by: Mapping[str, int] = field(default_factory=dict)  # rule, model, staff, system
    fallbacks: int = 0
    made_up: int = 0  # drafts that the facts did not bear out
    cost: int = 0  # billionths of a US dollar, as far as prices are known
    unpriced: int = 0
    models: tuple[ModelFigures, ...] = ()
    errors: Mapping[str, int] = field(default_factory=dict)  # why models did not answer
    checks: Mapping[str, int] = field(default_factory=dict)  # drafts refused, by check
    cases: Mapping[str, int] = field(default_factory=dict)  # opened, by reason
    sends: Mapping[str, int] = field(default_factory=dict)  # that ended badly: failed, unknown
    dead: int = 0  # messages that nobody could answer: a person got them
    erased: int = 0  # of the messages, those that customers have had deleted

    @property
    def uptime(self) -> float | None:
        """A share from 0 to 1; None before the first heartbeat."""
        return self.minutes_up / self.minutes if self.minutes else None

    @property
    def cost_per_message(self) -> float | None:
        """Billionths of a US dollar; None without messages."""
        return self.cost / self.messages if self.messages else None


MEANINGS: Mapping[str, str] = {
    "Messages": "from customers, stored; those over their budget included.",
    "Average response": "last joined message accepted to first part sent.",
    "Uptime": "minutes with a heartbeat / all, from the first one on.",
    "Cost": "of calls to models, at the prices known at the time.",
    "Satisfaction": "(mean rating - 1) / 4.",
    "Hallucinations caught": "drafts that the facts did not bear out; not sent.",
    "Abuse blocked": "messages stored as limited: over their budget.",
    "Fallback activations": "turns that the first model did not answer.",
}
