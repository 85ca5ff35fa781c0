"""Asking for a person: the one place that promises somebody, or takes care not to."""

from __future__ import annotations

from collections.abc import Mapping

from bot.checks.approve import line
from bot.checks.values import Value
from bot.desk.hours import are_known, is_open, next_opening
from bot.desk.surface import StaffSurface
from bot.model import Turn
from bot.outcome import Change, OpenCase, Outcome, Outgoing, SetForm, SetTries, Verdict


async def call_a_person(
    turn: Turn,
    surface: StaffSurface,
    reason: str,
    *,
    details: Mapping[str, str] | None = None,
    first: tuple[Outgoing, ...] = (),
    changes: tuple[Change, ...] = (),
    trail: Mapping[str, object] | None = None,
) -> Outcome:
    """Open a case, unless one is open, and say truthfully what the customer can expect.

    What comes `first` is said before the promise and then answers the messages. The try count
    starts again and any form ends: from here on a person has the question.
    """
    name, values = await _promise(turn, surface)
    promise = line(
        name,
        values,
        turn.book,
        to=turn.conversation,
        language=turn.language,
        answers=() if first else turn.answers,
        seed=turn.seed,
    )
    all_changes: list[Change] = list(changes)
    if turn.case is None or details:  # what a form collected joins the case that is open
        all_changes.append(OpenCase(reason, details or {}))
    if turn.form is not None:
        all_changes.append(SetForm(None))
    if turn.tries:
        all_changes.append(SetTries(0))
    return Outcome(
        Verdict.HANDED_OFF,
        reason,
        sends=(*first, promise),
        changes=tuple(all_changes),
        trail={**(trail or {}), "promise": name},
    )


async def _promise(turn: Turn, surface: StaffSurface) -> tuple[str, dict[str, Value]]:
    """The strongest thing that is true."""
    hours = turn.book.hours
    if turn.case is not None:
        return "human_already", {}
    if await surface.can_see(turn.now):
        return "human_coming", {}
    if not are_known(hours):
        return "human_kept", {}
    if is_open(hours, turn.now):
        return "human_kept_open", {}
    opens = next_opening(hours, turn.now)
    return ("human_kept_closed", {"opens": opens}) if opens else ("human_kept", {})
