"""What a source of facts is to the rest of the room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.facts.sender import Customer
from bot.model_settings import FactSource


class Source(Protocol):
    """One place where a business knows things about its customers."""

    @property
    def entry(self) -> FactSource:
        """What config.yaml says of it."""
        ...

    async def read(self, customer: Customer, seconds: float) -> Mapping[str, str]:
        """What it knows about this customer and nobody else, by the names of its facts.

        Values are as `values.value_of` writes them; what is not known is not there. Stops, and
        lets go of whatever it holds, once so many seconds have passed or the caller is cancelled.
        Raises FactsUnavailable.
        """
        ...

    async def close(self) -> None:
        """Let go of files and threads; reads that are under way end at once."""
        ...
