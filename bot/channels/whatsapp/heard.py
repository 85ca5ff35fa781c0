"""What a delivery of Twilio's can mean to us."""

from __future__ import annotations

from dataclasses import dataclass

from bot.delivery.receipts import Report
from bot.model import Incoming


@dataclass(frozen=True, slots=True)
class Pressed:
    """A customer chose what we, or a template, had offered."""

    payload: str  # of ours: the place of the button, counted from 0
    label: str  # as it stood on the button: shortened, where ours was too long


@dataclass(frozen=True, slots=True)
class Came:
    """A customer's message, as far as the form alone can tell.

    `message` is in the chat of the name that they wrote under; `quoted` holds the advertisement
    that led them here, if any.
    """

    message: Incoming
    names: tuple[str, ...]  # all that they are called here, the one they write under first
    replied: str = ""  # Twilio's id of the message that they answer to
    pressed: Pressed | None = None


@dataclass(frozen=True, slots=True)
class Nothing:
    """Acknowledged, and without a trace."""

    reason: str  # a stable word


Parsed = Came | Report | Nothing
