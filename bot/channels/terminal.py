"""The terminal chat: the same desk, talked to by whoever sits at this machine."""

from __future__ import annotations

from bot.channels import web
from bot.delivery.transcript import Line
from bot.desk.card import harmless
from bot.model import ConversationKey, Incoming

CHANNEL = "terminal"
_AUTHORS = {"customer": "you", "staff": "person"}


def conversation(user: str) -> ConversationKey:
    """One chat for each user of the machine."""
    return ConversationKey(CHANNEL, "", user)


def parse(body: bytes, chat: ConversationKey, now: float) -> tuple[Incoming, web.Press | None]:
    """The terminal speaks as the page does, over the local socket. Raises Unreadable."""
    return web.parse(body, chat, now)


def show(line: Line) -> tuple[str, ...]:
    """One message as lines of text, safe to print; buttons are numbered from 1."""
    author = _AUTHORS.get(line.author, "desk")
    first, *rest = line.text.splitlines() or [""]
    lines = [f"{author:>6} | {harmless(first)}"]
    lines += [f"       | {harmless(each)}" for each in rest]
    if line.labels:
        choices = "   ".join(f"[{n}] {harmless(label)}" for n, label in enumerate(line.labels, 1))
        lines.append(f"       | {choices}")
    return tuple(lines)
