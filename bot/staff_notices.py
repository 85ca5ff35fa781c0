"""What the team's chat is told about sending: what did not arrive, and channels that had to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from bot.book import Book
from bot.channels import whatsapp
from bot.clock import Clock
from bot.delivery import notices
from bot.delivery.ports import Parcel
from bot.errors import LedgerError
from bot.ledger.ledger import Ledger
from bot.outcome import Outgoing
from bot.plan import Plan
from bot.with_telegram import WithTelegram
from bot.with_whatsapp import invitations_of

log = structlog.get_logger()

# Reasons that concern our own number rather than one message: every send would tell the same.
OUR_OWN = frozenset({"sender"})
TOLD_ONCE_SECONDS = 600.0
# Twilio's codes of what stops a sender, as the words of `notices.stopped`.
WHY_STOPPED = {20003: "auth", 63001: "auth", 63051: "locked", 63038: "daily_limit"}


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
        """Nothing leaves on WhatsApp until a person has acted; None: what had stopped leaves again.

        `code` is Twilio's reason.
        """
        staff = self._telegram.staff() if self._telegram else None
        if staff is None:
            return
        book = self._book()
        if code is None:
            notice = notices.works_again(whatsapp.CHANNEL, book, staff)
        else:
            why = WHY_STOPPED.get(code, "other")
            notice = notices.stopped(whatsapp.CHANNEL, why, book, staff)
        task = asyncio.create_task(self._tell(notice))
        self._telling.add(task)  # a task that nobody holds may vanish
        task.add_done_callback(self._telling.discard)

    async def close(self) -> None:
        """Let what is being told be told."""
        await asyncio.gather(*self._telling)

    async def _tell(self, notice: Outgoing) -> None:
        try:
            await self._ledger.tell(notice, None, self._clock.now())
        except LedgerError as error:  # the log and `nightdesk status` have told it already
            log.error("channel_stop_not_told", error=str(error))

    def _told_lately(self, reason: str) -> bool:
        now = self._clock.now()
        if 0.0 <= now - self._told.get(reason, float("-inf")) < TOLD_ONCE_SECONDS:
            return True
        self._told[reason] = now
        return False
