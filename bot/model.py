"""The nouns of the road. Frozen, so that a handler can be tested by equality.

parse makes an Incoming; the ledger opens a Turn; a handler returns an Outcome (outcome.py), which
holds Outgoing messages and changes; one transaction writes all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Protocol
from urllib.parse import quote, unquote

from bot.book import Book
from bot.prompt import Asked, FactSpec, RefusedDraft


@dataclass(frozen=True, slots=True)
class ConversationKey:
    """One chat. Order is kept per conversation; limits hang on the identity instead."""

    channel: str  # "web", "api", "terminal", "desk" ...
    account: str  # bot id, business number, API key name; "" where there is only one
    chat: str  # the chat's own id on that channel
    thread: str = ""  # a topic inside the chat

    def __str__(self) -> str:
        parts = (self.channel, self.account, self.chat, self.thread)
        return "/".join(map(_quoted, parts))

    @classmethod
    def parse(cls, text: str) -> ConversationKey:
        """Read back what `str` wrote."""
        channel, account, chat, thread = (unquote(part) for part in text.split("/"))
        return cls(channel, account, chat, thread)


@lru_cache(maxsize=4096)  # a message's key is written a dozen times on its way
def _quoted(part: str) -> str:
    return quote(part, safe="")


class Kind(StrEnum):
    """What sort of message came in. Only TEXT waits for the end of a burst."""

    TEXT = "text"
    COMMAND = "command"  # a slash command, its plain-word twin, or a request for a person
    BUTTON = "button"
    MEDIA = "media"
    ACT = "act"  # a staff member did something


class Limit(StrEnum):
    """What accept decided about the sender's budget, and the room in the chat's queue."""

    PASS = "pass"
    NOTICE = "notice"  # over the budget, not told yet in this window
    FULL = "full"  # too much of this chat waits already, not told yet: said before that is answered
    SILENT = "silent"  # over the budget or the queue full, and told


class Ownership(StrEnum):
    """Who speaks in this chat."""

    BOT = "bot"
    HUMAN = "human"


@dataclass(frozen=True, slots=True)
class Media:
    """Something that is not text. Names and types are chosen by the sender: data, never trusted."""

    kind: str  # "voice", "photo", "document", "sticker", "location" ...
    reference: str = ""  # the channel's own handle for it
    unique: str = ""  # the same for the same file, whatever its handle
    name: str = ""  # of the file
    mime: str = ""
    size: int = 0  # bytes, as claimed; 0: not said
    detail: str = ""  # what a person should see of it: coordinates, a contact's number


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message from a customer, as parsed; `seq` is its arrival number once accepted."""

    id: str  # the channel's own id, the key for dropping repeats
    conversation: ConversationKey
    identity: str  # who sent it: limits and facts hang on this
    text: str  # what the person sees as having been said
    received_at: float  # Unix time
    kind: Kind = Kind.TEXT
    button: str = ""  # the value behind a pressed button, read as if it had been typed
    quoted: str = ""  # the text of the message being replied to
    media: tuple[Media, ...] = ()
    language: str = ""  # of the sender's app: a first guess, until something is understood
    seq: int = 0
    name: str = ""  # what the sender calls themselves
    public: bool = False  # said where others read along
    delivery: str = ""  # the platform's id of this delivery, where repeats bear another than `id`
    address: str = ""  # where to answer, where that is not the chat's own id
    sent_at: float = 0.0  # Unix time, of what was found long after its sender had written it

    @property
    def written_at(self) -> float:
        """Unix time: when it was received, or sent where that was long before."""
        return self.sent_at or self.received_at

    @property
    def said(self) -> str:
        """What to understand: the value of a button where one was pressed, else the text."""
        return self.button or self.text


@dataclass(frozen=True, slots=True)
class Edit:
    """A customer has changed a message after sending it."""

    id: str  # the platform's id of this delivery, the key for dropping repeats
    conversation: ConversationKey
    message: str  # the id of the message that was changed
    text: str  # what it says now
    at: float  # Unix time


class Action(StrEnum):
    """What a staff member can do to a case."""

    CLAIM = "claim"  # mine: the bot is silent at once
    REPLY = "reply"  # goes to the customer
    NOTE = "note"  # stays inside
    RELEASE = "release"  # back to the bot, the case stays open
    RESOLVE = "resolve"  # back to the bot, the case is closed
    INVITE = "invite"  # asks the customer, with an approved template, to write again
    ASIDE = "aside"  # said at the desk, but no act: reaches nobody, and the author is told so


