"""Somebody who sends too much is told so once, politely, and then not answered."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.checks.approve import line
from bot.model import Limit, Turn
from bot.outcome import Outcome, Verdict


@dataclass(frozen=True, slots=True)
class LimitCustomer:
    """Obeys the verdict that was charged when the message was accepted; counts nothing itself.

    Commands have a budget of their own and are decided before this step.
    """

    async def __call__(self, turn: Turn, /) -> Outcome | None:
        match turn.limit:
            case Limit.PASS:
                return None
            case Limit.SILENT:
                return Outcome(Verdict.LIMITED, "limited_silently")
            case Limit.FULL:
                # It answers nothing: what it speaks of is answered after it, in its order.
                told = line(
                    "queue_full",
                    {"messages": turn.waiting},
                    turn.book,
                    to=turn.conversation,
                    language=turn.language,
                    seed=turn.seed,
                )
                return Outcome(Verdict.LIMITED, "queue_full", sends=(told,))
            case Limit.NOTICE:
                notice = line(
                    "limited",
                    {"minutes": max(1, math.ceil(turn.retry_after / 60))},
                    turn.book,
                    to=turn.conversation,
                    language=turn.language,
                    answers=turn.answers,
                    seed=turn.seed,
                )
                return Outcome(Verdict.LIMITED, "limited", sends=(notice,))
