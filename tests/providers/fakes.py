"""Models that a function plays, and a purse without a database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import SecretStr

from bot.clock import Clock
from bot.errors import LedgerError, ProviderUnavailable
from bot.model_settings import Budget, Price
from bot.prompt import Completion, Prompt, Reply, Speaker, Spoken, Usage
from bot.providers.chain import Chain
from bot.providers.member import Member
from bot.providers.ports import Access
from bot.providers.prices import PriceBook
from bot.providers.spending import Cap, Spending
from bot.providers.tariff import most_tokens

NOON = 1_800_000_000.0
DAY = "2027-01-15"
PRICE = Price(input=1.0, output=10.0, cached=0.1, cache_write=1.25)
USED = Usage(read=100, cached=40, written=20)

HICCUP = ProviderUnavailable("server_error", again=True)
DOWN = ProviderUnavailable("overloaded")

HELLO = Spoken(Speaker.CUSTOMER, "olá")
QUESTION = Prompt("standing", "personal", (HELLO,), 800)
LONG_QUESTION = replace(
    QUESTION, said=(HELLO, Spoken(Speaker.DESK, "oi"), Spoken(Speaker.CUSTOMER, "e o frete?"))
)


# Of PRICE: a token read, the dearest way to read one, a token written, from the cache.
READ, DEAREST, WRITTEN, CACHED = 1_000, 1_250, 10_000, 100
COST = 60 * READ + 40 * CACHED + 20 * WRITTEN  # of USED
MOST = most_tokens("openai", QUESTION) * DEAREST + 800 * WRITTEN
BYTES = len(b"standing" + b"personal") + len("olá".encode())
LIKELY_PROMPT = -(-BYTES // 4) * READ
ENOUGH = 1.0  # dollars


def access(name: str = "a", **changes: Any) -> Access:
    kept = Access(name, "openai", f"{name}-1", SecretStr("sk-canary"), price=PRICE)
    return replace(kept, **changes)


Behaviour = Callable[[Prompt, float], Awaitable[str | Completion]]


@dataclass(slots=True)
class FakeModel:
    """Plays what it is given, one behaviour a call; the last one is repeated."""

    name: str
    plays: list[Any]
    prompts: list[Prompt] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    began: list[float] = field(default_factory=list)
    closed: bool = False

    async def complete(self, prompt: Prompt, seconds: float) -> Completion:
        self.prompts.append(prompt)
        self.seconds.append(seconds)
        self.began.append(asyncio.get_running_loop().time())
        play = self.plays.pop(0) if len(self.plays) > 1 else self.plays[0]
        if callable(play):
            play = await play(prompt, seconds)
        if isinstance(play, BaseException):
            raise play
        return play if isinstance(play, Completion) else Completion(play, self.name, USED)

    async def close(self) -> None:
        self.closed = True

    @property
    def calls(self) -> int:
        return len(self.prompts)


def after(wait: float, play: Any) -> Behaviour:
    """Do that, but only after so many seconds."""

    async def later(prompt: Prompt, seconds: float) -> Any:
        await asyncio.sleep(wait)
        return play

    return later


async def hang(prompt: Prompt, seconds: float) -> Any:
    """A server that says nothing; the provider gives up in time, as it has promised."""
    await asyncio.sleep(seconds)
    return ProviderUnavailable("timeout")


async def never(prompt: Prompt, seconds: float) -> Any:
    """A provider that forgets its own deadline."""
    await asyncio.Event().wait()


def results(reply: Reply) -> list[tuple[str, str, bool]]:
    """What came of each attempt."""
    return [(each.model, each.result, each.called) for each in reply.attempts]


def now() -> float:
    """The event loop's time."""
    return asyncio.get_running_loop().time()


@dataclass(slots=True)
class FakePurse:
    """Counts like the ledger does; each answer takes a while, or never comes, or is a failure."""

    held: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    fails: bool = False
    corrections_fail: bool = False
    most: int = 0  # that was ever held
    asked: int = 0

    async def reserve(self, day: str, amount: int, cap: int) -> bool:
        self.asked += 1
        await asyncio.sleep(self.seconds)
        if self.fails:
            raise LedgerError("cannot write")
        if self.held.get(day, 0) + amount > cap:
            return False
        self.held[day] = self.held.get(day, 0) + amount
        self.most = max(self.most, self.held[day])
        return True

    async def correct(self, day: str, difference: int) -> None:
        self.asked += 1
        await asyncio.sleep(self.seconds)
        if self.fails or self.corrections_fail:
            raise LedgerError("cannot write")
        self.held[day] = max(self.held.get(day, 0) + difference, 0)

    async def spent(self, day: str) -> int:
        return self.held.get(day, 0)


class Rig:
    """A chain of fake models."""

    def __init__(
        self,
        *models: FakeModel,
        usd_per_day: float | None = None,
        unpriced: str = "refuse",
        purse: FakePurse | None = None,
        price: Price | None = PRICE,
        longest: float = 8.0,
        seed: int = 500,
    ) -> None:
        self.jump = 0.0  # seconds by which the clock on the wall is off
        self.clock = Clock(now=self._now, sleep=asyncio.sleep, seed=lambda: seed)
        self.models = {model.name: model for model in models}
        self.members = [Member(access(model.name, price=price), provider=model) for model in models]
        for member in self.members:
            member.decided.set()
        self.purse = purse or FakePurse()
        cap = Cap.of(Budget(usd_per_day=usd_per_day, unpriced=unpriced))
        self.prices = PriceBook(self.clock)
        self.spending = Spending(self.purse, self.prices, cap, self.clock, self._day_of)
        self.chain = Chain(self.members, self.spending, self.clock, longest)

    def _now(self) -> float:
        return NOON + asyncio.get_running_loop().time() + self.jump

    def _day_of(self, at: float) -> str:
        assert abs(at - NOON) < 1e6
        return DAY

    async def ask(
        self, prompt: Prompt = QUESTION, *, seconds: float = 8.0, calls: int = 3, only: str = ""
    ) -> Any:
        deadline = self.clock.now() + seconds
        return await self.chain.ask(prompt, deadline=deadline, calls=calls, only=only)

    def breaker(self, name: str) -> Any:
        return next(member.breaker for member in self.members if member.name == name)

    @property
    def held(self) -> int:
        return self.purse.held.get(DAY, 0)


def one(*plays: Any, **options: Any) -> Rig:
    """A chain of one model, under a cap that leaves room."""
    return Rig(FakeModel("a", list(plays)), usd_per_day=ENOUGH, **options)


async def cost_of(rig: Rig, prompt: Prompt = QUESTION) -> int | None:
    """What the record says of the first attempt, once the purse has heard of it too."""
    reply = await rig.ask(prompt)
    await rig.spending.close()
    cost: int | None = reply.attempts[0].cost
    return cost
