"""How a model does, for /readyz, `nightdesk status` and metrics: numbers and stable words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Pulse:
    """Written after each call, read by pages. Counts since the start of the program."""

    calls: int = 0
    failures: int = 0  # calls that brought no answer
    last_error: str = ""  # the kind of the last one, a stable word
    answered_at: float | None = None  # the event loop's time of the last answer

    def called(self) -> None:
        """A request leaves."""
        self.calls += 1

    def answered(self, now: float) -> None:
        """An answer came."""
        self.answered_at = now

    def failed(self, kind: str) -> None:
        """None came."""
        self.failures += 1
        self.last_error = kind

    def as_dict(self, state: str, now: float) -> dict[str, object]:
        """As shown; ages in seconds, None where there is nothing to tell."""
        age = None if self.answered_at is None else max(int(now - self.answered_at), 0)
        return {
            "state": state,
            "calls": self.calls,
            "failures": self.failures,
            "last_error": self.last_error,
            "last_success_age": age,
        }
