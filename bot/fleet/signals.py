"""What processes of one desk tell each other. Any of it may be lost: the ledger has it all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.model import ConversationKey
from bot.presence import Sign


class Tiding(StrEnum):
    """What a process tells the others."""

    ARRIVED = "arrived"  # something waits in this conversation
    HURRY = "hurry"  # the same, and it ends its burst
    OUTBOX = "outbox"  # something waits to be sent
    CREW = "crew"  # somebody has come or gone
    REFUSED = "refused"  # what a platform brought was not stored, and it may not bring it again
    NEWS = Sign.NEWS.value
    TYPING = Sign.TYPING.value
    IDLE = Sign.IDLE.value
    ERASED = Sign.ERASED.value

    @property
    def sign(self) -> Sign | None:
        """What whoever watches that chat is shown; None where it is nothing to see."""
        return Sign(self.value) if self.value in _SIGNS else None


_SIGNS = frozenset({Sign.NEWS, Sign.TYPING, Sign.IDLE, Sign.ERASED})


@dataclass(frozen=True, slots=True)
class Signal:
    """One line of what is told."""

    tiding: Tiding
    conversation: ConversationKey | None = None  # None: it concerns no chat

    def __str__(self) -> str:
        return f"{self.tiding.value} {self.conversation}" if self.conversation else self.tiding


def packed(signals: Iterable[str], most_bytes: int) -> Iterator[str]:
    """Texts of at most so many bytes that hold these lines, each once, in their order."""
    lines: list[str] = []
    size = 0
    for line in dict.fromkeys(signals):
        length = len(line.encode()) + 1
        if lines and size + length > most_bytes:
            yield "\n".join(lines)
            lines, size = [], 0
        if length <= most_bytes:
            lines.append(line)
            size += length
    if lines:
        yield "\n".join(lines)


def unpacked(text: str) -> Iterator[Signal]:
    """The signals of a text; a line that another version has written is left out."""
    for line in text.splitlines():
        name, _, key = line.partition(" ")
        try:
            yield Signal(Tiding(name), ConversationKey.parse(key) if key else None)
        except ValueError:
            continue
