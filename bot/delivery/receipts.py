"""What a platform tells of a message after it has left: arrived, read, or failed after all.

Such reports come in any order, more than once, and now and then before the send itself has
returned. They are ranked, and a rank never goes back: whatever the order, the end is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.delivery.ports import Parcel
from bot.outcome import Outgoing
from bot.record import Responded

MOST_ATTEMPTS = 8  # at sending one message; each waits twice as long as the one before


class Receipt(StrEnum):
    """How far a message has come, as its platform says."""

    QUEUED = "queued"  # taken, and nothing more
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"  # it will not arrive; what was delivered meanwhile was delivered all the same
    DELIVERED = "delivered"
    READ = "read"

    @property
    def rank(self) -> int:
        """Rises on the way of a message; what ranks lower tells nothing new."""
        return _RANKS.index(self)


_RANKS = tuple(Receipt)


def rank_of(stored: str) -> int:
    """The rank of a stored receipt; below every other where there is none."""
    return Receipt(stored).rank if stored in _RANKS else -1


@dataclass(frozen=True, slots=True)
class Report:
    """One thing that a platform has told of a message of ours."""

    receipt: Receipt
    channel: str
    external_id: str  # the platform's id of the message
    chat: str  # whom it was for, as in the conversation's key or its address; "" where not told
    seq: int | None = None  # our own number of it; None: the platform's id has to tell
    attempt: int | None = None  # which attempt at sending it; None: whichever was the last
    reason: str = ""  # of a failure: as in DeliveryRefused
    again_after: float | None = None  # of a failure: seconds after which a second attempt may help
    account: str = ""  # which account of ours sent it; without `seq` nothing is found without it


class Heard(StrEnum):
    """What became of a report."""

    NEWS = "news"
    OLD = "old"  # said before, or overtaken by what came earlier
    STRANGE = "strange"  # no message of ours, or one that was for somebody else


@dataclass(frozen=True, slots=True)
class Noted:
    """The ledger's answer to a report."""

    heard: Heard
    responded: Responded | None = None  # where it shows that the customer has an answer
    to_send: bool = False  # there is something for the courier


@dataclass(frozen=True, slots=True)
class Adrift:
    """A send of which nobody knows what became."""

    parcel: Parcel
    since: float  # Unix time at which that was found out


class Receipts(Protocol):
    """Where reports are written down."""

    async def parcel_of(self, report: Report) -> Parcel | None:
        """The message that a report speaks of, for a notice to staff. Raises LedgerError."""
        ...

    async def note(self, report: Report, at: float, notice: Outgoing | None = None) -> Noted:
        """Write it down, and with a failure that is final the notice. Raises LedgerError."""
        ...


class Unsettled(Protocol):
    """Sends that may have arrived, while their platform can still be asked."""

    async def adrift(self, channel: str) -> Sequence[Adrift]:
        """Those that staff have not been told of, oldest first. Raises LedgerError."""
        ...

    async def taken(self, seq: int, external_ids: Sequence[str]) -> frozenset[str]:
        """Which of these platform ids belong, or may belong, to others than message `seq`.

        All are ids of messages to its chat, of its words.

        Raises LedgerError.
        """
        ...

    async def give_up(self, seq: int, at: float, notice: Outgoing | None) -> None:
        """Nobody can tell: it stays unknown, and staff are told. Raises LedgerError."""
        ...
