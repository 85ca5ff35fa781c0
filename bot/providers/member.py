"""One model of the chain: how to reach it, whether it is there yet, and how it does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bot.providers.breaker import Breaker
from bot.providers.health import Pulse
from bot.providers.ports import Access, Provider

NOT_LOADED = "not_loaded"
LOADING = "loading"


@dataclass(slots=True)
class Member:
    """A place in the chain. It is taken once the provider's SDK is loaded, or never."""

    access: Access
    breaker: Breaker = field(default_factory=Breaker)
    pulse: Pulse = field(default_factory=Pulse)
    provider: Provider | None = None
    decided: asyncio.Event = field(default_factory=asyncio.Event)  # loaded, or failed to

    @property
    def name(self) -> str:
        return self.access.name

    def may_be_called(self, now: float) -> bool:
        """Whether time and a call should be kept for it."""
        missing = self.decided.is_set() and self.provider is None
        return not missing and self.breaker.would_let(now)

    def health(self, now: float) -> dict[str, object]:
        """As shown: see `Pulse.as_dict`."""
        if self.provider is None:
            return self.pulse.as_dict(NOT_LOADED if self.decided.is_set() else LOADING, now)
        return self.pulse.as_dict(self.breaker.state.value, now)
