"""The facts of one turn: each source is read once at the most, when somebody asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from bot.clock import Clock
from bot.errors import FactsUnavailable
from bot.facts.ports import Source
from bot.facts.sender import Customer
from bot.facts.values import fact_of
from bot.model import Fact, Missing, Stale
from bot.prompt import FactSpec

log = structlog.get_logger()

NOTHING: Mapping[str, str] = {}


class LookedUp:
    """What is known about the customer of one turn; satisfies `bot.model.Facts`.

    All reads of a turn together take `seconds` at the most, and none goes on after `deadline`
    (Unix time). A source that fails is not asked again in this turn and knows nothing.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        declared: Mapping[str, FactSpec],
        customer: Customer,
        told: Mapping[str, Fact],
        clock: Clock,
        *,
        seconds: float,
        deadline: float,
    ) -> None:
        self._sources = sources
        self._declared = declared
        self._customer = customer
        self._known = {name: fact for name, fact in told.items() if self._may_tell(name)}
        self._clock = clock
        self._deadline = deadline
        self._time = _Shared(seconds)
        self._read: dict[str, Mapping[str, str]] = {}  # by source, once it was read
        self._reading = {source.entry.name: asyncio.Lock() for source in sources}

    @property
    def declared(self) -> Mapping[str, FactSpec]:
        """See `Facts`."""
        return self._declared

    @property
    def known(self) -> Mapping[str, Fact]:
        """See `Facts`. Begins with what the customer told; what a source says takes its place."""
        return self._known

    async def get(self, name: str) -> Fact | Missing | Stale:
        """See `Facts`. The first source of config.yaml that knows the fact counts."""
        for source in self._sources:
            if name in source.entry.facts and name in await self._of(source):
                break  # `_of` has put it among the known, unless an earlier source had
        return self._known.get(name) or Missing(name)

    def _may_tell(self, name: str) -> bool:
        """What customers say of their own balance is no balance."""
        return name not in self._declared or self._declared[name].kind != "amount"

    async def _of(self, source: Source) -> Mapping[str, str]:
        """What the source says, read by whoever comes first; all others wait for that."""
        name = source.entry.name
        async with self._reading[name]:
            if name not in self._read:
                self._read[name] = await self._asked(source)
                self._take(source, self._read[name])
        return self._read[name]

    async def _asked(self, source: Source) -> Mapping[str, str]:
        now = self._clock.now()
        seconds = min(self._time.left(now), self._deadline - now)
        if seconds <= 0:
            log.warning("facts_unavailable", source=source.entry.name, error="no_time")
            return NOTHING
        self._time.begin(now)
        try:
            async with asyncio.timeout(seconds):
                return await source.read(self._customer, seconds)
        except (TimeoutError, FactsUnavailable) as error:
            kind = error.kind if isinstance(error, FactsUnavailable) else "timeout"
            log.warning("facts_unavailable", source=source.entry.name, error=kind)
        except Exception as error:  # noqa: BLE001  # whatever a source does, the turn goes on
            log.error(
                "facts_unavailable", source=source.entry.name, error=type(error).__name__.lower()
            )
        finally:
            self._time.end(self._clock.now())
        return NOTHING

    def _take(self, source: Source, values: Mapping[str, str]) -> None:
        """One read serves all facts of its source, where no source before it knows them."""
        entry = source.entry
        order = [each.entry.name for each in self._sources]
        for name, value in values.items():
            if name not in entry.facts:
                continue
            held = self._known.get(name)
            if held and held.source in order and order.index(held.source) < order.index(entry.name):
                continue
            self._known[name] = fact_of(
                name, entry.facts[name], value, entry.name, self._clock.now()
            )


class _Shared:
    """Time that several reads use up together; what they do side by side counts once."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._running = 0
        self._since = 0.0

    def left(self, now: float) -> float:
        return self._left - (max(0.0, now - self._since) if self._running else 0.0)

    def begin(self, now: float) -> None:
        if not self._running:
            self._since = now
        self._running += 1

    def end(self, now: float) -> None:
        self._running -= 1
        if not self._running:
            self._left -= max(0.0, now - self._since)
