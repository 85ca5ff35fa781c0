"""What intake asks of the ledger: plain requests, plain answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.book import Book
from bot.model import ConversationKey, Edit, Incoming, Kind, Limit, StaffAct, Turn
from bot.outcome import Outcome, Outgoing
from bot.record import Record


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much one person may send."""

    messages_per_hour: int
    commands_per_minute: int


MOST_WAITING = 50  # messages of one chat that may wait for an answer, unless it is set


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message at the door."""

    message: Incoming
    digest: str  # keyed hash of what was said: tells a repeat from another text under the same id
    allowance: Allowance | None  # None: nobody is limited
    refuse_when_limited: bool  # the sender is a program and is told so at once; nothing is stored
    most_waiting: int = MOST_WAITING  # in this chat; what comes then is not answered


class Admission(StrEnum):
    """What became of an arrival."""

    NEW = "new"
    DUPLICATE = "duplicate"  # the same message again: nothing was written
    CONFLICT = "conflict"  # another text under an id already used: nothing was written
    REFUSED = "refused"  # over the budget, or the queue is full: nothing was written


@dataclass(frozen=True, slots=True)
class Accepted:
    """The ledger's answer to an arrival."""

    admission: Admission
    limit: Limit = Limit.PASS
    seq: int = 0
    retry_after: float = 0.0  # seconds, when refused


@dataclass(frozen=True, slots=True)
class ActAccepted:
    """The ledger's answer to a staff act."""

    conversation: ConversationKey  # the line it went into: the customer's, or the agent's own
    case: int | None  # None: no such case, the agent is told
    seq: int
    duplicate: bool = False
    holder: str = ""  # who held the chat before


class Edited(StrEnum):
    """What became of an edit."""

    REPLACED = "replaced"  # nobody had read it yet: the new text takes the old one's place
    KEPT = "kept"  # answered already: kept beside the old text, no second answer
    SAME = "same"  # nothing that can be read has changed
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"  # there is no such message, or no longer


@dataclass(frozen=True, slots=True)
class Poison:
    """An authentic delivery that is no message we understand."""

    channel: str
    account: str
    reason: str  # a stable word: "not_json", "unknown_kind", "wrong_shape", "too_large"
    body: bytes  # as it came; empty when it was too large to read
    at: float  # Unix time
    conversation: ConversationKey | None = None  # where it could be told
    size: int = 0  # bytes, as announced or read


@dataclass(frozen=True, slots=True)
class Pauses:
    """How a burst is joined; see joining.py."""

    join: bool
    pause: float  # seconds after the last message, at the most
    cap: float  # seconds after the first, at the most
    correction: float = 0.0  # seconds after the close in which a message may take the answer back


@dataclass(frozen=True, slots=True)
class Nothing:
    """No message waits in this conversation."""


@dataclass(frozen=True, slots=True)
class Later:
    """Somebody else has the line, or a failed turn rests: come back at `at` (Unix time)."""

    at: float


@dataclass(frozen=True, slots=True)
class Joining:
    """The line is ours and the customer may still be typing: the burst closes at `closes_at`."""

    closes_at: float
    visible: bool  # the customer should see that an answer is coming


@dataclass(frozen=True, slots=True)
class Opened:
    """The line is ours and the turn is stamped."""

    turn: Turn
    fence: int  # rises with every lease: a settle with an old one changes nothing
    attempts: int  # how often this turn has been opened, this time included
    opened_first: float  # Unix time of the first attempt
    visible: bool


Begun = Nothing | Later | Joining | Opened


@dataclass(frozen=True, slots=True)
class Settlement:
    """A decided turn on its way into the ledger."""

    turn: Turn
    owner: str
    fence: int
    outcome: Outcome
    at: float


@dataclass(frozen=True, slots=True)
class Settled:
    """What settling did."""

    fenced: bool = False  # the line was taken away meanwhile: nothing was written
    corrected: bool = False  # the customer has gone on: no answer was written, the messages wait
    more: bool = False  # further messages wait
    to_send: bool = False  # rows for the courier
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Late:
    """A chat in which a message has waited for long, and nothing was said since."""

    conversation: ConversationKey
    text: str  # of that message: its language counts
    language: str  # of the chat, as far as it is known
    pinned_language: bool


