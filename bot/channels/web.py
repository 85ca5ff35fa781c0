"""The web chat: a page served by the desk itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

from bot.channels.body import Body, Id, Text, read
from bot.delivery.transcript import Line
from bot.model import ConversationKey, Incoming, Kind

CHANNEL = "web"


class Press(Body):
    """Which button was pressed: a message of this chat and the button's place in it."""

    message: Id
    index: Annotated[int, Field(ge=0, le=99)]


class NewMessage(Body):
    """The body of POST /chat/messages."""

    id: Id
    text: Text
    button: Press | None = None


def conversation(visitor: str) -> ConversationKey:
    """The chat of one browser; the visitor is the random part of its cookie."""
    return ConversationKey(CHANNEL, "", visitor)


def parse(body: bytes, chat: ConversationKey, now: float) -> tuple[Incoming, Press | None]:
    """A message, and the button behind it, whose value the door looks up. Raises Unreadable."""
    message = read(NewMessage, body)
    incoming = Incoming(
        id=message.id,
        conversation=chat,
        identity=f"{chat.channel}:{chat.chat}",
        text=message.text,
        received_at=now,
        kind=Kind.BUTTON if message.button else Kind.TEXT,
    )
    return incoming, message.button


def show(line: Line) -> dict[str, Any]:
    """One message as the page draws it; `key` is the page's own id of what it sent."""
    return {
        "id": line.id,
        "direction": line.direction,
        "author": line.author,
        "text": line.text,
        "buttons": [{"label": label} for label in line.labels],
        "state": line.state,
        "answers": list(line.answers),
        "created_at": datetime.fromtimestamp(line.created_at, UTC).isoformat(),
        "key": line.id if line.direction == "in" else "",
    }
