"""Sends of which nobody knows what became, on platforms that can be asked.

The platform's own report mostly comes first and settles it. Otherwise its list of messages is
looked through, again and again for a minute: what was taken is there. What is not found is shown
to staff, and never sent again by itself: it may still have been taken after we looked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.delivery.ports import UNKNOWN, Parcel
from bot.delivery.receipts import Adrift, Receipt, Receipts, Report, Unsettled
from bot.errors import DeliveryDelayed, LedgerError
from bot.outcome import Outgoing
from bot.record import Responded

log = structlog.get_logger()

FIRST_LOOK = 2.0  # seconds after the send broke off: a report is mostly faster
STEP = 2.0  # seconds between two looks, growing by as much with each
LONGEST_STEP = 15.0
SURE_AFTER = 60.0  # seconds after which a list without the message means that nobody can tell
LONGEST_DEAF = 900.0  # seconds for which a platform that cannot be asked is waited for
IDLE_SECONDS = 30.0  # between two looks into the ledger while nothing is known to be adrift


class Known(Protocol):
    """Tells which of these ids of alike messages belong, or may belong, to others of ours."""

    async def __call__(self, external_ids: Sequence[str], /) -> frozenset[str]: ...


class LookUp(Protocol):
    """A platform that keeps a list of what it has taken."""

    async def look_up(self, parcel: Parcel, known: Known) -> Report | None:
        """What became of this send; None if the list does not show it.

        Raises DeliveryDelayed when the platform cannot be asked now.
        """
        ...


class Unknowns:
    """Looks up what is adrift until it is stopped."""

    def __init__(
        self,
        unsettled: Unsettled,
        receipts: Receipts,
        platforms: Mapping[str, LookUp],
        clock: Clock,
        *,
        notice: Callable[[Parcel, str], Outgoing | None],
        wake_courier: Callable[[], None],
        observe: Callable[[Responded], None],
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        """`leads`: of several processes, one looks things up."""
        self._unsettled = unsettled
        self._receipts = receipts
        self._platforms = dict(platforms)
        self._clock = clock
        self._notice = notice
        self._wake_courier = wake_courier
        self._observe = observe
        self._leads = leads
        self._rung = asyncio.Event()
        self._stopping = False
        self._looks: dict[int, tuple[int, float]] = {}  # row -> looks so far, when the next is due

    def ring(self) -> None:
        """Something is adrift, or there is something to stop for."""
        self._rung.set()

    def stop(self) -> None:
        """End `run`; what is adrift is looked up after the next start."""
        self._stopping = True
        self.ring()

    async def run(self) -> None:
        """Look things up until `stop`."""
        while not self._stopping:
            self._rung.clear()
            pause = STEP
            try:
                if self._leads():
                    pause = await self._look()
            except LedgerError as error:
                log.error("look_up_failed", error=str(error))
                pause = STEP
            except Exception as error:  # noqa: BLE001  # whatever it is, the rest is looked up
                log.error("look_up_failed", error=type(error).__name__)
                pause = STEP
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._rung.wait()

    async def _look(self) -> float:
        """Look at what is due; returns the seconds until the next look."""
        due_next: list[float] = []
        found: set[int] = set()
        for channel, platform in self._platforms.items():
            for each in await self._unsettled.adrift(channel):
                found.add(each.parcel.seq)
                at = await self._one(each, platform)
                if at is not None:
                    due_next.append(at)
                if self._stopping:
                    return 0.0
        self._looks = {seq: looks for seq, looks in self._looks.items() if seq in found}
        if not due_next:
            return IDLE_SECONDS
        return min(max(min(due_next) - self._clock.now(), 0.0), LONGEST_STEP)

    async def _one(self, each: Adrift, platform: LookUp) -> float | None:
        """Look up one send; returns when to do so again, None once it is settled."""
        seq, now = each.parcel.seq, self._clock.now()
        looks, due = self._looks.get(seq, (0, min(each.since, now) + FIRST_LOOK))
        if due > now:
            self._looks[seq] = looks, due
            return due
        known = partial(self._unsettled.taken, seq)
        age = now - each.since
        try:
            report = await platform.look_up(each.parcel, known)
        except DeliveryDelayed as error:
            rest, sure = max(error.retry_after, STEP), age > LONGEST_DEAF
        else:
            if report is not None:
                await self._settle(each.parcel, report)
                return None
            rest, sure = min(STEP * (looks + 1), LONGEST_STEP), age > SURE_AFTER
        if sure:
            log.warning("send_stays_unknown", message=seq)
            notice = self._notice(each.parcel, UNKNOWN)
            await self._unsettled.give_up(seq, self._clock.now(), notice)
            self._wake_courier()
            return None
        due = self._clock.now() + rest
        self._looks[seq] = looks + 1, due
        return due

    async def _settle(self, parcel: Parcel, report: Report) -> None:
        failed = report.receipt is Receipt.FAILED
        notice = self._notice(parcel, report.reason) if failed else None
        noted = await self._receipts.note(report, self._clock.now(), notice)
        log.info("send_looked_up", message=parcel.seq, receipt=report.receipt.value)
        if noted.responded is not None:
            self._observe(noted.responded)
        if noted.to_send or failed:
            self._wake_courier()
