"""The HTTP API: other programs bring messages and read the answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator

from bot.channels.body import Body, Id, Text, read
from bot.delivery.transcript import Line, Page, own_seq
from bot.model import ConversationKey, Incoming

CHANNEL = "api"


def _not_ours(value: str) -> str:
    if own_seq(value) is not None:
        raise ValueError("must not look like an id of ours (nd_ and a number)")
    return value


class NewMessage(Body):
    """The body of POST /api/messages."""

    conversation: Id
    id: Annotated[Id, AfterValidator(_not_ours)]
    text: Text


def conversation(key_name: str, name: str) -> ConversationKey:
    """Each key has conversations of its own: two programs may use the same names."""
    return ConversationKey(CHANNEL, key_name, name)


def parse(body: bytes, key_name: str, now: float) -> Incoming:
    """A message of the program behind `key_name`. Raises Unreadable."""
    message = read(NewMessage, body)
    return Incoming(
        id=message.id,
        conversation=conversation(key_name, message.conversation),
        identity=f"api:{key_name}:{message.conversation}",
        text=message.text,
        received_at=now,
    )


def show(line: Line) -> dict[str, Any]:
    """One message as the API lists it."""
    return {
        "id": line.id,
        "direction": line.direction,
        "author": line.author,
        "text": line.text,
        "buttons": [{"label": label} for label in line.labels],
        "state": line.state,
        "receipt": line.receipt or None,
        "answers": list(line.answers),
        "created_at": datetime.fromtimestamp(line.created_at, UTC).isoformat(),
    }


def show_page(page: Page) -> dict[str, Any]:
    """A page of messages; `next` is the id to pass as `after`, null when nothing follows."""
    following = page.lines[-1].id if page.more and page.lines else None
    return {"messages": [show(line) for line in page.lines], "next": following}
