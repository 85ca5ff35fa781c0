"""What ended badly and is tried by nobody any more: an operator looks, repeats, or lets it be.

Three kinds, each with numbers of its own: turns that could not be decided, messages of ours that
did not arrive or may not have, and deliveries that nobody could read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bot.model import ConversationKey

DROPPED = "dropped"  # the verdict of a turn's messages, or the failure of a send

Reader = Callable[[bytes], Awaitable[None]]  # takes a delivery as its platform had sent it
Readers = Mapping[str, Reader]  # by channel


class DeadKind(StrEnum):
    """What the number of a dead letter counts."""

    TURNS = "turns"
    SENDS = "sends"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Since:
    """What has been said to a customer after something went wrong."""

    author: str  # "staff", "model" or "rule"; "" for nobody
    at: float = 0.0  # Unix time


NOBODY = Since("")


@dataclass(frozen=True, slots=True)
class DeadTurn:
    """A turn that was given up: its messages wait for nobody."""

    number: int  # the turn's, as the log names it
    channel: str
    at: float  # Unix time at which the last of its messages came in
    died_at: float  # Unix time
    messages: int
    by_staff: bool  # it was a staff member's act, which never reached anybody
    attempts: int
    error: str  # the type of the last error; "" where it ended the whole program, or is not known
    told: str  # state of the sentence that told the customer; "" for none
    since: Since
    case: int | None  # that was open then, or was opened for it
    case_status: str
    holder: str  # who holds the chat now; "" for the bot
    words: tuple[str, ...] = field(default=(), repr=False)  # what was said, by staff or customers


@dataclass(frozen=True, slots=True)
class DeadSend:
    """A message of ours that did not arrive, or of which nobody knows."""

    number: int  # the row's: nd_N elsewhere
    channel: str
    at: float  # Unix time at which it was written
    author: str
    for_staff: bool
    state: str  # failed, unknown
    failure: str  # a stable word; see fate.py
    attempts: int
    since: Since
    holder: str
    words: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Unread:
    """A delivery that nobody could read."""

    number: int
    channel: str
    at: float  # Unix time
    reason: str
    size: int  # bytes
    whole: bool  # all of it was kept
    body: bytes = field(default=b"", repr=False)


DeadLetter = DeadTurn | DeadSend | Unread


@dataclass(frozen=True, slots=True)
class DeadList:
    """Some of them, the newest first, and how many there are in all."""

    found: tuple[DeadLetter, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Replay:
    """Try it once more."""

    kind: DeadKind
    number: int
    again: bool = False  # although it was answered since, or a person has the chat
    not_arrived: bool = False  # somebody has looked: the customer does not have it


class Revival(StrEnum):
    """What became of a replay."""

    DONE = "done"
    GONE = "gone"  # there is no such dead letter, or no longer
    ANSWERED = "answered"  # something was said to the customer since
    HELD = "held"  # a person has the chat
    ACT = "act"  # its author was told, and may have done it again
    ARRIVED = "arrived"  # it may have
    LOOKING = "looking"  # the platform is being asked
    KEPT = "kept"  # it goes out by itself once the customer writes
    ERASED = "erased"  # its words are gone
    CUT = "cut"  # only a part of it was kept
    UNREADABLE = "unreadable"  # this version cannot read it either
    NO_READER = "no_reader"  # this desk is not connected to that platform


@dataclass(frozen=True, slots=True)
class Revived:
    """The ledger's answer to a replay; nothing was written unless it is DONE."""

    what: Revival
    conversation: ConversationKey | None = None
    by: str = ""  # who has said something since, or has the chat


class DeadLetters(Protocol):
    """Where they are brought back, or let be."""

    async def replay(self, wanted: Replay) -> Revived:
        """Of turns and sends: back into the line or the outbox. Raises LedgerError."""
        ...

    async def drop(self, kind: DeadKind, numbers: Sequence[int], at: float) -> int:
        """Let them be for good; how many there were. Raises LedgerError."""
        ...

    async def unread(self, number: int) -> Unread | None:
        """An unreadable delivery. Raises LedgerError."""
        ...

    async def newest_unread(self) -> int:
        """The number of the last one. Raises LedgerError."""
        ...

    async def unread_again(self, body: bytes, after: int) -> Sequence[int]:
        """Numbers of deliveries like this one that were put away after that number."""
        ...
