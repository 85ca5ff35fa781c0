"""The models, asked one after the other until one answers.

What a turn has is shared so that the first model never uses up what the next one needs: time is
divided among those that may still be called, and a second try is made only while a call is left
for each of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from bot.clock import Clock
from bot.errors import ProviderUnavailable
from bot.prompt import Attempt, Completion, Prompt, Reply
from bot.providers.attempt import MIN_SECONDS, Made, attempt, not_called
from bot.providers.member import Member
from bot.providers.spending import Spending

LOADING_SHARE = 0.25  # of the time, at the most, goes to waiting for SDKs that still load
FIRST_REST, REST_SPREAD = 0.2, 0.4  # seconds before a second try: 0.2 to 0.6


@dataclass(slots=True)
class _Asking:
    """What is left of one question's time and calls. Times are the event loop's."""

    prompt: Prompt
    ends: float
    patience_ends: float  # of waiting for what is not loaded
    calls: int
    attempts: list[Attempt] = field(default_factory=list)

    def share(self, now: float, others: int) -> float:
        """Seconds for one model, when so many others may be called after it."""
        return max(self.ends - now, 0.0) / (1 + min(others, max(self.calls - 1, 0)))


@dataclass(frozen=True, slots=True)
class _SecondTry:
    wait: float  # seconds
    prompt: Prompt


class Chain:
    """Asks models in the order of config.yaml."""

    def __init__(
        self, members: Sequence[Member], spending: Spending, clock: Clock, longest: float
    ) -> None:
        """No question takes more than `longest` seconds, whatever the clock says."""
        self._members = tuple(members)
        self._spending = spending
        self._clock = clock
        self._longest = longest

    @property
    def names(self) -> tuple[str, ...]:
        """The models that are switched on, in the order in which they are asked."""
        return tuple(member.name for member in self._members)

    async def ask(self, prompt: Prompt, *, deadline: float, calls: int, only: str = "") -> Reply:
        """The first answer, with every attempt before it; no completion when none came.

        `deadline` is Unix time; it is compared with the clock once, here. `calls` is how many
        requests may be made at the most, `only` the one model to ask. Raises nothing but
        CancelledError.
        """
        now = asyncio.get_running_loop().time()
        seconds = min(max(deadline - self._clock.now(), 0.0), self._longest)
        asking = _Asking(prompt, now + seconds, now + seconds * LOADING_SHARE, calls)
        members = [member for member in self._members if only in ("", member.name)]
        for place, member in enumerate(members, start=1):
            completion = await self._ask(member, members[place:], asking)
            if completion is not None:
                return Reply(completion, tuple(asking.attempts))
        return Reply(None, tuple(asking.attempts))

    async def _ask(
        self, member: Member, later: Sequence[Member], asking: _Asking
    ) -> Completion | None:
        """One model, twice where that may help and leaves the later ones their calls."""
        loop = asyncio.get_running_loop()
        if asking.calls > 0:
            await _loaded(member, asking.patience_ends)
        now = loop.time()
        others = sum(each.may_be_called(now) for each in later)
        ends = now + asking.share(now, others)
        made = await self._call(member, asking.prompt, ends, asking)
        if asking.calls > others and member.breaker.would_let(loop.time()):
            second = self._second_try(made, asking.prompt, ends - loop.time())
            if second is not None:
                await self._clock.sleep(second.wait)
                made = await self._call(member, second.prompt, ends, asking)
        return made.completion

    async def _call(self, member: Member, prompt: Prompt, ends: float, asking: _Asking) -> Made:
        if asking.calls > 0:
            made = await attempt(member, prompt, ends, self._spending)
        else:
            made = not_called(member, "no_calls")
        asking.calls -= made.attempt.called
        asking.attempts.append(made.attempt)
        return made

    def _second_try(self, made: Made, prompt: Prompt, left: float) -> _SecondTry | None:
        """What to ask the same model once more, if anything."""
        error = made.error
        if error is None:
            return None
        if error.kind == "context_too_long":
            shorter = prompt.shortened()
            return _SecondTry(0.0, shorter) if len(shorter.said) < len(prompt.said) else None
        if not isinstance(error, ProviderUnavailable) or not error.again:
            return None
        wait = FIRST_REST + REST_SPREAD * (self._clock.seed() % 1_000) / 1_000
        if error.retry_after is not None:
            wait = max(wait, error.retry_after)
        # At least half of what is left is for the answer.
        return _SecondTry(wait, prompt) if wait <= left / 2 and left - wait >= MIN_SECONDS else None


async def _loaded(member: Member, until: float) -> None:
    """Wait for a model that still loads."""
    if not member.decided.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await member.decided.wait()
