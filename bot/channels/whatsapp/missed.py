"""What customers have sent while nobody took it: Twilio drops it after 15 seconds, and lists it.

A message that a webhook and the list both bring is stored once, by the same key. Most looks find
nothing: they take one call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from bot.channels.whatsapp.health import WhatsAppHealth
from bot.channels.whatsapp.listed import File, Found, Listed, form_of
from bot.channels.whatsapp.receive import Receiver
from bot.clock import Clock
from bot.errors import DeliveryDelayed
from bot.model import ConversationKey

log = structlog.get_logger()

LOOK_SECONDS = 300.0  # between two looks
# Younger messages are their webhook's: it may still come, and tells more. Twilio tries for 15.
GRACE_SECONDS = 20.0
CHATS_AT_ONCE = 16  # that are stored side by side: they share their commits
LATE_SECONDS = 120.0  # by which the list may lag
# A long weekend: whoever asked for a person before it has a case after it, though the answer itself
# may have to wait until they write. Well below the age at which keys of deliveries are forgotten.
LOOK_BACK_SECONDS = 3 * 86_400.0


class Marks(Protocol):
    """How far the list has been read."""

    async def mark(self, name: str) -> float | None:
        """Unix time; None for a list that never was. Raises LedgerError."""
        ...

    async def set_mark(self, name: str, at: float) -> None:
        """Raises LedgerError."""
        ...


class Listing(Protocol):
    """Twilio's list. See `WhatsApp.inbound` and `WhatsApp.files_of`."""

    async def inbound(self, since: float) -> Found: ...

    async def files_of(self, sid: str) -> Sequence[File]: ...


class Missed:
    """Finds what was missed by one number of ours, and takes it."""

    def __init__(
        self,
        number: str,
        listing: Listing,
        receiver: Receiver,
        marks: Marks,
        health: WhatsAppHealth,
        clock: Clock,
    ) -> None:
        self._name = f"whatsapp:{number}"
        self._listing = listing
        self._receiver = receiver
        self._ring = receiver.intake.ring
        self._marks = marks
        self._health = health
        self._clock = clock
        self._done: set[str] = set()  # sids that need not be looked at again

    async def look(self) -> float | None:
        """Take what was missed; the seconds after which to look again, if that is soon.

        A desk that never looked before begins now: what came earlier was never meant for it
        (to within LATE_SECONDS, which the next look goes back).
        Raises LedgerError, and CallFailed when Twilio does not tell: nothing is skipped, it all
        is looked at again.
        """
        begun = self._clock.now()
        mark = await self._marks.mark(self._name)
        if mark is None:
            await self._marks.set_mark(self._name, begun)
            self._health.looked_at = begun
            return None
        since = max(min(mark, begun) - LATE_SECONDS, begun - LOOK_BACK_SECONDS)
        try:
            found = await self._listing.inbound(since)
        except DeliveryDelayed as loading:
            return loading.retry_after
        ripe = [each for each in found.messages if each.sent_at <= begun - GRACE_SECONDS]
        young = found.messages[len(ripe) :]  # they are in order
        await self._take(ripe)
        self._done &= {each.sid for each in found.messages}
        if found.whole:
            await self._marks.set_mark(self._name, begun - GRACE_SECONDS)
        else:  # what lies beyond is not covered: the mark stays
            log.error("whatsapp_missed_too_many", messages=len(found.messages))
        self._health.looked_at = self._clock.now()
        for each in young:
            if not await self._receiver.has(form_of(each)):
                return GRACE_SECONDS
        return None

    async def _take(self, messages: Sequence[Listed]) -> None:
        """Some chats side by side; a chat's line is woken once all of it is stored, so that what
        was written in one go is read in one go.
        """
        chats: dict[str, list[Listed]] = {}
        for each in messages:
            if each.sid not in self._done:
                chats.setdefault(each.sender, []).append(each)
        before = self._health.missed
        try:
            waiting = [*chats.values()]
            while waiting:
                now, waiting = waiting[:CHATS_AT_ONCE], waiting[CHATS_AT_ONCE:]
                ends = await asyncio.gather(*map(self._take_chat, now), return_exceptions=True)
                for error in filter(None, ends):
                    raise error
        finally:
            if new := self._health.missed - before:
                log.warning("whatsapp_missed_found", messages=new)

    async def _take_chat(self, messages: Sequence[Listed]) -> None:
        woken: dict[ConversationKey, bool] = {}

        def note(conversation: ConversationKey, hurry: bool) -> None:
            woken[conversation] = hurry or woken.get(conversation, False)

        receiver = replace(self._receiver, intake=replace(self._receiver.intake, ring=note))
        try:
            for each in messages:
                if not await receiver.has(form_of(each)):
                    files = await self._listing.files_of(each.sid) if each.files else ()
                    is_new = await receiver.take_listed(form_of(each, files), each.sent_at)
                    self._health.missed += is_new
                self._done.add(each.sid)
        finally:
            for conversation, hurry in woken.items():
                self._ring(conversation, hurry)
