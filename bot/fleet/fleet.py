"""One process among several on one database.

It says every second or so that it is there, learns who else is, and leads if nobody else does.
What it hears from the others wakes the same parts as its own news.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.errors import LedgerError
from bot.fleet.clock import DatabaseClock
from bot.fleet.crew import Crew, Stage
from bot.fleet.neighbours import Household
from bot.fleet.signals import Signal, Tiding, unpacked
from bot.model import ConversationKey
from bot.presence import Sign

log = structlog.get_logger()

RENEW_SECONDS = 1.5
LEASE_SECONDS = 5.0  # after which a process that says nothing counts as gone
# Before its lease is over, a leader that cannot renew it stops leading: nobody can tell it.
MARGIN_SECONDS = 0.5


class Seen(Protocol):
    """What saying that one is there tells."""

    @property
    def workers(self) -> frozenset[str]: ...
    @property
    def living(self) -> frozenset[str]: ...
    @property
    def leads(self) -> bool: ...


class Roll(Protocol):
    """Where processes of a fleet are written down."""

    async def renew(
        self, owner: str, *, stage: Stage, lead: bool, now: float, until: float
    ) -> Seen:
        """Be there until then, and lead, if it is wanted and nobody does. Raises LedgerError."""
        ...

    async def release_gone(self, living: Collection[str], now: float) -> int:
        """Free what workers hold that are gone; how many lines that were. Raises LedgerError."""
        ...

    async def resign(self, owner: str) -> None:
        """Be there no more. Raises LedgerError."""
        ...


class Voice(Protocol):
    """How the others are told."""

    def ring(self, signal: str) -> None: ...
    async def run(self) -> None: ...
    def stop(self) -> None: ...


# Makes a voice: from a name, what is done with what is heard, and with what may be missed.
Voices = Callable[[str, Callable[[str], None], Callable[[], None]], Voice]


class Fleet:
    """This process's part in a fleet."""

    def __init__(
        self,
        owner: str,
        roll: Roll,
        voices: Voices,
        time: DatabaseClock,
        clock: Clock,
        *,
        stage: Stage,
        may_lead: bool,
        watched: Collection[str],
    ) -> None:
        """`watched`: channels whose pages look at signs."""
        self.owner = owner
        self._roll = roll
        self._voice = voices(owner, self._heard, self._missed)
        self._time = time
        self._clock = clock
        self._stage = stage
        self._may_lead = may_lead
        self._watched = frozenset(watched)
        self._crew = Crew(owner)
        self._until = 0.0  # of our own lease, Unix time
        self._household: Household | None = None
        self._look = asyncio.Event()
        self._leaving = False
        self._running: list[asyncio.Task[None]] = []

    def leads(self) -> bool:
        """See `Neighbours`; false as soon as the lease may be over."""
        return self._crew.leads and self._clock.now() < self._until - MARGIN_SECONDS

    def workers(self) -> int:
        return len(self._crew.workers)

    def serves(self, conversation: ConversationKey) -> bool:
        return self._crew.serves(str(conversation))

    def meet(self, household: Household) -> None:
        self._household = household

    async def open(self) -> None:
        """Say that we are there, before the doors open."""
        await self._renew()
        self._running = [
            asyncio.create_task(self._voice.run()),
            asyncio.create_task(self._renew_for_ever()),
        ]
        self._tell(Tiding.CREW)

    async def retire(self) -> None:
        """Others get new conversations from now on; what is led is led on until `leave`."""
        if self._stage is Stage.WORKS:
            self._stage = Stage.RETIRES
            with suppress(LedgerError):
                await self._renew()
            self._tell(Tiding.CREW)

    async def leave(self) -> None:
        self._leaving = True
        self._crew = replace(self._crew, leads=False)
        self._look.set()
        if len(self._running) > 1:
            await self._running[1]
        try:
            await self._roll.resign(self.owner)
        except LedgerError as error:
            log.warning("lease_not_returned", error=str(error))  # it ends by itself
        self._tell(Tiding.CREW)

    async def close(self) -> None:
        self._voice.stop()
        for task in self._running:
            with suppress(TimeoutError, asyncio.CancelledError):
                async with asyncio.timeout(LEASE_SECONDS):
                    await task

    def arrived(self, conversation: ConversationKey, hurry: bool) -> None:
        tiding = Tiding.HURRY if hurry else Tiding.ARRIVED
        self._tell(tiding, conversation)
        self._take(Signal(tiding, conversation))

    def wake_courier(self) -> None:
        self._tell(Tiding.OUTBOX)
        self._take(Signal(Tiding.OUTBOX))

    def refused(self) -> None:
        self._tell(Tiding.REFUSED)
        self._take(Signal(Tiding.REFUSED))

    def show(self, conversation: ConversationKey, sign: Sign) -> None:
        if (household := self._household) is not None:
            household.presence.show(conversation, sign)
            if sign is Sign.ERASED:
                household.forget()
        is_watched = conversation.channel in self._watched or sign is Sign.ERASED
        if is_watched and sign is not Sign.CLOSE:
            self._tell(Tiding(sign.value), conversation)

    def _tell(self, tiding: Tiding, conversation: ConversationKey | None = None) -> None:
        self._voice.ring(str(Signal(tiding, conversation)))

    def _heard(self, text: str) -> None:
        for signal in unpacked(text):
            self._take(signal)

    def _missed(self) -> None:
        """Some of it may be lost: everybody looks for themselves."""
        self._look.set()
        if (household := self._household) is not None:
            household.look_around()
            household.wake_courier()
            household.look_for_missed()  # where the database was away, others have refused, too
            household.presence.show_all(Sign.NEWS)

    def _take(self, signal: Signal) -> None:
        household, conversation = self._household, signal.conversation
        if signal.tiding is Tiding.CREW:
            self._look.set()
        if household is None:
            return
        if signal.tiding is Tiding.OUTBOX:
            household.wake_courier()
        if signal.tiding is Tiding.REFUSED:
            household.look_for_missed()
        if conversation is None:
            return
        if sign := signal.tiding.sign:
            household.presence.show(conversation, sign)
            if sign is Sign.ERASED:
                household.forget()
        elif signal.tiding in (Tiding.ARRIVED, Tiding.HURRY):
            household.presence.show(conversation, Sign.NEWS)
            if household.ring is not None and (
                household.serving(conversation) or self.serves(conversation)
            ):
                household.ring(conversation, signal.tiding is Tiding.HURRY)

    async def _renew_for_ever(self) -> None:
        while not self._leaving:
            self._look.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(RENEW_SECONDS):
                    await self._look.wait()
            if self._leaving:
                return
            try:
                await self._time.sync()
                await self._renew()
            except LedgerError as error:
                log.warning("lease_not_renewed", error=str(error))

    async def _renew(self) -> None:
        before, known = self._crew, self._until > 0
        now = self._clock.now()
        until = now + LEASE_SECONDS
        works = self._stage is Stage.WORKS
        lead = self._may_lead and (works or (self._stage is Stage.RETIRES and before.leads))
        seen = await self._roll.renew(
            self.owner, stage=self._stage, lead=lead, now=now, until=until
        )
        if self._leaving:
            return
        self._until = until
        self._crew = Crew(self.owner, seen.workers, leads=seen.leads)
        if not seen.workers and (before.workers or not known):
            log.warning("no_worker")  # what comes in is kept, and answered by nobody
        if seen.leads:
            if not before.leads:
                log.info("leads")
            freed = await self._roll.release_gone(seen.living, self._clock.now())
            if freed:
                log.warning("lines_freed", lines=freed)
        if self._household is not None and (
            before.workers != seen.workers or before.leads != seen.leads
        ):
            self._household.look_around()
            self._household.wake_courier()
