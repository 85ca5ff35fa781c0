"""What the team's chat is told about sending: what did not arrive, and channels that stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import structlog

from bot.book import Book
from bot.channels import whatsapp
from bot.clock import Clock
from bot.delivery import notices
from bot.delivery.ports import Parcel
from bot.errors import LedgerError
from bot.ledger.ledger import Ledger
from bot.model import ConversationKey
from bot.outcome import Outgoing
from bot.plan import Plan
from bot.with_telegram import WithTelegram
from bot.with_whatsapp import invitations_of

log = structlog.get_logger()

# Reasons that concern our own number rather than one message: every send would tell the same.
OUR_OWN = frozenset({"sender"})
TOLD_ONCE_SECONDS = 600.0
SURE_SECONDS = 60.0  # without another stop, after which a channel counts as working again
# Twilio's codes of what stops a sender, or an HTTP status, as the words of `notices.stopped`.
WHY_STOPPED = {20003: "auth", 401: "auth", 63001: "auth", 63051: "locked", 63038: "daily_limit"}


class StaffNotices:
    """Speaks to the team's chat on Telegram. Where there is none, logs and status tell."""

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger,
        book: Callable[[], Book],
        clock: Clock,
        telegram: WithTelegram | None,
    ) -> None:
        self._invitations = invitations_of(plan)
        self._ledger = ledger
        self._book = book
        self._clock = clock
        self._telegram = telegram
        self._told: dict[str, float] = {}  # of our own number: when it was told last
        self._stopped_by: set[int] = set()  # Twilio's codes, until it works again for sure
        self._stops = 0
        self._telling: set[asyncio.Task[None]] = set()

    def undelivered(self, parcel: Parcel, reason: str) -> Outgoing | None:
        """What staff are told of a message that did not arrive, or may not have."""
        staff = self._telegram.staff() if self._telegram else None
        if staff is None or (reason in OUR_OWN and self._told_lately(reason)):
            return None
        book = self._book()
        can_invite = self._invitations.fit_all(book)
        return notices.undelivered(parcel, reason, book, staff, can_invite=can_invite)

    def alert(self, code: int | None) -> None:
        """Nothing leaves on WhatsApp until a person has acted; None: a message has left again.

        `code` is Twilio's reason. Each is told once: Twilio may take a message and say a moment
        later that it could not be sent after all.
        """
        if code is None:
            if self._stopped_by:
                self._start(self._works())
            return
        if code not in self._stopped_by:
            self._start(self._stopped(code))
        self._stopped_by.add(code)
        self._stops += 1

    async def close(self) -> None:
        """Whatever has not been told by now is in the log, and in `nightdesk status`."""
        for task in self._telling:
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)

    async def _stopped(self, code: int) -> None:
        why = WHY_STOPPED.get(code, "other")
        await self._tell(lambda book, to: notices.stopped(whatsapp.CHANNEL, why, book, to))

    async def _works(self) -> None:
        stops = self._stops
        await self._clock.sleep(SURE_SECONDS)
        if stops == self._stops and self._stopped_by:
            self._stopped_by.clear()
            await self._tell(lambda book, to: notices.works_again(whatsapp.CHANNEL, book, to))

    def _start(self, telling: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(telling)
        self._telling.add(task)  # a task that nobody holds may vanish
        task.add_done_callback(self._telling.discard)

    async def _tell(self, notice: Callable[[Book, ConversationKey], Outgoing]) -> None:
        staff = self._telegram.staff() if self._telegram else None
        if staff is None:
            return
        try:
            await self._ledger.tell(notice(self._book(), staff), None, self._clock.now())
        except LedgerError as error:
            log.error("channel_stop_not_told", error=str(error))

    def _told_lately(self, reason: str) -> bool:
        now = self._clock.now()
        if 0.0 <= now - self._told.get(reason, float("-inf")) < TOLD_ONCE_SECONDS:
            return True
        self._told[reason] = now
        return False