@dataclass(frozen=True, slots=True)
class StaffAct:
    """One thing that a staff member did, from any surface."""

    id: str  # the surface's own id, the key for dropping repeats
    case: int | None  # None: the surface could not tell which case was meant
    agent: str  # the staff member's name
    action: Action
    text: str = ""
    surface: ConversationKey = ConversationKey("desk", "", "")  # where to answer the agent
    message: str = ""  # the surface's id of the agent's message, to be quoted in the answer
    why: str = ""  # of an aside: a stable word such as "stranger" or "not_a_reply"


class CaseStatus(StrEnum):
    """Where a case stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation that a person should look at."""

    id: int
    status: CaseStatus
    reason: str  # a stable word: "asked", "no_answer", "form", "dead" ...
    opened_at: float
    agent: str = ""  # who claimed it


@dataclass(frozen=True, slots=True)
class Fact:
    """Something known, with its origin and age."""

    name: str
    kind: str  # "text", "amount", "date", "order" ...
    value: str
    as_of: float  # Unix time
    source: str  # "customer", or the name of a fact source
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """No source knows this fact about this customer."""

    name: str


@dataclass(frozen=True, slots=True)
class Stale:
    """Known once, too old to be said now."""

    fact: Fact


class Facts(Protocol):
    """What is known about the sender of this turn."""

    @property
    def declared(self) -> Mapping[str, FactSpec]:
        """What some source may know about a customer: named in config.yaml, by name."""
        ...

    @property
    def known(self) -> Mapping[str, Fact]:
        """What has been read so far: all that `approve` may rely on."""
        ...

    async def get(self, name: str) -> Fact | Missing | Stale:
        """Read a fact once, under the turn's deadline."""
        ...


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """Facts that came with the turn; nothing further is read."""

    known: Mapping[str, Fact] = field(default_factory=dict)
    declared: Mapping[str, FactSpec] = field(default_factory=dict)

    async def get(self, name: str) -> Fact | Missing | Stale:
        return self.known.get(name) or Missing(name)


@dataclass(frozen=True, slots=True)
class Form:
    """A question-and-answer in progress."""

    name: str  # a form of the book, or a command that asks for a "yes"
    step: str  # the slot being asked for
    slots: Mapping[str, str]  # answered so far, in the customer's words
    book: str  # the book's version when it began
    expires: float  # Unix time
    invalid: int = 0  # answers in a row that did not fit


@dataclass(frozen=True, slots=True)
class Said:
    """One earlier line of the conversation."""

    author: str  # "customer", "model", "rule", "staff", "system"
    text: str
    at: float
    media: tuple[Media, ...] = ()  # what a customer sent beside the text, or in its place


@dataclass(frozen=True, slots=True)
class Turn:
    """All that a handler may know. Either `messages` or `act` is filled."""

    id: int
    conversation: ConversationKey
    messages: tuple[Incoming, ...]  # the burst, in order of arrival
    act: StaffAct | None
    history: tuple[Said, ...]  # oldest first, without this turn's messages
    identity: str
    ownership: Ownership
    case: Case | None  # the open case of this chat, if there is one
    tries: int  # failed answers in a row since the last good one
    limit: Limit
    form: Form | None  # asleep while a human holds the chat
    book: Book
    facts: Facts
    language: str  # one of the book's languages
    now: float  # Unix time at which the turn was opened
    deadline: float  # Unix time by which the answer must be in the outbox
    seed: int  # for choosing between variants of a sentence
    unanswered: tuple[int, ...] = ()  # earlier messages that wait for a person's reply
    pinned_language: bool = False  # the customer chose the language with a command
    retry_after: float = 3600.0  # seconds until one more message would pass, when limited
    name: str = ""  # what the customer calls themselves: text, never trusted
    attempt: int = 1  # which one at deciding it: a failure or a crash makes another
    public: bool = False  # others read along: nothing personal is asked, known or said
    drafts: tuple[RefusedDraft, ...] = ()  # that were not let out in this chat lately
    asked: Asked | None = None  # what asking the models took, once they were asked in vain
    waiting: int = 0  # messages of this chat that wait for an answer, where its queue is full

    @property
    def text(self) -> str:
        """The burst as one text, a line a message."""
        return "\n".join(message.said for message in self.messages if message.said)

    @property
    def answers(self) -> tuple[int, ...]:
        """The arrival numbers that an answer to this turn answers."""
        return tuple(message.seq for message in self.messages)
