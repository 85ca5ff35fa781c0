"""While a person holds the chat, the bot is silent."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.model import Incoming, Ownership, Turn
from bot.outcome import Outcome, Verdict

_FORGET = re.compile(r"/forget(?:@\w+)?(?:\s+(yes|no))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class YieldToHuman:
    """Everything said to a person is said to that person: "help" as much as "yes".

    A literal /forget is the one exception: the right to be forgotten asks nobody's leave.
    """

    async def __call__(self, turn: Turn, /) -> Outcome | None:
        if turn.ownership is not Ownership.HUMAN:
            return None
        if any(is_literal_forget(message) for message in turn.messages):
            return None
        return Outcome(Verdict.RELAYED, "held")


def is_literal_forget(message: Incoming) -> bool:
    """The slash form, typed or behind a button: not a sentence that means the same."""
    return literal_forget(message.said) is not None


def literal_forget(said: str) -> str | None:
    """What stands behind a literal /forget: "yes", "no" or nothing; None if it is none."""
    found = _FORGET.fullmatch(said.strip())
    return (found[1] or "").casefold() if found else None
