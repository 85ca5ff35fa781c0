"""The courier: the one place that calls a platform to send.

A row is moved to `sending` before the request leaves, so that a kill in between shows up as
`unknown` and is never repeated blindly. Each sender has one request in flight.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import structlog

from bot.clock import Clock
from bot.delivery.ports import Outbox, Parcel, Sender
from bot.errors import DeliveryDelayed, DeliveryRefused, LedgerError

log = structlog.get_logger()

LOOK_SECONDS = 1.0  # how often the outbox is looked at when nobody rings
GRACE_SECONDS = 5.0  # beyond the send's own deadline, before the sweep calls a row unknown


class Courier:
    """Carries the outbox to the platforms until it is stopped."""

    def __init__(
        self,
        outbox: Outbox,
        senders: Mapping[str, Sender],
        clock: Clock,
        owner: str,
        *,
        at_once: int,
        send_seconds: float,
    ) -> None:
        self._outbox = outbox
        self._senders = dict(senders)
        self._clock = clock
        self._owner = owner
        self._at_once = at_once
        self._send_seconds = send_seconds
        self._rung = asyncio.Event()
        self._stopping = False
        self._under_way: set[asyncio.Task[None]] = set()

    def ring(self) -> None:
        """There is something to send, or to stop for."""
        self._rung.set()

    async def run(self) -> None:
        """Send what is pending until `stop`."""
        while not self._stopping:
            self._rung.clear()
            try:
                await self._outbox.sweep(self._clock.now())
                while not self._stopping and await self._send_some():
                    pass
            except LedgerError as error:
                log.error("courier_failed", error=str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._rung.wait()

    async def stop(self) -> None:
        """Start no new send and wait for those under way: each has a deadline."""
        self._stopping = True
        self.ring()
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _send_some(self) -> bool:
        free = self._at_once - len(self._under_way)
        if free <= 0:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
            return True
        now = self._clock.now()
        until = now + self._send_seconds + GRACE_SECONDS
        parcels = await self._outbox.take(self._owner, now, until, free, tuple(self._senders))
        for parcel in parcels:
            task = asyncio.create_task(self._deliver(parcel))
            self._under_way.add(task)
            task.add_done_callback(self._landed)
        return bool(parcels)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self.ring()  # the next row of that chat may go

    async def _deliver(self, parcel: Parcel) -> None:
        try:
            await self._send(parcel)
        except LedgerError as error:
            # The row stays `sending` and becomes `unknown`: the truth, as far as we know it.
            log.error("send_not_recorded", message=parcel.seq, error=str(error))

    async def _send(self, parcel: Parcel) -> None:
        sender = self._senders[parcel.to.channel]
        try:
            async with asyncio.timeout(self._send_seconds):
                external_id = await sender.send(parcel)
        except DeliveryRefused as error:
            log.warning("send_refused", message=parcel.seq, error=type(error).__name__)
            now = self._clock.now()
            await self._outbox.refused(parcel.seq, self._owner, error.reason, now)
        except DeliveryDelayed as error:
            await self._outbox.delayed(
                parcel.seq, self._owner, self._clock.now() + error.retry_after
            )
        except Exception as error:  # noqa: BLE001  # it cannot be told whether it had left
            log.warning("send_unknown", message=parcel.seq, error=type(error).__name__)
            await self._outbox.unknown(parcel.seq, self._owner, self._clock.now())
        else:
            await self._outbox.sent(parcel.seq, self._owner, external_id)
