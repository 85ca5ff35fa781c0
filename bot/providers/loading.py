"""What takes long to load, and how: SDKs and the price list, in a thread beside the running desk.

Each is optional. A model whose SDK is missing or broken is passed over; without the list a model
has the price that config.yaml states, or none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from bot.providers.member import Member
from bot.providers.ports import Access, Provider
from bot.providers.prices import PriceBook, PriceList, needs_list, price_list

log = structlog.get_logger()

Build = Callable[[Access], Provider]


def _openai() -> Build:
    from bot.providers.openai import OpenAIModel

    return OpenAIModel


def _anthropic() -> Build:
    from bot.providers.anthropic import AnthropicModel

    return AnthropicModel


@dataclass(frozen=True, slots=True)
class Sources:
    """Where everything comes from. Each of these may take seconds, and is called in a thread."""

    sdks: Mapping[str, Callable[[], Build]] = field(
        default_factory=lambda: {"openai": _openai, "anthropic": _anthropic}
    )
    prices: Callable[[], PriceList] = price_list


async def load(members: Sequence[Member], prices: PriceBook, sources: Sources) -> None:
    """Fill the places of the chain in their order; each is told when it is decided.

    Prices come first: a call must not be made before it is known what it may cost.
    """
    if any(needs_list(member.access) for member in members):
        await _load_prices(members, prices, sources)
    for member in members:
        try:
            member.provider = await asyncio.to_thread(_built, member.access, sources)
        except Exception as error:  # noqa: BLE001  # the other models and the desk go on without it
            log.error("model_not_loaded", model=member.name, error=type(error).__name__)
        member.decided.set()


async def _load_prices(members: Sequence[Member], prices: PriceBook, sources: Sources) -> None:
    def loaded() -> None:
        prices.listed = sources.prices()
        for member in members:  # the list itself is read at the first look
            prices.tariff(member.access)

    try:
        await asyncio.to_thread(loaded)
    except Exception as error:  # noqa: BLE001  # models are asked without it
        log.error("price_list_not_loaded", error=type(error).__name__)


def _built(access: Access, sources: Sources) -> Provider:
    """Everything that an SDK does once belongs here: its TLS context alone takes 20 ms."""
    return sources.sdks[access.kind]()(access)
