"""The models as one thing that the program opens, asks and closes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog

from bot.clock import Clock
from bot.model_settings import Budget
from bot.prompt import Attempt, Prompt, Reply
from bot.providers.chain import Chain
from bot.providers.loading import Sources, load
from bot.providers.member import Member
from bot.providers.ports import Access, Purse
from bot.providers.prices import PriceBook
from bot.providers.spending import Cap, Spending

log = structlog.get_logger()

CLOSE_SECONDS = 2.0  # for one model to end its connections
# Side by side: fewer than the turns that are decided at once, so that models that hang hold up
# neither rules nor commands, and than the connections of a model, for which nobody then waits.
QUESTIONS_AT_ONCE = 128
WAITING_SHARE = 0.5  # of the time, at the most, goes to waiting for others to be answered


class ModelRoom:
    """Asks the models that are switched on. Until `open` has loaded a model, it is passed over."""

    def __init__(
        self,
        accesses: Sequence[Access],
        budget: Budget,
        longest: float,
        purse: Purse,
        clock: Clock,
        day_of: Callable[[float], str],
        sources: Sources | None = None,
    ) -> None:
        """`longest`: seconds that one question may take at the most; `day_of`: the business's day
        of a Unix time, on which the budget counts."""
        self._members = tuple(Member(access) for access in accesses)
        self._cap = Cap.of(budget)
        self._prices = PriceBook(clock)
        self._spending = Spending(purse, self._prices, self._cap, clock, day_of)
        self._chain = Chain(self._members, self._spending, clock, longest)
        self._clock = clock
        self._longest = longest
        self._places = asyncio.Semaphore(QUESTIONS_AT_ONCE)
        self._sources = sources or Sources()
        self._loading: asyncio.Task[None] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """See `Chain.names`."""
        return self._chain.names

    async def ask(self, prompt: Prompt, *, deadline: float, calls: int, only: str = "") -> Reply:
        """See `Chain.ask`. Where too many ask at once, the steps after the models answer."""
        seconds = min(max(deadline - self._clock.now(), 0.0), self._longest)
        try:
            async with asyncio.timeout(seconds * WAITING_SHARE):
                await self._places.acquire()
        except TimeoutError:
            return Reply(None, (Attempt(only or self.names[0], "too_many", called=False),))
        try:
            return await self._chain.ask(prompt, deadline=deadline, calls=calls, only=only)
        finally:
            self._places.release()

    def open(self) -> None:
        """Load in the background."""
        if not self._members:
            return
        self._loading = asyncio.create_task(self._load())

    async def close(self) -> None:
        """End every connection; what the models did cost is counted first. Never raises."""
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.gather(self._loading, return_exceptions=True)
        await self._spending.close()
        await asyncio.gather(*(self._end(member) for member in self._members))

    def health(self) -> Mapping[str, Mapping[str, object]]:
        """How each model does, by its name: see `Pulse.as_dict`."""
        now = asyncio.get_running_loop().time()
        return {member.name: member.health(now) for member in self._members}

    async def _load(self) -> None:
        await load(self._members, self._prices, self._sources)
        for member in self._members:
            if self._prices.tariff(member.access) is None:
                self._say_unpriced(member)
        log.info("models_loaded", models=[m.name for m in self._members if m.provider])

    def _say_unpriced(self, member: Member) -> None:
        """Once at the start, for a model that is then never asked is a surprise."""
        refused = self._cap.amount is not None and self._cap.unpriced == "refuse"
        log.warning("model_price_unknown", model=member.name, refused=refused)

    async def _end(self, member: Member) -> None:
        if member.provider is None:
            return
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await member.provider.close()
        except Exception as error:  # noqa: BLE001  # the program ends: the others are closed too
            log.warning("model_not_closed", model=member.name, error=type(error).__name__)
