"""A sender with everything around it in a test's hands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.channels.whatsapp import CHANNEL
from bot.channels.whatsapp.brake import Brake
from bot.channels.whatsapp.health import WhatsAppHealth
from bot.channels.whatsapp.newest import Newest
from bot.channels.whatsapp.send import TwilioSender
from bot.clock import Clock
from bot.delivery.ports import Parcel
from bot.model import ConversationKey
from tests.channels.whatsapp.tiny_twilio import NUMBER

NOW = 1_795_000_000.0
ANA = ConversationKey(CHANNEL, NUMBER, "+5511987654321")
BIA = ConversationKey(CHANNEL, NUMBER, "BR.1502576394655843")
URL = "https://desk.example.com/x"


class Out:
    """The clock is moved by hand."""

    def __init__(self, client: Any, send_seconds: float = 2.0) -> None:
        self.now = NOW
        self.chance = 2**31  # in the middle
        self.clock = Clock(now=lambda: self.now, seed=lambda: self.chance)
        self.heard = Newest()
        self.brake = Brake(self.clock)
        self.health = WhatsAppHealth(NUMBER)
        self.alerts: list[int | None] = []  # None: a message has left again
        self.client = client
        self.send_seconds = send_seconds
        self.sender = self.made()

    def made(self, quick_replies: bool = True, per_second: float = 80.0) -> TwilioSender:
        return TwilioSender(
            self.client,
            self.brake,
            self.heard,
            self.health,
            self.clock,
            public_url=URL,
            messages_per_second=per_second,
            quick_replies=quick_replies,
            send_seconds=self.send_seconds,
            alert=self.alerts.append,
        )


def parcel(text: str = "Olá", to: ConversationKey = ANA, **more: Any) -> Parcel:
    whole = Parcel(12, to, text, "rule", (), heard_at=NOW - 60, written_at=NOW - 5)
    return replace(whole, **more)