class Inbox(Protocol):
    """Where messages are accepted."""

    async def accept(self, arrival: Arrival) -> Accepted:
        """Dedupe, charge and store in one transaction. Raises LedgerError: nothing was stored."""
        ...

    async def accept_act(self, act: StaffAct, at: float) -> ActAccepted:
        """Resolve the case, apply a claim, queue the rest. Raises LedgerError."""
        ...

    async def knows(self, message: Incoming) -> bool:
        """Whether a message of this id was accepted in this chat before. Raises LedgerError."""
        ...

    async def count_refused(self, channel: str, at: float) -> None:
        """Count a message that was refused without being stored."""
        ...

    async def edit(self, edit: Edit, kind: Kind, notice: Outgoing | None) -> Edited:
        """Replace what nobody has read yet, or keep the new text beside the old one.

        `kind` is what the new text is; `notice` tells staff, where a person has the message.
        Raises LedgerError.
        """
        ...


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a platform knows under several names."""

    chat: ConversationKey  # stays the same, whatever name they write under
    name: str  # the best one to know them by: a telephone number, if one is known


class Quarantine(Protocol):
    """Where deliveries are kept that nobody could read."""

    async def keep(self, poison: Poison) -> None:
        """Raises LedgerError."""
        ...


class Contacts(Protocol):
    """What platforms say about chats rather than in them."""

    async def blocked(self, chat: ConversationKey, blocked: bool, at: float) -> None:
        """The customer has shut us out, or let us in again. Raises LedgerError."""
        ...

    async def moved(self, before: ConversationKey, after: ConversationKey, at: float) -> None:
        """A chat goes on under another id, with everything in it. Raises LedgerError."""
        ...

    async def met(self, chat: ConversationKey, names: Sequence[str], at: float) -> Person:
        """Who writes under these names: in which chat they are served, and who they are.

        `names` are all that the platform calls this person now, the one they write under first
        (which is `chat`'s own); telephone numbers begin with "+". Names not known yet are
        remembered for the chat in which one of the others is served. Raises LedgerError.
        """
        ...

    async def home_of(self, chat: ConversationKey) -> ConversationKey:
        """The id under which this chat goes on; its own if it never moved. Raises LedgerError."""
        ...


class StaffChat(Protocol):
    """What a staff surface that must be called asks of the ledger."""

    async def case_shown(
        self, surface: ConversationKey, message: str, marked: int | None = None
    ) -> int | None:
        """The case that a message of ours in this staff chat shows. Raises LedgerError.

        `marked` is the case whose number the message bears. It counts only while a message about
        that case has left for this chat and its id is not known (yet).
        """
        ...

    async def tell(self, message: Outgoing, case: int | None, at: float) -> None:
        """Put something into the outbox of a staff surface. Raises LedgerError."""
        ...

    async def being_sent(self, conversation: ConversationKey) -> bool:
        """Whether a row of this chat is on its way right now. Raises LedgerError."""
        ...

    async def took_last(self, surface: ConversationKey) -> bool | None:
        """Whether the last message to this staff chat arrived; None if there was none."""
        ...


class LineLedger(Protocol):
    """Where turns are opened and settled."""

    async def begin(
        self, conversation: ConversationKey, owner: str, now: float, book: Book, seed: int
    ) -> Begun:
        """Lease the line and, once the burst is closed, stamp and open its turn."""
        ...

    async def bury(
        self, conversation: ConversationKey, owner: str, now: float, book: Book, seed: int
    ) -> Begun:
        """Lease the line and open a turn over its head that says nothing of what that holds.

        For rows that cannot be read: the turn can only be given up.
        """
        ...

    async def settle(self, settlement: Settlement) -> Settled:
        """Write answer, changes and record in one transaction, if the fence still holds."""
        ...

    async def count_asked(self, record: Record) -> None:
        """Models were asked for a decision that came to nothing: what it took still counts."""
        ...

    async def postpone(self, opened: Opened, owner: str, until: float) -> None:
        """A turn failed: free the line, keep its messages together, rest until `until`."""
        ...

    async def put_back(self, opened: Opened, owner: str) -> None:
        """A turn was not decided because the program stops: as if it had not been opened."""
        ...

    async def let_go(self, conversation: ConversationKey, owner: str) -> None:
        """Free a line that was leased for joining only."""
        ...

    async def due(self, now: float) -> Sequence[ConversationKey]:
        """Conversations with work and no valid lease: after a start, and for the sweep."""
        ...
