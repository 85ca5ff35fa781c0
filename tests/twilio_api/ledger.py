"""What happened: every call of the API, every message either way, every rule that was broken."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

INBOUND = "inbound"
OUTBOUND = "outbound-api"


def new_sid(prefix: str) -> str:
    """Unlike any other, even of another stand-in that ran before on the same ledger of a desk."""
    return prefix + uuid4().hex


@dataclass(eq=False)
class Message:
    """One Message resource."""

    sid: str
    direction: str
    from_: str  # with "whatsapp:"
    to: str
    text: str  # as the phone shows it: a body, or that of a content with its variables
    status: str
    created: float  # by the stand-in's clock
    sent: float | None = None
    updated: float = 0.0
    error_code: int | None = None
    template: str = ""  # the content it was made from: "HX..."
    buttons: tuple[tuple[str, str], ...] = ()  # title and id
    media: tuple[tuple[str, str], ...] = ()  # sid and type
    callback: str = ""
    person: str = ""  # the key of the person that it went to or came from
    shown: bool = False  # it has reached the phone
    deleted: bool = False  # at Twilio; the phone keeps it
    reported: list[str] = field(default_factory=list)  # statuses that were called back, in order
    arrived: float = field(default_factory=time.monotonic)

    @property
    def labels(self) -> list[str]:
        """What its buttons say."""
        return [title for title, _ in self.buttons]

    @property
    def m(self) -> str:
        """The sender's own id in the query of its status callback; "" where there is none."""
        return next(iter(parse_qs(urlsplit(self.callback).query).get("m", [])), "")


@dataclass
class Call:
    """One call of the API, recorded when it arrives."""

    at: float  # by the stand-in's clock
    arrived: float  # monotonic: for measuring
    method: str  # an operation: "messages.create" ...; "" where there is no such resource
    path: str
    fields: dict[str, Any]  # query, form or JSON
    sid: str = ""  # the resource that the path names
    chat: str | None = None  # To without "whatsapp:"
    status: int = 0  # 0: not answered (yet)
    code: int = 0  # of Twilio's error
    fault: str = ""  # the kind of fault that struck it
    message: str = ""  # sid of what it created, even where no answer said so


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule of Twilio's that was broken. It holds no text of a customer."""

    rule: str  # "too_long", "window", "rate", "answer" ...
    detail: str
    at: float


@dataclass(frozen=True, slots=True)
class Typing:
    """A typing indicator that was shown."""

    message: str  # the inbound sid that it names
    person: str
    at: float


@dataclass
class Ledger:
    """Everything, in order."""

    calls: list[Call] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    sent_to: dict[str, list[Message]] = field(default_factory=dict)  # by person
    violations: list[Violation] = field(default_factory=list)
    typing: list[Typing] = field(default_factory=list)

    def add(self, message: Message) -> None:
        self.messages[message.sid] = message
        if message.direction == OUTBOUND:
            self.sent_to.setdefault(message.person, []).append(message)

    def of(self, method: str, chat: str | None = None) -> list[Call]:
        """The calls of that operation, to that chat or to any."""
        return [call for call in self.calls if call.method == method and chat in (None, call.chat)]

    @property
    def outbound(self) -> Iterator[Message]:
        return (message for message in self.messages.values() if message.direction == OUTBOUND)

    @property
    def inbound(self) -> Iterator[Message]:
        return (message for message in self.messages.values() if message.direction == INBOUND)

    def broken(self, rule: str = "") -> list[Violation]:
        """Violations of that rule, or all."""
        return [violation for violation in self.violations if rule in ("", violation.rule)]

    def accepted(self) -> dict[str, list[str]]:
        """Sids by the `m` of their callbacks, "" for those without: what a judge counts."""
        found: dict[str, list[str]] = {}
        for message in self.outbound:
            found.setdefault(message.m, []).append(message.sid)
        return found
