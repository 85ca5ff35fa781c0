"""Builds with one fault each in what speaks with Telegram; see broken_builds.py."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from bot.channels.telegram.polling import Polling
from bot.channels.telegram.quiet import Quiet
from bot.channels.telegram.send import TelegramSender
from bot.channels.telegram.transport import QuietBot
from bot.delivery.ports import Parcel
from bot.errors import DeliveryDelayed, DeliveryUnknown
from bot.ledger.ledger import Ledger
from bot.model import ConversationKey


def offset_before_storing() -> None:
    """Tell Telegram to forget what is still on its way into the ledger."""
    stores = Polling._take_all
    under_way = set()

    async def later(self: Polling, updates: Sequence[Any]) -> None:
        await asyncio.sleep(1.5)
        await stores(self, updates)

    async def at_once(self: Polling, updates: Sequence[Any]) -> None:
        task = asyncio.create_task(later(self, updates))
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    Polling._take_all = at_once  # type: ignore[method-assign]


def pending_dropped() -> None:
    """Begin with a clean slate at every start: what customers wrote meanwhile is gone."""
    registers = QuietBot.set_webhook

    async def afresh(self: QuietBot, **how: Any) -> Any:
        return await registers(self, **{**how, "drop_pending_updates": True})

    QuietBot.set_webhook = afresh  # type: ignore[method-assign]


def sent_again_blindly() -> None:
    """No answer came, so try again."""
    sends = TelegramSender.send

    async def again(self: TelegramSender, parcel: Parcel) -> str:
        try:
            return await sends(self, parcel)
        except DeliveryUnknown:
            raise DeliveryDelayed(0.1) from None

    TelegramSender.send = again  # type: ignore[method-assign]


def deaf_to_429() -> None:
    """Being asked to wait is no reason to."""
    sends = TelegramSender.send

    async def at_once(self: TelegramSender, parcel: Parcel) -> str:
        try:
            return await sends(self, parcel)
        except DeliveryDelayed:
            raise DeliveryDelayed(0.0) from None

    TelegramSender.send = at_once  # type: ignore[method-assign]
    Quiet.left = lambda self, chat: 0.0  # type: ignore[method-assign]


def unpaced() -> None:
    """As fast as it goes."""
    TelegramSender.rates = lambda self, to: {}  # type: ignore[method-assign]


def answers_the_newest_case() -> None:
    """Staff surely mean the customer who wrote last."""

    async def newest(
        self: Ledger, surface: ConversationKey, message: str, marked: int | None = None
    ) -> int | None:
        listed = await self.cases(True, newest_first=True)
        return listed.found[0].case.id if listed.found else None

    Ledger.case_shown = newest  # type: ignore[method-assign]
