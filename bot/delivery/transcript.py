"""What a customer may read of their own chat: never a note, never what was not sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.model import ConversationKey
from bot.outcome import Button


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a conversation, as shown to the customer or to a program."""

    seq: int  # the order of everything; rises within a conversation
    id: str  # the sender's own id of an incoming message, else "nd_" + seq
    direction: str  # "in" or "out"
    author: str  # "customer", "model", "rule", "staff", "system"
    text: str
    labels: tuple[str, ...]  # of the buttons
    state: str
    receipt: str
    answers: tuple[str, ...]  # ids of the messages that this one answers
    created_at: float  # Unix time


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines, oldest first."""

    lines: tuple[Line, ...]
    more: bool


class UnknownMessage(Exception):
    """`after` names a message that this conversation does not have."""


class Transcripts(Protocol):
    """Where pages and programs read conversations."""

    async def page(self, conversation: ConversationKey, after: str, most: int) -> Page:
        """Lines after a message id ("" = from the start). Raises UnknownMessage, LedgerError."""
        ...

    async def recent(self, conversation: ConversationKey, most: int) -> Sequence[Line]:
        """The newest lines, oldest first. Raises LedgerError."""
        ...

    async def settled(self, conversation: ConversationKey) -> bool:
        """Whether nothing waits in this conversation. Raises LedgerError."""
        ...

    async def since(self, conversation: ConversationKey, seq: int) -> Sequence[Line]:
        """Lines after an arrival number, a thousand at the most. Raises LedgerError."""
        ...

    async def has(self, conversation: ConversationKey, seq: int) -> bool:
        """Whether this line still exists: not after an erasure. Raises LedgerError."""
        ...

    async def pressed(self, conversation: ConversationKey, message: str, index: int) -> str | None:
        """The value behind a button of this conversation; None when there is no such button."""
        ...

    async def offered(
        self, conversation: ConversationKey, external_id: str = ""
    ) -> tuple[Button, ...]:
        """The buttons under our message of that platform id; () when it has none, or is none.

        Without an id: those under the last thing that was said to the customer.
        """
        ...

    async def said(self, conversation: ConversationKey, external_id: str) -> str:
        """The text of the message with that platform id in this conversation; "" if unknown."""
        ...


def own_id(seq: int) -> str:
    """The id of a message that came from here."""
    return f"nd_{seq}"


def own_seq(message: str) -> int | None:
    """The arrival number in an id made by `own_id`, else None."""
    digits = message.removeprefix("nd_")
    return int(digits) if digits != message and digits.isdecimal() and len(digits) < 19 else None
