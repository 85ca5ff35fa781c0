"""Beside the line: who waits for long is told so once, and the load learns how late it is.

It asks for the state in the ledger and for nothing that the line does, so that it speaks while
every model hangs, and after a minute in which no worker was alive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from bot.book import Book
from bot.checks.approve import line
from bot.clock import Clock
from bot.intake.load import Load
from bot.intake.ports import Late
from bot.outcome import Outgoing, Urgency
from bot.presence import Presence, Sign
from bot.words.language import detect

log = structlog.get_logger()

LOOK_SECONDS = 1.0
FIRST_SECONDS = 3.0  # after a start: most of what was left behind is answered by then
AT_ONCE = 25  # customers told with each look: an overload is not made worse by saying so
MANY = 100  # chats that must have waited before the line counts as late


class PressureLedger(Protocol):
    """What is asked of the ledger. Each raises LedgerError."""

    async def late(
        self, before: float, now: float, channels: Sequence[str], most: int
    ) -> Sequence[Late]:
        """Chats of the bot in which something waits since `before` and nothing was said."""
        ...

    async def tell_late(self, message: Outgoing, before: float, now: float) -> bool:
        """Say it if that is still so, in one transaction; whether it was said."""
        ...

    async def behind(self, now: float, nth: int) -> float:
        """Seconds for which the chat has waited that has waited `nth` longest."""
        ...


class Pressure:
    """Looks at what waits until it is stopped."""

    def __init__(
        self,
        ledger: PressureLedger,
        book: Callable[[], Book],
        clock: Clock,
        presence: Presence,
        wake_courier: Callable[[], None],
        load: Load,
        *,
        channels: Collection[str],
        slow_seconds: float | None,
    ) -> None:
        """`channels` are those of people whom an answer can reach; without `slow_seconds` nobody
        is told anything.
        """
        self._ledger = ledger
        self._book = book
        self._clock = clock
        self._presence = presence
        self._wake_courier = wake_courier
        self._load = load
        self._channels = tuple(sorted(channels))
        self._slow_seconds = slow_seconds
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Look again and again, for as long as the program runs."""
        rest = FIRST_SECONDS
        while not await self._stopped(rest):
            rest = LOOK_SECONDS
            try:
                self._load.waited(await self._ledger.behind(self._clock.now(), MANY))
                await self._tell_all()
            except Exception as error:  # noqa: BLE001  # whatever it is, the next look may work
                log.error("pressure_failed", error=type(error).__name__)

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    async def _stopped(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        return self._stopping.is_set()

    async def _tell_all(self) -> None:
        if self._slow_seconds is None or not self._channels:
            return
        now = self._clock.now()
        before = now - self._slow_seconds
        told = 0
        for each in await self._ledger.late(before, now, self._channels, AT_ONCE):
            if self._stopping.is_set():
                return
            if await self._ledger.tell_late(self._said(each), before, self._clock.now()):
                self._presence.tell(each.conversation, Sign.NEWS)
                self._wake_courier()
                told += 1
        if told:
            log.warning("slow_told", customers=told)

    def _said(self, late: Late) -> Outgoing:
        """In the language of what waits: nobody has read it yet."""
        book = self._book()
        found = None if late.pinned_language else detect(late.text, book.languages)
        known = late.language if late.language in book.languages else book.default_language
        return line(
            "slow",
            {},
            book,
            to=late.conversation,
            language=found or known,
            urgency=Urgency.ROUTINE,
        )
