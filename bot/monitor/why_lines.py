"""A message's way in plain words, step by step. Pure, and without anything that anybody said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from bot.delivery.transcript import own_id
from bot.desk.card import harmless, waiting, why
from bot.desk.fate import FAILURES, KEPT, LOOKED_UP
from bot.monitor.why import channel, entries, stages
from bot.prompt import NANO
from bot.trace import MessageTrace, Trace, TurnTrace

_VERDICTS: Mapping[str, str] = {
    "answered": "answered",
    "limited": "not answered: too many messages, the sender was told once",
    "relayed": "passed on to a person",
    "handed_off": "handed to a person",
    "ignored": "needs no answer",
    "dead": "could not be answered: something broke on our side, a person was called",
}
_SENDS: Mapping[str, str] = {
    "pending": "waits to be sent",
    "sending": "is on its way",
    "sent": "sent",
    "failed": "not sent",
    "unknown": "may have arrived: the connection broke while it was sent; it is not repeated",
    "superseded": "taken back before it was sent: the customer went on, a person took the chat, "
    "or it was erased",
}
_DIRECTIONS = {"in": "from a customer", "out": "from the desk", "act": "from staff"}


def lines(trace: Trace, zone: tzinfo) -> Iterator[tuple[str, str]]:
    """Pairs of a step and what happened at it; a step without a name goes on with the last."""
    message, turn = trace.message, trace.turn
    yield "message", _message(message)
    yield "", f"in {harmless(message.conversation)}"
    yield "at", _moment(message.at, zone)
    if limit := next((each for each in (message, *trace.batch) if each.limit), None):
        yield "limit", _limit(limit)
    if turn is None:
        yield "turn", _without_turn(trace)
    else:
        yield from _turn(trace, turn)
    for send in trace.sends:
        yield "send", _send(send)
    if case := trace.case:
        held = f", with {harmless(case.agent)}" if case.agent and case.status == "claimed" else ""
        yield "person", f"case {case.id} ({why(case.reason)}): {case.status}{held}"
    if trace.holder:
        yield "", f"{harmless(trace.holder)} holds this chat now: the bot is silent in it"


def candidate(message: MessageTrace, zone: tzinfo) -> str:
    """One of several messages that share an id."""
    where = f"{_DIRECTIONS.get(message.direction, message.direction)}, "
    at = _moment(message.at, zone)
    return f"{own_id(message.seq)}  {at}  {where}{harmless(message.conversation)}"


def _message(message: MessageTrace) -> str:
    own = own_id(message.seq)
    known = f" (there: {harmless(message.id)})" if message.id != own else ""
    kind = message.action or message.kind
    return f"{own}{known}, {kind} {_DIRECTIONS.get(message.direction, '')}, {message.state}"


def _limit(message: MessageTrace) -> str:
    if message.limit == "pass":
        return "within the sender's budget"
    if message.limit == "full":
        return "too many messages of this chat were waiting already, and told"
    over = "and told" if message.limit == "notice" else "or too many waiting, told before"
    return f"over the sender's budget, {over}; free again after {waiting(message.retry_after)}"


def _without_turn(trace: Trace) -> str:
    """Why nobody has decided anything about this message."""
    message = trace.message
    if message.direction == "out":
        return "none: the desk wrote this by itself, not as an answer"
    if message.state == "limited":
        return "none: too many messages, and told before: it is stored and not answered"
    if message.state == "waiting":
        rests = trace.resting > message.at
        return "not yet: " + (
            "its chat rests after a failure and is tried again" if rests else "it waits in line"
        )
    if message.state == "dead":
        return "none: it was given up, and a person was called"
    if message.direction == "act":
        return f"none: this took effect at once ({message.action or 'act'})"
    return "its record is gone"


def _turn(trace: Trace, turn: TurnTrace) -> Iterator[tuple[str, str]]:
    took = stages(turn)
    others = len(trace.batch) - 1
    joined = f", joined with {others} more" if others > 0 else ""
    tries = f", opened {turn.attempts} times" if turn.attempts > 1 else ""
    waited = f" after {_seconds(took['waiting'])}" if took["waiting"] is not None else ""
    yield "turn", f"{turn.id}: opened{waited}{joined}{tries}"
    if turn.state == "superseded":
        yield "", "called back before it was settled: its messages went to another turn"
    yield from _models(turn)
    if turn.state != "settled":
        if turn.state == "open":
            yield "decided", "not yet"
        return
    verdict = _VERDICTS.get(turn.verdict, turn.verdict)
    if turn.verdict == "relayed" and any(each.direction == "act" for each in trace.batch):
        verdict = "dealt with for staff"  # its reason says what: a reply, a note, a resolution
    by = harmless(str(turn.trail.get("step") or ""))
    yield "decided", f"{verdict} ({turn.reason}{f', by {by}' if by else ''})"
    yield "", f"took {_seconds(took['deciding'])}{_of_it(took['models'])}"
    voice = f"{turn.answered_by} ({turn.model})" if turn.model else turn.answered_by
    if voice:
        yield "voice", voice + (", not the first model" if turn.fallback and turn.model else "")


def _models(turn: TurnTrace) -> Iterator[tuple[str, str]]:
    context = turn.trail.get("context")
    if isinstance(context, Mapping):
        facts = ", ".join(map(str, context.get("facts") or ())) or "none"
        yield (
            "context",
            f"{context.get('lines', 0)} earlier lines, {context.get('left_out', 0)} left out, "
            f"about {context.get('tokens', 0)} tokens, facts: {harmless(facts)}",
        )
    for attempt in entries(turn.trail.get("attempts")):
        yield "model", _attempt(attempt)
    drafts = turn.trail.get("drafts")
    for number, checks in enumerate(drafts if isinstance(drafts, list) else (), start=1):
        named = ", ".join(map(str, checks)) if isinstance(checks, list) else str(checks)
        yield "check", f"draft {number} was not let out: {harmless(named)}"


def _attempt(attempt: Mapping[str, Any]) -> str:
    name, result = harmless(str(attempt.get("model"))), harmless(str(attempt.get("result")))
    if not attempt.get("called", True):
        return f"{name}: not asked ({result})"
    cost = attempt.get("cost")
    price = "price unknown" if cost is None else f"${cost / NANO:.6f}"
    tokens = f"{attempt.get('read', 0)} tokens read, {attempt.get('written', 0)} written"
    return f"{name}: {result} after {_seconds(attempt.get('seconds'))}, {tokens}, {price}"


def _send(send: MessageTrace) -> str:
    receipt = f", {send.receipt}" if send.receipt else ""
    part = f" part {send.part + 1}" if send.part else ""
    return (
        f"{own_id(send.seq)}{part} by {send.author} to {channel(send)}: {_sending(send)}{receipt}"
    )


def _sending(send: MessageTrace) -> str:
    if send.state == "failed" and send.failure == KEPT:
        return f"not sent: {FAILURES[KEPT]}"
    if send.state == "unknown" and send.failure == LOOKED_UP:
        return "may have arrived: it is being looked up at the platform"
    known = FAILURES.get(send.failure)
    why_not = f"{send.failure}: {known}" if known else send.failure
    failure = f" ({why_not})" if send.failure and send.state == "failed" else ""
    return _SENDS.get(send.state, send.state) + failure


def _of_it(models: float | None) -> str:
    return "" if models is None else f", of it {_seconds(models)} for the models"


def _seconds(seconds: float | None) -> str:
    return "?" if seconds is None else f"{seconds:.2f} s"


def _moment(at: float, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(at, UTC).astimezone(zone):%Y-%m-%d %H:%M:%S}"
