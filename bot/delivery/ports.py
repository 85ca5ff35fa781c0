"""What the courier asks of the ledger and of a channel that has to be called."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.model import ConversationKey
from bot.outcome import Button, Outgoing, Template
from bot.record import Responded

UNKNOWN = "unknown"  # why a parcel is reported to staff, beside the reasons of DeliveryRefused
LOOKING = "looking"  # why an unknown send is not reported yet: its platform can be asked
WINDOW_CLOSED = "window_closed"  # refused because the customer has not written for too long
AGAIN = "🔁"  # in front of what staff may have seen already: it is shown no third time


@dataclass(frozen=True, slots=True)
class Parcel:
    """A stored answer, ready to leave."""

    seq: int
    to: ConversationKey
    text: str
    author: str
    buttons: tuple[Button, ...]
    marked: bool = False  # the text is Markdown
    quote: str = ""  # the platform's id of the message to quote
    case: int | None = None  # the case it shows to staff, or the open case of the customer's chat
    name: str = ""  # what the customer of this chat calls themselves
    more: bool = False  # further rows waited in this chat when this one was taken
    attempt: int = 1  # which one at sending it: a platform may ask for another
    address: str = ""  # where to send it, where that is not the chat's own id
    heard_at: float = 0.0  # Unix time of the customer's last message
    template: Template | None = None  # to be sent in place of the text
    written_at: float = 0.0  # Unix time


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many messages in any window of so many seconds."""

    most: int
    seconds: float


class Sender(Protocol):
    """A platform that must be called. Channels that read the ledger need none."""

    def rates(self, to: ConversationKey) -> Mapping[str, Rate]:
        """What a message to this chat counts against, by name; names may be shared by chats."""
        ...

    async def send(self, parcel: Parcel) -> str:
        """Send once and return the platform's id.

        Raises DeliveryRefused, DeliveryDelayed or DeliveryUnknown; anything else counts as
        DeliveryUnknown, for it cannot be told whether the request had left.
        """
        ...


class Outbox(Protocol):
    """Where answers wait to be sent."""

    async def take(
        self,
        owner: str,
        now: float,
        until: float,
        most: int,
        channels: Sequence[str],
        resting: Collection[ConversationKey] = (),
    ) -> Sequence[Parcel]:
        """Move rows from pending to sending: the oldest of each chat, on its ownership epoch.

        Chats in `resting` are left alone. What is urgent goes first (`bot/outcome.py`, Urgency).
        """
        ...

    async def sent(self, seq: int, owner: str, external_id: str, at: float) -> Responded | None:
        """Mark it sent; tells the response time where this is what the customer waited for."""
        ...

    async def refused(
        self, seq: int, owner: str, reason: str, at: float, notice: Outgoing | None = None
    ) -> None:
        """Mark it failed for that reason and tell staff, in one transaction.

        "blocked" also holds back whatever else waits for that chat.
        """
        ...

    async def delayed(self, seq: int, owner: str, until: float) -> None: ...

    async def unknown(
        self,
        seq: int,
        owner: str,
        at: float,
        notice: Outgoing | None = None,
        reason: str = UNKNOWN,
    ) -> None:
        """It may have arrived: mark it so and tell staff, in one transaction.

        With the reason LOOKING, staff are told only if looking it up comes to nothing.
        """
        ...

    async def being_sent(self, conversation: ConversationKey) -> bool: ...

    async def lapsed(self, now: float) -> Sequence[tuple[Parcel, str]]:
        """Rows still `sending` whose sender is gone, each with its owner: they may have arrived."""
        ...
