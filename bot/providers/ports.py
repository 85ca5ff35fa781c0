"""What the chain asks of a model, and of whoever keeps the money."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import SecretStr

from bot.model_settings import Price
from bot.prompt import Completion, Prompt


@dataclass(frozen=True, slots=True)
class Access:
    """One model that may be asked, with all that is needed to reach it."""

    name: str  # as config.yaml calls it
    kind: Literal["openai", "anthropic"]
    model: str
    key: SecretStr
    base_url: str = ""  # "": the provider's own
    effort: str | None = None
    omit: tuple[str, ...] = ()  # fields of the request that this server does not take
    price: Price | None = field(default=None, hash=False)


class Provider(Protocol):
    """One model behind its SDK. One request a call: trying again is the chain's business."""

    async def complete(self, prompt: Prompt, seconds: float) -> Completion:
        """The model's whole answer within so many seconds.

        Raises ProviderUnavailable, ProviderRefused or ProviderBroken, and nothing else but
        CancelledError.
        """
        ...

    async def close(self) -> None:
        """End its connections."""
        ...


class Purse(Protocol):
    """What may be spent in a day. Amounts are billionths of a US dollar."""

    async def reserve(self, day: str, amount: int, cap: int) -> bool:
        """Count the amount as spent, unless more than `cap` would be. Raises LedgerError."""
        ...

    async def correct(self, day: str, difference: int) -> None:
        """A call did not cost what was reserved for it. Raises LedgerError."""
        ...

    async def spent(self, day: str) -> int:
        """What counts as spent on that day. Raises LedgerError."""
        ...
