"""A message's way as a program reads it. Pure; the shape is a promise to scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.delivery.transcript import own_id
from bot.prompt import NANO
from bot.trace import MessageTrace, Trace, TurnTrace


def as_json(trace: Trace) -> dict[str, Any]:
    """`{message, turn, signals, limit, batch, context, attempts, checks, cache, sends, human}`.

    Times are UTC, spans are seconds, costs are US dollars; null stands for what did not happen.
    """
    message = trace.message
    trail = trace.turn.trail if trace.turn else {}
    return {
        "message": {
            "id": message.id,
            "seq": message.seq,
            "conversation": message.conversation,
            "direction": message.direction,
            "kind": message.kind,
            "state": message.state,
            "verdict": message.verdict,
            "at": iso(message.at),
        },
        "turn": _turn(trace.turn) if trace.turn else None,
        "signals": [],
        "limit": _limit(trace),
        "batch": [each.id for each in trace.batch],
        "context": trail.get("context"),
        "attempts": [_attempt(each) for each in entries(trail.get("attempts"))],
        "checks": trail.get("drafts") or [],
        "cache": None,
        "sends": [_send(each) for each in trace.sends],
        "human": _human(trace),
    }


def candidates_json(found: Sequence[MessageTrace]) -> dict[str, Any]:
    """Which messages may be meant."""
    return {
        "error": "ambiguous",
        "candidates": [
            {
                "id": own_id(each.seq),
                "conversation": each.conversation,
                "direction": each.direction,
                "at": iso(each.at),
            }
            for each in found
        ],
    }


def stages(turn: TurnTrace) -> dict[str, float | None]:
    """How long each part took, in seconds. `models` is a part of `deciding`."""
    asked = [each for each in entries(turn.trail.get("attempts")) if each.get("called", True)]
    models = sum(float(each.get("seconds") or 0) for each in asked) if asked else None
    return {
        "waiting": _between(turn.accepted_at, turn.opened_at),
        "deciding": _between(turn.opened_at, turn.settled_at),
        "models": models,
        "sending": _between(turn.settled_at, turn.responded_at),
    }


def entries(given: object) -> list[Mapping[str, Any]]:
    """The entries of a list in a trail; one that another version wrote otherwise is left out."""
    listed = given if isinstance(given, list | tuple) else ()
    return [each for each in listed if isinstance(each, Mapping)]


def iso(at: float | None) -> str | None:
    """As the HTTP API writes times."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()


def _turn(turn: TurnTrace) -> dict[str, Any]:
    return {
        "id": turn.id,
        "state": turn.state,
        "attempts": turn.attempts,
        "opened_at": iso(turn.opened_at),
        "settled_at": iso(turn.settled_at),
        "verdict": turn.verdict,
        "reason": turn.reason,
        "step": str(turn.trail.get("step", "")),
        "stages": stages(turn),
    }


def _limit(trace: Trace) -> dict[str, Any] | None:
    """What the sender's budget said; of an answer, what it said of the message answered."""
    said = next((each for each in (trace.message, *trace.batch) if each.limit), None)
    return {"verdict": said.limit, "retry_after": said.retry_after} if said else None


def _attempt(attempt: Mapping[str, Any]) -> dict[str, Any]:
    """As the trail has it, with the cost in dollars too; null where there was no call, or where
    nobody knows its price."""
    cost = attempt.get("cost") if attempt.get("called", True) else None
    return {**attempt, "cost_usd": None if cost is None else cost / NANO}


def _send(each: MessageTrace) -> dict[str, Any]:
    return {
        "id": own_id(each.seq),
        "part": each.part,
        "author": each.author,
        "channel": channel(each),
        "state": each.state,
        "failure": each.failure or None,
        "receipt": each.receipt or None,
        "at": iso(each.at),
    }


def _human(trace: Trace) -> dict[str, Any] | None:
    case = trace.case
    if case is None:
        return None
    return {"id": case.id, "status": case.status, "reason": case.reason, "agent": case.agent}


def channel(message: MessageTrace) -> str:
    """The first part of a conversation's key."""
    return message.conversation.partition("/")[0]


def _between(start: float | None, end: float | None) -> float | None:
    """Rounded to the microsecond; a clock that went back makes no negative spans."""
    return None if start is None or end is None else round(max(0.0, end - start), 6)
