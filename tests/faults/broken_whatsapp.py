"""Builds with one fault each in what speaks with Twilio; see broken_builds.py."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from bot import staff_notices
from bot.channels.whatsapp import CHANNEL, WINDOW_SECONDS, codes, listing, missed
from bot.channels.whatsapp.brake import Brake
from bot.channels.whatsapp.connection import WhatsApp
from bot.channels.whatsapp.form import Form
from bot.channels.whatsapp.receive import Receiver
from bot.channels.whatsapp.send import TwilioSender
from bot.channels.whatsapp.signature import Signatures
from bot.delivery import unknowns
from bot.delivery.ports import Parcel
from bot.delivery.receipts import Receipt, Report
from bot.delivery.unknowns import Known
from bot.errors import DeliveryDelayed, DeliveryUnknown, LedgerError
from bot.intake.accept import Intake
from bot.intake.ports import Accepted
from bot.ledger import receipts, sqlite
from bot.model import Incoming
from bot.web.holding import Holding, Patience


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


def curious() -> None:
    """No fault: what was missed is looked for all the time, and a hook gives up within seconds."""
    hurried()
    impatient()
    missed.LOOK_SECONDS, missed.GRACE_SECONDS = 1.5, 2.0
    Holding.__init__.__defaults__ = (Patience(try_until=1.0, answer_by=1.4),)  # type: ignore[misc]


def never_looks() -> None:
    """Twilio will surely come again."""
    curious()

    async def only_begins(self: missed.Missed) -> None:
        if await self._marks.mark(self._name) is None:
            await self._marks.set_mark(self._name, self._clock.now())

    missed.Missed.look = only_begins  # type: ignore[method-assign]


def other_key() -> None:
    """What the list brings is remembered under a key of its own."""
    curious()
    takes = Receiver.take_listed
    intake = Intake.accept

    async def by_another_name(self: Receiver, form: Form, sent_at: float) -> bool:
        async def renamed(its: Intake, message: Incoming, **more: Any) -> Accepted:
            return await intake(its, replace(message, delivery=f"listed-{message.id}"), **more)

        Intake.accept = renamed  # type: ignore[method-assign]
        try:
            return await takes(self, form, sent_at)
        finally:
            Intake.accept = intake  # type: ignore[method-assign]

    async def unknown(self: Receiver, form: Form) -> bool:
        return False

    Receiver.take_listed = by_another_name  # type: ignore[method-assign]
    Receiver.has = unknown  # type: ignore[method-assign]


def newest_missed_first() -> None:
    """In the order of the list, which is not that of the customers."""
    curious()
    finds = listing._in_order
    listing._in_order = lambda found, since: finds(found, since)[::-1]
