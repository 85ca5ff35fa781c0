"""What the courier asks of the ledger and of a channel that has to be called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.model import ConversationKey
from bot.outcome import Button


@dataclass(frozen=True, slots=True)
class Parcel:
    """A stored answer, ready to leave."""

    seq: int
    to: ConversationKey
    text: str
    author: str
    buttons: tuple[Button, ...]


class Sender(Protocol):
    """A platform that must be called. Channels that read the ledger need none."""

    async def send(self, parcel: Parcel) -> str:
        """Send once and return the platform's id.

        Raises DeliveryRefused, DeliveryDelayed or DeliveryUnknown; anything else counts as
        DeliveryUnknown, for it cannot be told whether the request had left.
        """
        ...


class Outbox(Protocol):
    """Where answers wait to be sent."""

    async def take(
        self, owner: str, now: float, until: float, most: int, channels: Sequence[str]
    ) -> Sequence[Parcel]:
        """Move rows from pending to sending: the oldest of each chat, on its ownership epoch."""
        ...

    async def sent(self, seq: int, owner: str, external_id: str) -> None: ...

    async def refused(self, seq: int, owner: str) -> None: ...

    async def delayed(self, seq: int, owner: str, until: float) -> None: ...

    async def unknown(self, seq: int, owner: str) -> None: ...

    async def being_sent(self, conversation: ConversationKey) -> bool: ...

    async def sweep(self, now: float) -> int:
        """Settle sends whose sender is gone as unknown; returns how many."""
        ...
