"""When a turn is given up, and what the log says of one that was settled."""

from __future__ import annotations

from dataclasses import replace

import structlog

from bot.intake.ports import Opened
from bot.outcome import Outcome, Verdict
from bot.pipeline import dead
from bot.prompt import Asked

log = structlog.get_logger()


def by_models(asked: Asked) -> dict[str, object]:
    """For the log: who answered, in how many calls, and which checks stopped a draft."""
    refused = sorted({check for draft in asked.refused for check in draft.checks})
    calls = sum(attempt.called for attempt in asked.attempts)
    return {"model": asked.answered_by, "calls": calls, "refused": refused}


def given_up(opened: Opened, error: str = "") -> Outcome:
    """What becomes of a turn that nobody could decide; `error` is the type of the last one."""
    log.error("turn_dead", turn=opened.turn.id, attempts=opened.attempts)
    try:
        outcome = dead(opened.turn)
    except Exception as failed:  # noqa: BLE001  # even without a sentence to say, the line moves on
        log.error("dead_line_failed", error=type(failed).__name__)
        outcome = Outcome(Verdict.DEAD, "dead")
    return replace(outcome, trail={**outcome.trail, "error": error}) if error else outcome
