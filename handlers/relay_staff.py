"""What a staff member does reaches the customer, the case, or nobody."""

from __future__ import annotations

from dataclasses import dataclass

from bot.checks.approve import inside, invite, line, relay
from bot.checks.values import Value
from bot.desk.invitation import Invitations
from bot.model import Action, Case, StaffAct, Turn
from bot.outcome import Change, CloseCase, Outcome, ReleaseCase, SetTries, Urgency, Verdict

STRANGER, NOT_A_REPLY = "stranger", "not_a_reply"
NO_INVITATIONS = Invitations()
ASIDES = frozenset(
    {STRANGER, NOT_A_REPLY, "anonymous", "media", "edited", "unknown_command", "help"}
)


@dataclass(frozen=True, slots=True)
class RelayStaff:
    """Replies go to the customer, notes stay inside, a resolved case goes back to the bot.

    An act for a case that is not this chat's open one reaches nobody but its author.
    """

    invitations: Invitations = NO_INVITATIONS

    async def __call__(self, turn: Turn, /) -> Outcome | None:
        act = turn.act
        if act is None:
            return None
        if act.action is Action.ASIDE:
            return _aside(act, turn)
        if turn.case is None or act.case != turn.case.id:
            return _told(act, turn, "staff_no_case", {"case": act.case or 0})
        match act.action:
            case Action.REPLY | Action.NOTE if not act.text.strip():
                return _told(act, turn, "staff_empty_reply", {"case": turn.case.id})
            case Action.REPLY:
                return Outcome(Verdict.RELAYED, "reply", sends=(relay(act, turn),))
            case Action.INVITE:
                return self._invited(act, turn)
            case Action.RELEASE:
                changes: tuple[Change, ...] = (ReleaseCase(turn.case.id), *_fresh_start(turn))
                return Outcome(Verdict.RELAYED, "release", changes=changes)
            case Action.RESOLVE:
                return _resolved(turn.case, turn)
            case _:  # a note stays inside; a claim was applied when it was accepted
                return Outcome(Verdict.RELAYED, act.action.value)

    def _invited(self, act: StaffAct, turn: Turn) -> Outcome:
        chat = turn.conversation
        template = self.invitations.to(chat.channel, turn.language, turn.name, turn.book)
        if template is None:
            return _told(act, turn, "staff_no_template", {"case": act.case or 0})
        return Outcome(Verdict.RELAYED, "invite", sends=(invite(act, turn, template),))


def _aside(act: StaffAct, turn: Turn) -> Outcome:
    """Why nobody got it. A stranger is told the number under which an admin can let them in."""
    name = f"staff_{act.why if act.why in ASIDES else NOT_A_REPLY}"
    number = act.agent.rpartition(":")[2]
    known: dict[str, Value] = {"id": int(number) if number.isdecimal() else 0}
    return _told(act, turn, name, known if act.why == STRANGER else {})


def _told(act: StaffAct, turn: Turn, name: str, values: dict[str, Value]) -> Outcome:
    """Tell the agent, in the language of the house, and nobody else."""
    answer = inside(name, values, turn.book, to=act.surface, language=turn.book.default_language)
    return Outcome(Verdict.RELAYED, name, sends=(answer,))


def _resolved(case: Case, turn: Turn) -> Outcome:
    closing = line(
        "resolved",
        {},
        turn.book,
        to=turn.conversation,
        language=turn.language,
        seed=turn.seed,
        urgency=Urgency.ROUTINE,
    )
    changes: tuple[Change, ...] = (CloseCase(case.id), *_fresh_start(turn))
    return Outcome(Verdict.RELAYED, "resolve", sends=(closing,), changes=changes)


def _fresh_start(turn: Turn) -> tuple[Change, ...]:
    """Failures from before the person came no longer count."""
    return (SetTries(0),) if turn.tries else ()
