"""Builds with one fault each in what speaks with Twilio; see broken_builds.py."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot import staff_notices
from bot.channels.whatsapp import CHANNEL, WINDOW_SECONDS, codes
from bot.channels.whatsapp.brake import Brake
from bot.channels.whatsapp.connection import WhatsApp
from bot.channels.whatsapp.send import TwilioSender
from bot.channels.whatsapp.signature import Signatures
from bot.delivery import unknowns
from bot.delivery.ports import Parcel
from bot.delivery.receipts import Receipt, Report
from bot.delivery.unknowns import Known
from bot.errors import DeliveryDelayed, DeliveryUnknown, LedgerError
from bot.ledger import receipts, sqlite
from bot.web.holding import Holding


def hurried() -> None:
    """No fault: what is waited for by the minute takes seconds."""
    unknowns.FIRST_LOOK, unknowns.STEP, unknowns.SURE_AFTER = 0.5, 0.5, 2.0
    staff_notices.SURE_SECONDS = 0.5
    codes.LATER = 1.0
    for code in codes.STOPPED:
        codes.STOPPED[code] = 1.0


def impatient() -> None:
    """No fault: a lock that is held elsewhere is felt at once, instead of after twelve seconds."""
    sqlite.BUSY_MS = 200


def sound() -> None:
    """No fault: both."""
    hurried()
    impatient()


def yes_before_storing() -> None:
    """Answer Twilio, then store."""
    takes = Holding.take
    under_way = set()

    async def later(
        self: Holding, line: str, attempt: Callable[[], Awaitable[None]], begun: float
    ) -> None:
        await asyncio.sleep(0.5)
        await takes(self, line, attempt, begun)

    async def at_once(
        self: Holding, line: str, attempt: Callable[[], Awaitable[None]], begun: float
    ) -> bool:
        task = asyncio.create_task(later(self, line, attempt, begun))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        return True

    Holding.take = at_once  # type: ignore[method-assign]


def refuses_when_busy() -> None:
    """A database that is busy is the sender's problem: 503 at once."""
    impatient()

    async def once(
        self: Holding, line: str, attempt: Callable[[], Awaitable[None]], begun: float
    ) -> bool:
        try:
            await attempt()
        except LedgerError:
            return False
        return True

    Holding.take = once  # type: ignore[method-assign]


def anybody_may_call() -> None:
    """Signatures are not looked at."""
    Signatures.check = lambda self, *args: None  # type: ignore[method-assign]


def created_again_blindly() -> None:
    """No answer came, so try again."""
    sends = TwilioSender.send

    async def again(self: TwilioSender, parcel: Parcel) -> str:
        try:
            return await sends(self, parcel)
        except DeliveryUnknown:
            raise DeliveryDelayed(0.1) from None

    TwilioSender.send = again  # type: ignore[method-assign]


def hopes_for_the_best() -> None:
    """What was cut off has surely been sent."""
    hurried()

    async def surely(self: WhatsApp, parcel: Parcel, known: Known) -> Report:
        chat = parcel.address or parcel.to.chat
        return Report(Receipt.SENT, CHANNEL, f"SM{parcel.seq:032x}", chat, parcel.seq)

    WhatsApp.look_up = surely  # type: ignore[method-assign]


def looks_no_further() -> None:
    """What is adrift stays so: nobody asks Twilio, and nobody is told."""
    hurried()

    async def never(self: unknowns.Unknowns) -> float:
        return unknowns.IDLE_SECONDS

    unknowns.Unknowns._look = never  # type: ignore[method-assign]


def believes_the_last_word() -> None:
    """Whatever a callback says is so, whatever was said before."""
    receipts.rank_of = lambda stored: -1


def window_from_our_own_words() -> None:
    """The window is open for a day after anybody's last message, ours included."""

    def left(self: TwilioSender, parcel: Parcel) -> float:
        return parcel.written_at + WINDOW_SECONDS - self._clock.now()

    TwilioSender._window_left = left  # type: ignore[method-assign]


def deaf_to_429() -> None:
    """Being asked to wait is no reason to."""
    sends = TwilioSender.send

    async def at_once(self: TwilioSender, parcel: Parcel) -> str:
        try:
            return await sends(self, parcel)
        except DeliveryDelayed:
            raise DeliveryDelayed(0.0) from None

    TwilioSender.send = at_once  # type: ignore[method-assign]
    Brake.enter = lambda self: 0.0  # type: ignore[method-assign]


def unpaced() -> None:
    """As fast as it goes."""
    TwilioSender.rates = lambda self, to: {}  # type: ignore[method-assign]
