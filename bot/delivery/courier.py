"""The courier: the one place that calls a platform to send.

A row is moved to `sending` before the request leaves, so that a kill in between shows up as
`unknown` and is never repeated blindly. Each sender has one request in flight. Rows that the
platform would not take yet stay where they are: see `pace.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import structlog

from bot.clock import Clock
from bot.delivery.pace import Pace
from bot.delivery.ports import LOOKING, UNKNOWN, Outbox, Parcel, Sender
from bot.errors import DeliveryDelayed, DeliveryRefused, LedgerError
from bot.outcome import Outgoing
from bot.record import Responded

log = structlog.get_logger()

LOOK_SECONDS = 1.0  # how often the outbox is looked at when nobody rings
GRACE_SECONDS = 5.0  # beyond the send's own deadline, before the sweep calls a row unknown

Report = Callable[[Parcel, str], Outgoing | None]

# What has to be written down about a send.
Write = partial[Coroutine[Any, Any, None]] | partial[Coroutine[Any, Any, Responded | None]]


def _nothing_to_report(_: Parcel, __: str) -> None:
    return None


def _unobserved(_: Responded) -> None:
    return None


def _nobody() -> None:
    return None


def _always() -> bool:
    return True


class Courier:
    """Carries the outbox to the platforms until it is stopped.

    `report` makes what staff are told of a message that was refused, or that may not have
    arrived, from the parcel and the reason; it may answer None. `observe` counts responses.
    Of the channels in `looked_up`, what may have arrived is first asked of the platform: nobody is
    told, and `adrift` is called instead. Of several processes only the one that `leads` sends.
    """

    def __init__(
        self,
        outbox: Outbox,
        senders: Mapping[str, Sender],
        clock: Clock,
        owner: str,
        *,
        at_once: int,
        send_seconds: float,
        report: Report = _nothing_to_report,
        observe: Callable[[Responded], None] = _unobserved,
        looked_up: Collection[str] = (),
        adrift: Callable[[], None] = _nobody,
        leads: Callable[[], bool] = _always,
    ) -> None:
        self._outbox = outbox
        self._senders = dict(senders)
        self._clock = clock
        self._owner = owner
        self._at_once = at_once
        self._send_seconds = send_seconds
        self._report = report
        self._observe = observe
        self._looked_up = frozenset(looked_up)
        self._adrift = adrift
        self._leads = leads
        self._pace = Pace(self._senders)
        self._rung = asyncio.Event()
        self._stopping = False
        self._looking = asyncio.Lock()  # held while the outbox is looked at
        self._swept = float("-inf")  # on the loop's own clock
        self._under_way: set[asyncio.Task[None]] = set()
        self._in_hand: set[int] = set()  # rows that this process has taken and not given back
        self._looks = 0  # how often the outbox was looked at

    def ring(self) -> None:
        """There is something to send, or to stop for."""
        self._rung.set()

    async def run(self) -> None:
        """Send what is pending until `stop`."""
        while not self._stopping:
            self._rung.clear()
            try:
                async with self._looking:
                    pause = await self._round()
            except LedgerError as error:
                log.error("courier_failed", error=str(error))
                pause = LOOK_SECONDS
            except Exception as error:  # noqa: BLE001  # whatever it is, sending goes on
                log.error("courier_failed", error=type(error).__name__)
                pause = LOOK_SECONDS
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._rung.wait()
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def stop(self) -> None:
        """Start no new send and wait for those under way: each has a deadline."""
        self._stopping = True
        self.ring()
        async with self._looking:  # what is being taken is on its way after that
            pass
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _round(self) -> float:
        """Send what may go; the seconds until there may be more that nobody rings for."""
        if not self._leads():
            return LOOK_SECONDS
        await self._sweep()
        while not self._stopping and await self._send_some():
            pass
        return self._pause()

    async def _sweep(self) -> None:
        """What a dead sender left behind may have arrived: unknown, and shown to staff."""
        now = asyncio.get_running_loop().time()
        if now - self._swept < LOOK_SECONDS:
            return
        at = self._clock.now()
        for parcel, owner in await self._outbox.lapsed(at):
            if parcel.seq in self._in_hand:
                continue  # the ledger was failing: what became of it is known, and written later
            log.warning("send_left_behind", message=parcel.seq)
            await self._unknown(parcel, owner, at)()
        self._swept = now

    def _pause(self) -> float:
        """Seconds until there may be something to do that nobody rings for."""
        now = self._clock.now()
        ready = self._pace.next_ready(now)
        return LOOK_SECONDS if ready is None else min(max(ready - now, 0.0), LOOK_SECONDS)

    async def _send_some(self) -> bool:
        """Take what may go now. True when there may be more; otherwise somebody will ring."""
        free = self._at_once - len(self._under_way)
        now = self._clock.now()
        resting = self._pace.resting(now)
        channels, most = self._pace.may_take(free, now)
        if most <= 0:
            self._looks += 1  # in vain: whoever lands makes room
            return False
        until = now + self._send_seconds + GRACE_SECONDS
        self._looks += 1
        parcels = await self._outbox.take(self._owner, now, until, most, channels, resting)
        now = self._clock.now()
        for parcel in parcels:
            if (ready := self._pace.ready_at(parcel.to, now)) <= now:
                self._pace.spend(parcel.to, now)
                self._start(parcel, self._send(parcel, until))
            else:
                # Its budget went to another row since, or to another thread of its chat.
                self._pace.hold(parcel.to)
                later = partial(self._outbox.delayed, parcel.seq, self._owner, ready)
                self._start(parcel, self._recorded(parcel, later))
        return len(parcels) == most

    def _start(self, parcel: Parcel, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        self._in_hand.add(parcel.seq)
        task.add_done_callback(partial(self._landed, parcel, self._looks))

    def _landed(self, parcel: Parcel, looks: int, task: asyncio.Task[None]) -> None:
        """The next row of that chat may go: if one was there, or came meanwhile and was held up."""
        self._in_hand.discard(parcel.seq)
        self._under_way.discard(task)
        if parcel.more or self._looks != looks or self._stopping:
            self.ring()

    async def _recorded(self, parcel: Parcel, write: Callable[[], Awaitable[object]]) -> None:
        """Write down what became of a row; while the ledger fails, again and again until `stop`.

        Only this process knows: without it the row stays `sending` and becomes `unknown`, and one
        that was never sent would be lost.
        """
        while True:
            try:
                done = await write()
            except LedgerError as error:
                log.error("send_not_recorded", message=parcel.seq, error=str(error))
                if self._stopping:
                    return
                await asyncio.sleep(LOOK_SECONDS)
            else:
                if isinstance(done, Responded):
                    self._observe(done)
                return

    async def _send(self, parcel: Parcel, until: float) -> None:
        write = await self._sent(parcel, until)
        await self._recorded(parcel, write)
        if write.func != self._outbox.sent:
            self.ring()  # a notice for staff, or the same row under its chat's new id

    async def _sent(self, parcel: Parcel, until: float) -> Write:
        """Send, and return what has to be written down about it."""
        sender = self._senders[parcel.to.channel]
        mine = parcel.seq, self._owner
        if self._clock.now() >= until:
            # The whole program stood still: this row counts as adrift by now, and others of its
            # chat may have left. It is certain that it has not.
            return partial(self._outbox.delayed, *mine, self._clock.now())
        try:
            async with asyncio.timeout(self._send_seconds):
                external_id = await sender.send(parcel)
        except DeliveryRefused as error:
            log.warning("send_refused", message=parcel.seq, reason=error.reason)
            self._pace.went_through()
            notice = self._notice(parcel, error.reason)
            return partial(self._outbox.refused, *mine, error.reason, self._clock.now(), notice)
        except DeliveryDelayed as error:
            log.info("send_delayed", message=parcel.seq, seconds=error.retry_after)
            until = self._clock.now() + error.retry_after
            if error.retry_after > 0:
                self._pace.delayed(parcel.to, until)
            return partial(self._outbox.delayed, *mine, until)
        except Exception as error:  # noqa: BLE001  # it cannot be told whether it had left
            log.warning("send_unknown", message=parcel.seq, error=type(error).__name__)
            return self._unknown(parcel, self._owner, self._clock.now())
        self._pace.went_through()
        return partial(self._outbox.sent, *mine, external_id, self._clock.now())

    def _unknown(self, parcel: Parcel, owner: str, at: float) -> partial[Coroutine[Any, Any, None]]:
        """It may have arrived: staff are told, unless the platform can be asked first."""
        if parcel.to.channel in self._looked_up:
            return partial(self._look_up, parcel.seq, owner, at)
        return partial(self._outbox.unknown, parcel.seq, owner, at, self._notice(parcel, UNKNOWN))

    async def _look_up(self, seq: int, owner: str, at: float) -> None:
        await self._outbox.unknown(seq, owner, at, reason=LOOKING)
        self._adrift()

    def _notice(self, parcel: Parcel, reason: str) -> Outgoing | None:
        try:
            return self._report(parcel, reason)
        except Exception as error:  # noqa: BLE001  # what became of the row must be written down
            log.error("send_not_reported", message=parcel.seq, error=type(error).__name__)
            return None
