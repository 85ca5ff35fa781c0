"""What models cost: the price in config.yaml, otherwise the list that came with this version.

The list is the package genai-prices. It takes most of a second to load, so it is loaded in a
thread beside the SDKs, and only when a model needs it. It is never updated over the network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import structlog

from bot.clock import Clock
from bot.prompt import Prompt, Usage
from bot.providers.ports import Access
from bot.providers.tariff import Rates, Tariff, Tier, most_tokens, stated

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice

log = structlog.get_logger()

MOST = 10**15  # billionths: a million dollars, the largest cap. A sum of such fits any column

# A model's tariff on a day, by kind and name; LookupError when the list does not know it.
PriceList = Callable[[str, str, date], Tariff]


@dataclass(slots=True)
class PriceBook:
    """The price of every model, as far as anybody knows it."""

    clock: Clock
    listed: PriceList | None = None  # None: not loaded, or not needed
    _found: dict[str, tuple[date, Tariff | None]] = field(default_factory=dict)

    def most(self, access: Access, prompt: Prompt) -> int | None:
        """The most that one call may cost, in billionths of a dollar; None: nobody knows."""
        tariff = self.tariff(access)
        if tariff is None:
            return None
        return min(tariff.most(most_tokens(access.kind, prompt), prompt.answer_tokens), MOST)

    def cost(self, access: Access, usage: Usage) -> int | None:
        """What a call with that usage cost, in billionths of a dollar; None: nobody knows."""
        tariff = self.tariff(access)
        return None if tariff is None else min(tariff.cost(usage), MOST)

    def tariff(self, access: Access) -> Tariff | None:
        """The tariff as of today. The list knows of prices that change on a date."""
        if access.price is not None:
            return stated(access.price)
        if self.listed is None:
            return None
        today = datetime.fromtimestamp(self.clock.now(), UTC).date()
        found = self._found.get(access.name)
        if found is None or found[0] != today:
            found = self._found[access.name] = (today, _look_up(self.listed, access, today))
        return found[1]


def needs_list(access: Access) -> bool:
    """Whether the price of this model can only stand in the list.

    Also where it is asked at another address: a gateway passes on to the provider whose name for
    the model it uses. For a server of one's own config.yaml states the price, if only as 0.
    """
    return access.price is None


def price_list() -> PriceList:
    """Load the list. Takes most of a second: call it in a thread. Raises ImportError."""
    from genai_prices import Usage as Nothing
    from genai_prices import calc_price

    def listed(kind: str, model: str, day: date) -> Tariff:
        noon = datetime.combine(day, time(12), UTC)
        found = calc_price(Nothing(), model, provider_id=kind, genai_request_timestamp=noon)
        return tariff_of(found.model_price)

    return listed


def tariff_of(price: ModelPrice) -> Tariff:
    """The prices of the list's kind as ours. Raises LookupError when they are incomplete."""
    thresholds = sorted(
        {tier.start for name in _NAMES for tier in getattr(getattr(price, name), "tiers", ())}
    )
    tiers = tuple(Tier(above, _rates(price, above + 1)) for above in thresholds)
    return Tariff(_rates(price, 0), tiers)


_NAMES = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok")


def _rates(price: ModelPrice, read: int) -> Rates:
    """What counts for a prompt of so many tokens."""
    plain, output, cached, cache_write = (_at(getattr(price, name), read) for name in _NAMES)
    if plain is None or output is None:
        raise LookupError("no price for tokens")
    return Rates(
        plain,
        output,
        plain if cached is None else cached,
        plain if cache_write is None else cache_write,
    )


def _at(price: Any, read: int) -> Decimal | None:
    """A price of the list, which may rise with the length of the prompt."""
    if price is None or isinstance(price, Decimal):
        return price
    reached = [tier.price for tier in price.tiers if read > tier.start]
    found: Decimal = reached[-1] if reached else price.base
    return found


def _look_up(listed: PriceList, access: Access, day: date) -> Tariff | None:
    try:
        return listed(access.kind, access.model, day)
    except LookupError:
        return None  # said once, when the models are loaded
    except Exception as error:  # noqa: BLE001  # a list of another shape must not stop an answer
        log.error("price_list_not_read", model=access.name, error=type(error).__name__)
        return None
