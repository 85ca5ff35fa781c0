"""What happened: every call of the bot, every message that stands in a chat."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.telegram_api.params import Params


@dataclass
class Message:
    """One message in a chat, by the bot or by a person."""

    chat: int
    message_id: int
    payload: dict[str, Any]  # as Telegram would write it into an update
    by_bot: bool = False
    raw: str = ""  # as the bot sent it, before parsing
    at: float = 0.0  # by the stand-in's clock
    arrived: float = field(default_factory=time.monotonic)

    @property
    def text(self) -> str:
        """As shown: parsed, trimmed."""
        return str(self.payload.get("text", self.payload.get("caption", "")))

    @property
    def entities(self) -> list[dict[str, Any]]:
        return list(self.payload.get("entities", []))

    @property
    def keyboard(self) -> list[list[dict[str, Any]]]:
        return list(self.payload.get("reply_markup", {}).get("inline_keyboard", []))

    @property
    def labels(self) -> list[str]:
        """What its buttons say, row by row."""
        return [str(button["text"]) for row in self.keyboard for button in row]

    @property
    def reply_to(self) -> int | None:
        """The message that it quotes."""
        quoted = self.payload.get("reply_to_message")
        return int(quoted["message_id"]) if quoted else None

    @property
    def thread(self) -> int | None:
        thread = self.payload.get("message_thread_id")
        return None if thread is None else int(thread)


@dataclass
class Call:
    """One call of a method, recorded when it arrives."""

    at: float  # by the stand-in's clock
    arrived: float  # monotonic: for measuring
    method: str
    chat: int | None
    parameters: dict[str, Any]
    status: int = 0  # 0: not answered (yet)
    description: str = ""
    violation: bool = False  # it came to a chat for which a 429 was in force
    fault: str = ""  # the kind of fault that struck it
    message: Message | None = None  # what it delivered, even where no answer said so


@dataclass(frozen=True, slots=True)
class Toast:
    """What `answerCallbackQuery` showed."""

    query: str
    text: str
    alert: bool


@dataclass
class Ledger:
    """Everything, in order."""

    calls: list[Call] = field(default_factory=list)
    delivered: list[Message] = field(default_factory=list)  # by the bot
    toasts: list[Toast] = field(default_factory=list)

    def begin(self, method: str, params: Params, at: float) -> Call:
        call = Call(at, time.monotonic(), method, params.chat, dict(params.values))
        self.calls.append(call)
        return call

    def of(self, method: str, chat: int | None = None) -> list[Call]:
        """The calls of that method, to that chat or to any."""
        return [
            call
            for call in self.calls
            if call.method.lower() == method.lower() and chat in (None, call.chat)
        ]

    @property
    def violations(self) -> Iterator[Call]:
        return (call for call in self.calls if call.violation)
