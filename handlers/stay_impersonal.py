"""In a group the bot knows nobody: what is about one person belongs into a private chat."""

from __future__ import annotations

from dataclasses import dataclass

from bot.checks.approve import line
from bot.model import Limit, Turn
from bot.outcome import Change, Outcome, SetForm, Verdict
from bot.rules.personal import is_personal


@dataclass(frozen=True, slots=True)
class StayImpersonal:
    """Where others read along, asks for a person, data and forms are answered with an invitation.

    Opening hours and the like pass: they are the same for everybody. Who is limited is told so
    by LimitCustomer.
    """

    async def __call__(self, turn: Turn, /) -> Outcome | None:
        if not turn.public or turn.limit is not Limit.PASS:
            return None
        # A form can only be left over from before the chat was known to be a group.
        if turn.form is None and not _anything_personal(turn):
            return None
        return in_private(turn)


def in_private(turn: Turn) -> Outcome:
    """Invite to a private chat. Nothing is remembered, asked or opened."""
    invitation = line(
        "group_private",
        {},
        turn.book,
        to=turn.conversation,
        language=turn.language,
        answers=turn.answers,
        seed=turn.seed,
    )
    changes: tuple[Change, ...] = (SetForm(None),) if turn.form else ()
    return Outcome(Verdict.ANSWERED, "group_private", sends=(invitation,), changes=changes)


def _anything_personal(turn: Turn) -> bool:
    """Each message, the burst as the rules read it, and the burst as the commands read it."""
    readings = [message.said for message in turn.messages]
    readings += [turn.text, " ".join(readings)]
    return any(is_personal(said, turn.book, turn.language) for said in readings if said.strip())
