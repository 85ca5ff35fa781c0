"""The record: one row a turn, filled in the transaction that settles it. Numbers, never words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from bot.ledger.tables import turns
from bot.model import ConversationKey
from bot.outcome import Outcome
from bot.prompt import Asked, Attempt
from bot.record import Record, Responded

# What models took is added up: a turn may be decided more than once before it is settled.
_TOOK = {
    "calls": turns.c.calls + bindparam("calls_now"),
    "tokens_read": turns.c.tokens_read + bindparam("read_now"),
    "tokens_cached": turns.c.tokens_cached + bindparam("cached_now"),
    "tokens_written": turns.c.tokens_written + bindparam("written_now"),
    "cost": turns.c.cost + bindparam("cost_now"),
    "unpriced": turns.c.unpriced + bindparam("unpriced_now"),
    "refused": turns.c.refused + bindparam("refused_now"),
}
_COUNT = (
    update(turns).where(turns.c.id == bindparam("turn")).values(**_TOOK, trail=bindparam("steps"))
)
# Held, for two decisions of one turn may add to its trail at the same time.
_TRAIL = select(turns.c.trail).where(turns.c.id == bindparam("turn")).with_for_update()
_SETTLED = {
    "state": "settled",
    "settled_at": bindparam("when"),
    "responded_at": bindparam("responded"),
    "verdict": bindparam("how"),
    "reason": bindparam("why"),
    "trail": bindparam("steps"),
    "messages": bindparam("joined"),
    "accepted_at": bindparam("accepted"),
    "answered_by": bindparam("by"),
    "reopenable": bindparam("may_be_taken_back"),
}
_CLOSE = update(turns).where(turns.c.id == bindparam("turn")).values(_SETTLED)
_CLOSE_ASKED = (
    update(turns)
    .where(turns.c.id == bindparam("turn"))
    .values(
        **_SETTLED,
        **_TOOK,
        model=bindparam("whose"),
        fallback=bindparam("not_the_first"),
        error_kind=bindparam("error"),
    )
)
_RESPONDED = (
    update(turns)
    .where(turns.c.id == bindparam("turn"), turns.c.responded_at.is_(None))
    .values(responded_at=bindparam("at"))
    .returning(turns.c.conversation, turns.c.accepted_at, turns.c.settled_at)
)
_LISTED = ("attempts", "drafts")  # of a trail: what grows with each decision


def close_turn(
    connection: Connection, record: Record, outcome: Outcome, *, left: bool, reopenable: bool
) -> None:
    """Settle the turn's row. `left`: what answers it is with the customer as of this commit.

    `reopenable`: a correction may take the answer back for as long as none of it has left.
    """
    values: dict[str, Any] = {
        "turn": record.turn,
        "when": record.settled_at,
        "responded": record.settled_at if left else None,
        "how": record.verdict,
        "why": record.reason,
        "steps": _trail(outcome) or None,
        "joined": record.messages,
        "accepted": record.accepted_at,
        "by": record.answered_by,
        "may_be_taken_back": reopenable,
    }
    if outcome.asked is None:
        connection.execute(_CLOSE, values)
        return
    values |= _took(record)
    values["steps"] = _with_earlier(_trail(outcome), _trail_so_far(connection, record.turn))
    values |= {
        "whose": record.model,
        "not_the_first": record.fallback,
        "error": record.error_kind,
    }
    connection.execute(_CLOSE_ASKED, values)


def count_asked(connection: Connection, record: Record) -> None:
    """What was spent on a decision that came to nothing, because the line was taken away.

    Its attempts join those of whoever settles the turn, before or after: each has been paid for,
    and the figures of a model are read from them.
    """
    settled = _trail_so_far(connection, record.turn)
    steps = _with_earlier(settled, _attempts_and_drafts(record))
    connection.execute(_COUNT, {"turn": record.turn, "steps": steps, **_took(record)})


def responded(connection: Connection, turn: int, at: float) -> Responded | None:
    """The first part of the answer has left. None where it answers no customer's message."""
    done = connection.execute(_RESPONDED, {"turn": turn, "at": at}).first()
    if done is None or done.accepted_at is None:
        return None
    channel = ConversationKey.parse(done.conversation).channel
    return Responded(channel, at - done.accepted_at, at - done.settled_at)


def _took(record: Record) -> dict[str, int]:
    used = [attempt.usage for attempt in record.attempts]
    return {
        "calls_now": record.calls,
        "read_now": sum(usage.read for usage in used),
        "cached_now": sum(usage.cached for usage in used),
        "written_now": sum(usage.written for usage in used),
        "cost_now": record.cost,
        "unpriced_now": record.unpriced,
        "refused_now": record.made_up,
    }


def _trail(outcome: Outcome) -> dict[str, object]:
    return {**outcome.trail, **(_asked(outcome.asked) if outcome.asked else {})}


def _trail_so_far(connection: Connection, turn: int) -> dict[str, Any]:
    return connection.execute(_TRAIL, {"turn": turn}).scalar() or {}


def _with_earlier(trail: Mapping[str, Any], earlier: Mapping[str, Any]) -> dict[str, Any]:
    """The trail with the attempts and drafts of an earlier decision before its own."""
    kept = {name: [*(earlier.get(name) or ()), *(trail.get(name) or ())] for name in _LISTED}
    return {**trail, **kept}


def _attempts_and_drafts(record: Record) -> dict[str, object]:
    return {
        "attempts": [_attempt(each) for each in record.attempts],
        "drafts": [list(checks) for checks in record.refused],
    }


def _asked(asked: Asked) -> dict[str, object]:
    return {
        "attempts": [_attempt(each) for each in asked.attempts],
        "context": {
            "lines": asked.shown.lines,
            "left_out": asked.shown.left_out,
            "tokens": asked.shown.tokens,
            "facts": list(asked.shown.facts),
        },
        "drafts": [list(draft.checks) for draft in asked.refused],
    }


def _attempt(attempt: Attempt) -> dict[str, object]:
    return {
        "model": attempt.model,
        "result": attempt.result,
        "called": attempt.called,
        "seconds": round(attempt.seconds, 3),
        "read": attempt.usage.read,
        "cached": attempt.usage.cached,
        "written": attempt.usage.written,
        "cost": attempt.cost,
    }
