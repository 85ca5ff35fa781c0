"""One call to one model: past its breaker, on the purse, within the time. Whatever comes of it is
an attempt; nothing is raised but CancelledError."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import structlog

from bot.errors import ProviderBroken, ProviderError, ProviderRefused, ProviderUnavailable
from bot.prompt import Attempt, Completion, Prompt
from bot.providers.bill import Bill, believed
from bot.providers.breaker import End, Ticket, Turned
from bot.providers.member import NOT_LOADED, Member
from bot.providers.ports import Provider
from bot.providers.spending import Spending

log = structlog.get_logger()

MIN_SECONDS = 0.3  # a call with less time is not begun
LATE_SECONDS = 0.25  # for a provider that does not hold its own deadline
LONGEST_ID = 100  # signs of a provider's request id

# The question is at fault, not the model.
OUR_FAULT = frozenset({"bad_request", "context_too_long"})
# An answer came, and it is none.
ODD = frozenset({"empty", "garbled", "refused", "truncated"})


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a call, or of the wish to make one."""

    attempt: Attempt
    completion: Completion | None = None
    error: ProviderError | None = None


def not_called(member: Member, why: str) -> Made:
    """No request left the house."""
    return Made(Attempt(member.name, why, called=False))


async def attempt(member: Member, prompt: Prompt, ends: float, spending: Spending) -> Made:
    """Ask this model once; `ends` is the event loop's time at which it must be over."""
    if member.provider is None:
        return not_called(member, NOT_LOADED)
    loop = asyncio.get_running_loop()
    ticket = member.breaker.enter(loop.time())
    if ticket is None:
        return not_called(member, "breaker_open")
    try:
        if ends - loop.time() < MIN_SECONDS:
            return not_called(member, "no_time")
        reserved = await spending.reserve(member.access, prompt, ends - loop.time())
        if isinstance(reserved, str):
            return not_called(member, reserved)
        bill = Bill(member.access, prompt, reserved, spending)
        seconds = ends - loop.time()
        if seconds < MIN_SECONDS:
            bill.of_nothing()
            return not_called(member, "no_time")
        return await _made(member, member.provider, ticket, bill, seconds)
    finally:
        member.breaker.leave(ticket)


async def _made(
    member: Member, provider: Provider, ticket: Ticket, bill: Bill, seconds: float
) -> Made:
    """The call itself. Cancelled, it leaves what was reserved for it: it may have been billed."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    member.pulse.called()
    try:
        completion = await _complete(member.name, provider, bill.prompt, seconds)
    except ProviderError as error:
        now = loop.time()
        member.pulse.failed(error.kind)
        _say(member, error, member.breaker.tell(ticket, _end_of(error), now), now - begun)
        usage = believed(error.usage)
        cost = bill.of_failure(error, usage)
        return Made(Attempt(member.name, error.kind, now - begun, usage, cost), error=error)
    now = loop.time()
    member.pulse.answered(now)
    if member.breaker.tell(ticket, End.ANSWERED, now) is Turned.RECOVERED:
        log.info("model_recovered", model=member.name)
    usage = believed(completion.usage)
    cost = bill.of_answer(completion.text, usage)
    answered = Attempt(member.name, "answered", now - begun, usage, cost)
    return Made(answered, replace(completion, model=member.name, usage=usage))


async def _complete(name: str, provider: Provider, prompt: Prompt, seconds: float) -> Completion:
    """Its answer. Raises ProviderError or CancelledError, whatever the provider itself does."""
    try:
        async with asyncio.timeout(seconds + LATE_SECONDS):
            return await provider.complete(prompt, seconds)
    except ProviderError:
        raise
    except TimeoutError:
        raise ProviderUnavailable("timeout") from None
    except Exception as error:  # noqa: BLE001  # a bug of ours or of an SDK costs one answer at most
        log.error("provider_raised", model=name, error=type(error).__name__)
        raise ProviderUnavailable("broken_call") from None


def _end_of(error: ProviderError) -> End:
    if isinstance(error, ProviderBroken):
        return End.BROKEN
    if error.kind in OUR_FAULT:
        return End.OUR_FAULT
    if isinstance(error, ProviderRefused) or error.kind in ODD:
        return End.ODD
    return End.FAILED


def _say(member: Member, error: ProviderError, turned: Turned | None, seconds: float) -> None:
    """Somebody is called when a model breaks or is left alone, once; each failure is told quietly.

    The request id is what a provider's support asks for.
    """
    said = {"model": member.name, "kind": error.kind, "request_id": _plain(error.request_id)}
    log.info("model_failed", **said, seconds=round(seconds, 3))
    match turned:
        case Turned.BROKE:
            log.error("model_broken", **said)
        case Turned.OPENED:
            log.error("model_opened", **said)
        case Turned.RECOVERED:
            log.info("model_recovered", model=member.name)


def _plain(request_id: str) -> str:
    """As a log takes it: the sender chose it."""
    signs = (sign for sign in request_id[:LONGEST_ID] if sign.isascii() and sign.isprintable())
    return "".join(signs)
