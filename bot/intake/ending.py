"""How a turn ends that nobody could decide, and what the log says of one that models answered."""

from __future__ import annotations

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


def given_up(opened: Opened) -> Outcome:
    """A person looks at it, after too many attempts."""
    log.error("turn_dead", turn=opened.turn.id, attempts=opened.attempts)
    try:
        return dead(opened.turn)
    except Exception as error:  # noqa: BLE001  # even without a sentence to say, the line moves on
        log.error("dead_line_failed", error=type(error).__name__)
        return Outcome(Verdict.DEAD, "dead")
