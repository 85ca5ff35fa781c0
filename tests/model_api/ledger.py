"""What the stand-in was asked."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Call:
    """One request."""

    api: str  # "openai", "anthropic"
    path: str
    key: str = ""  # as it was sent
    headers: dict[str, str] = field(default_factory=dict)  # names in lower case
    body: dict[str, Any] = field(default_factory=dict)
    connection: int = 0  # calls of one number came over one connection
    at: float = field(default_factory=time.time)
    status: int = 0  # 0: none was sent
    reply: str = ""  # what it was answered with: "say", a fault's name, "refuse", "raw"
    answer: bytes = b""  # what it was sent, unless it went wrong on the wire
    left: bool = False  # the client went before it had the whole answer
    seconds: float = 0.0  # until it was over

    @property
    def model(self) -> str:
        return str(self.body.get("model", ""))


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, for a function that plays the model."""

    model: str
    system: str
    messages: tuple[tuple[str, str], ...]  # role and text

    @property
    def last(self) -> str:
        """What was said last."""
        return self.messages[-1][1] if self.messages else ""


def text_in(content: Any) -> str:
    """The text of a message's content, of either API."""
    if isinstance(content, str):
        return content
    return "".join(str(block.get("text", "")) for block in content or ())
