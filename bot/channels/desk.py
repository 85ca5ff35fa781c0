"""The staff surface on a terminal: acts come in, the agent's own line goes out."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from bot.channels.body import MAX_TEXT, Body, Id, read
from bot.model import Action, ConversationKey, StaffAct

CHANNEL = "desk"


class NewAct(Body):
    """The body of POST /desk/acts."""

    id: Id
    case: Annotated[int, Field(ge=0, lt=2**62)] | None = None
    agent: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    action: Annotated[Action, BeforeValidator(str)]
    text: Annotated[str, StringConstraints(max_length=MAX_TEXT)] = ""


def surface(agent: str) -> ConversationKey:
    """The line in which an agent is answered."""
    return ConversationKey(CHANNEL, "", agent)


def parse(body: bytes) -> StaffAct:
    """What an agent did. Raises Unreadable."""
    act = read(NewAct, body)
    return StaffAct(act.id, act.case, act.agent, act.action, act.text, surface(act.agent))
