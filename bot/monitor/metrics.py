"""Figures for Prometheus, counted while the desk runs. They begin at 0 with each start, as
Prometheus expects of counters; what is to last stands in the record (`nightdesk report`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    Info,
    generate_latest,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.clock import Seconds
from bot.monitor.labels import CHANNELS, NOBODY, VERDICTS, VOICES, Words, known
from bot.monitor.levels import Levels
from bot.prompt import NANO, Attempt
from bot.record import CORRECTED, FENCED, Record

# A rule answers within a burst's pause and a model within a turn's deadline.
BUCKETS = (0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8, 12, 20, 30)
NO_LEVELS = Levels()


class Metrics:
    """Counters and histograms of one desk, in a registry of their own."""

    def __init__(
        self, version: str, models: Collection[str] = (), pulled: Collection[str] = ()
    ) -> None:
        """`models` are those of config.yaml, by name. On the channels in `pulled` an answer has
        arrived once it is settled; of all others `responded` must be told.
        """
        self._registry = CollectorRegistry()
        self._models = frozenset(models)
        self._pulled = frozenset(pulled)
        self._results, self._checks = Words(), Words()
        counter, histogram = self._counter, self._histogram
        self._messages = counter("messages", "Messages from customers.", "channel")
        self._turns = counter("turns", "Turns settled.", "channel", "verdict")
        self._answers = counter("answers", "Turns settled, by whose words went out.", "answered_by")
        self._fallbacks = counter("fallbacks", "Turns that the first model did not answer.")
        self._limited = counter(
            "limited_messages", "Messages over their sender's budget.", "channel"
        )
        self._refused = counter(
            "refused_messages", "Messages turned away unstored, with 429.", "channel"
        )
        self._drafts = counter("drafts_refused", "Drafts of models not let out.", "check")
        self._made_up = counter("drafts_made_up", "Drafts that the facts did not bear out.")
        self._calls = counter("model_calls", "Calls to models.", "model", "result")
        self._skipped = counter(
            "model_skips", "Times that a model was not asked.", "model", "result"
        )
        self._tokens = counter(
            "model_tokens",
            "Tokens: read (cached ones included), cached, written.",
            "model",
            "kind",
        )
        self._cost = counter(
            "cost_usd", "What calls have cost, in US dollars, as far as known.", "model"
        )
        self._unpriced = counter("unpriced_calls", "Calls whose price nobody knows.", "model")
        self._response = histogram(
            "response_seconds",
            "Last joined message accepted to first part of the answer sent.",
            "channel",
        )
        self._stages = histogram(
            "stage_seconds", "Waiting, deciding (of it: models), sending.", "stage"
        )
        self._model_seconds = histogram("model_seconds", "How long calls to models took.", "model")
        Info("nightdesk_build", "What is running.", registry=self._registry).info(
            {"version": version}
        )

    def observe(self, record: Record) -> None:
        """A turn was settled, or decided in vain: of that one only what models did counts, for
        its messages go to another turn.
        """
        if record.verdict not in (FENCED, CORRECTED):
            self._settled(record)
        self._made_up.inc(record.made_up)
        for check, n in record.checks.items():
            self._drafts.labels(self._checks.known(check)).inc(n)
        for attempt in record.attempts:
            self._asked(attempt)

    def _settled(self, record: Record) -> None:
        channel = known(record.channel, CHANNELS)
        self._messages.labels(channel).inc(record.messages)
        self._turns.labels(channel, known(record.verdict, VERDICTS)).inc()
        self._answers.labels(known(record.answered_by or NOBODY, VOICES)).inc()
        self._fallbacks.inc(record.fallback)
        if record.verdict == "limited":
            self._limited.labels(channel).inc(record.messages)
        self._took(record)

    def responded(self, channel: str, response: Seconds, sending: Seconds) -> None:
        """The first part of an answer has left: since its message was accepted, since settling."""
        self._response.labels(known(channel, CHANNELS)).observe(max(0.0, response))
        self._stages.labels("sending").observe(max(0.0, sending))

    def limited(self, channel: str) -> None:
        """A message was stored as limited without a turn."""
        self._messages.labels(known(channel, CHANNELS)).inc()
        self._limited.labels(known(channel, CHANNELS)).inc()

    def refused(self, channel: str) -> None:
        """A message was turned away at the door and not stored."""
        self._refused.labels(known(channel, CHANNELS)).inc()

    def render(self, levels: Levels = NO_LEVELS) -> tuple[bytes, str]:
        """Everything in Prometheus' text format, with its content type."""
        text = generate_latest(_WithoutCreated(self._registry)) + generate_latest(_Now(levels))
        return text, CONTENT_TYPE_LATEST

    def _asked(self, attempt: Attempt) -> None:
        model, result = known(attempt.model, self._models), self._results.known(attempt.result)
        if not attempt.called:
            self._skipped.labels(model, result).inc()
            return
        self._calls.labels(model, result).inc()
        self._model_seconds.labels(model).observe(max(0.0, attempt.seconds))
        usage = attempt.usage
        for kind, n in (("read", usage.read), ("cached", usage.cached), ("written", usage.written)):
            self._tokens.labels(model, kind).inc(max(0, n))
        if attempt.cost is None:
            self._unpriced.labels(model).inc()
        else:
            self._cost.labels(model).inc(max(0, attempt.cost) / NANO)

    def _took(self, record: Record) -> None:
        """How long a customer's turn took; a clock that went back makes no negative spans."""
        if record.accepted_at is None:
            return
        self._stages.labels("waiting").observe(max(0.0, record.opened_at - record.accepted_at))
        self._stages.labels("deciding").observe(max(0.0, record.settled_at - record.opened_at))
        if record.calls:
            asked = sum(each.seconds for each in record.attempts if each.called)
            self._stages.labels("models").observe(asked)
        if record.answered_by and record.channel in self._pulled:
            self.responded(record.channel, record.settled_at - record.accepted_at, 0.0)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"nightdesk_{name}", about, labels, registry=self._registry)

    def _histogram(self, name: str, about: str, *labels: str) -> Histogram:
        return Histogram(
            f"nightdesk_{name}", about, labels, registry=self._registry, buckets=BUCKETS
        )


class _WithoutCreated(Collector):
    """The registry without the times at which each series began: three lines in ten of a page."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        for family in self._registry.collect():
            family.samples = [s for s in family.samples if not s.name.endswith("_created")]
            yield family


class _Now(Collector):
    """Figures that are read, not counted."""

    def __init__(self, levels: Levels) -> None:
        self._levels = levels

    def collect(self) -> Iterable[Metric]:
        return self._levels.collect()
