"""How the desk stands right now, for `nightdesk status`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts only: nothing that anybody said."""

    backlog: Mapping[str, int] = field(default_factory=dict)  # messages not finished, by state
    cases: Mapping[str, int] = field(default_factory=dict)  # open ones, by status
    failures: Mapping[str, int] = field(default_factory=dict)  # messages that ended badly, by state
    quarantined: int = 0  # deliveries that nobody could read
    dead_letters: Mapping[str, int] = field(default_factory=dict)  # not dropped, by kind
    database: str = "sound"  # or "checking", "not_checked", "damaged"
