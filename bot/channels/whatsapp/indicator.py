"""Typing on WhatsApp: tied to the customer's newest message, which it marks as read."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any

import structlog

from bot.channels.whatsapp.brake import Brake
from bot.channels.whatsapp.codes import BUSY, Whole, concerns
from bot.channels.whatsapp.newest import MOST_CHATS, Newest
from bot.channels.whatsapp.transport import CallFailed, Refused, answered, within
from bot.clock import Clock
from bot.model import ConversationKey

log = structlog.get_logger()

EVERY_SECONDS = 20.0  # Twilio shows it for 25, or until the answer arrives
CALL_SECONDS = 2.0  # for a sign that nobody misses


class Typing:
    """Shows typing, seldom and briefly."""

    def __init__(self, client: Any, heard: Newest, brake: Brake, clock: Clock) -> None:
        self._indicator = client.messaging.v2.typing_indicator
        self._heard = heard
        self._brake = brake
        self._clock = clock
        self._shown: OrderedDict[ConversationKey, float] = OrderedDict()  # Unix time

    async def show(self, chat: ConversationKey) -> None:
        """Show it for 25 seconds, unless it is shown already. Never raises."""
        sid = self._heard.of(chat)
        now = self._clock.now()
        if not sid or self._brake.is_stopped or self._brake.left() > 0:
            return
        if 0.0 <= now - self._shown.get(chat, float("-inf")) < EVERY_SECONDS:
            return
        self._shown[chat] = now
        self._shown.move_to_end(chat)
        if len(self._shown) > MOST_CHATS:
            self._shown.popitem(last=False)
        try:
            with within(asyncio.get_running_loop().time() + CALL_SECONDS):
                await answered(self._indicator.create_async(channel="whatsapp", message_id=sid))
        except Refused as error:
            if concerns(error.status, error.code) is Whole.PACE:
                self._brake.flooded(BUSY.get(error.code or 0, 1.0))
            log.info("whatsapp_typing_refused", status=error.status, code=error.code)
        except CallFailed as error:
            log.info("whatsapp_typing_failed", error=type(error).__name__)

    def answered(self, chat: ConversationKey) -> None:
        """An answer has left: it ends what is shown."""
        self._shown.pop(chat, None)
