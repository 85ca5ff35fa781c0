"""What came of trying something outside: a token, a webhook, a number, a model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What is known after the try."""

    FINE = "fine"
    WRONG = "wrong"  # it was refused, or is not as it should be: somebody has to mend something
    UNREACHABLE = "unreachable"  # no answer came: the network, or the other side, not the settings
    UNSURE = "unsure"  # it cannot be told, or may well be meant so


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried. Never holds a secret."""

    name: str  # what was tried, such as "Telegram token"
    verdict: Verdict
    message: str  # what was found, in plain words
    advice: str = ""  # what to do about it

    @property
    def ok(self) -> bool | None:
        """Whether it works; None where that cannot be told."""
        return {Verdict.FINE: True, Verdict.UNSURE: None}.get(self.verdict, False)
