"""Sends that may have arrived: asked about for a minute, then shown to staff, never repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.clock import Clock
from bot.delivery.ports import Parcel
from bot.delivery.receipts import Adrift, Heard, Noted, Receipt, Report
from bot.delivery.unknowns import LONGEST_DEAF, SURE_AFTER, Known, Unknowns
from bot.errors import DeliveryDelayed, LedgerError
from bot.outcome import Outgoing
from bot.record import Responded
from tests.builders import NOON, PUSHED
from tests.virtual_time import in_virtual_time

PARCEL = Parcel(7, PUSHED, "olá", "rule", ())


def loop_clock() -> Clock:
    """Unix time that passes with the loop's."""
    return Clock(now=lambda: NOON + asyncio.get_running_loop().time())


class Books:
    """A ledger with one send adrift."""

    def __init__(self, *adrift: Adrift) -> None:
        self.left = list(adrift)
        self.noted: list[tuple[Report, float]] = []
        self.given_up: list[tuple[int, float, Outgoing | None]] = []
        self.fails = 0

    async def adrift(self, channel: str) -> Sequence[Adrift]:
        if self.fails:
            self.fails -= 1
            raise LedgerError("busy")
        return [each for each in self.left if each.parcel.to.channel == channel]

    async def taken(self, seq: int, external_ids: Sequence[str]) -> frozenset[str]:
        assert seq in [each.parcel.seq for each in self.left]
        return frozenset({"SM-old"} & set(external_ids))

    async def give_up(self, seq: int, at: float, notice: Outgoing | None) -> None:
        self.given_up.append((seq, at, notice))
        self._settle(seq)

    async def parcel_of(self, report: Report) -> Parcel | None:
        return None

    async def note(self, report: Report, at: float, notice: Outgoing | None = None) -> Noted:
        self.noted.append((report, at))
        assert report.seq is not None
        self._settle(report.seq)
        return Noted(Heard.NEWS, Responded("wire", 1.0, 1.0), to_send=notice is not None)

    def _settle(self, seq: int) -> None:
        self.left = [each for each in self.left if each.parcel.seq != seq]


class Platform:
    """Shows the message in its list from `shows_at` on (the loop's time)."""

    def __init__(self, shows_at: float = 1e9, receipt: Receipt = Receipt.SENT) -> None:
        self.shows_at = shows_at
        self.receipt = receipt
        self.deaf_until = 0.0
        self.asked: list[float] = []

    async def look_up(self, parcel: Parcel, known: Known) -> Report | None:
        now = asyncio.get_running_loop().time()
        self.asked.append(now)
        assert await known(["SM-old", "SM-new"]) == {"SM-old"}
        if now < self.deaf_until:
            raise DeliveryDelayed(5.0)
        if now < self.shows_at:
            return None
        return Report(self.receipt, "wire", "SM-new", "ana", parcel.seq, reason="gone")


class Rig:
    def __init__(self, books: Books, platform: Platform) -> None:
        self.books, self.platform = books, platform
        self.told: list[tuple[int, str]] = []
        self.woken = 0
        self.observed: list[Responded] = []
        self.unknowns = Unknowns(
            books,
            books,
            {"wire": platform},
            loop_clock(),
            notice=self.notice,
            wake_courier=self.wake,
            observe=self.observed.append,
        )

    def notice(self, parcel: Parcel, reason: str) -> Outgoing | None:
        self.told.append((parcel.seq, reason))
        return None

    def wake(self) -> None:
        self.woken += 1

    async def passes(self, seconds: float) -> None:
        running = asyncio.create_task(self.unknowns.run())
        await asyncio.sleep(seconds)
        self.unknowns.stop()
        await running


@in_virtual_time
async def test_what_the_list_shows_is_settled_within_seconds() -> None:
    rig = Rig(Books(Adrift(PARCEL, NOON)), Platform(shows_at=0.0))
    await rig.passes(10)
    assert [report.external_id for report, _ in rig.books.noted] == ["SM-new"]
    assert rig.platform.asked == [2.0]  # a report of its own is given two seconds
    assert rig.told == rig.books.given_up == []
    assert len(rig.observed) == 1


@in_virtual_time
async def test_a_list_that_is_late_is_looked_through_again() -> None:
    rig = Rig(Books(Adrift(PARCEL, NOON)), Platform(shows_at=40.0))
    await rig.passes(120)
    assert len(rig.books.noted) == 1
    assert 3 < len(rig.platform.asked) < 12  # ever more seldom
    assert rig.books.given_up == []


@in_virtual_time
async def test_what_is_in_no_list_is_shown_to_staff_once_and_asked_about_no_more() -> None:
    rig = Rig(Books(Adrift(PARCEL, NOON)), Platform())
    await rig.passes(600)
    ((seq, at, _),) = rig.books.given_up
    assert seq == 7
    assert SURE_AFTER < at - NOON < SURE_AFTER + 30
    assert rig.told == [(7, "unknown")]
    assert rig.woken == 1
    assert max(rig.platform.asked) < SURE_AFTER + 30


@in_virtual_time
async def test_a_platform_that_cannot_be_asked_is_waited_for() -> None:
    platform = Platform(shows_at=0.0)
    platform.deaf_until = 300.0
    rig = Rig(Books(Adrift(PARCEL, NOON)), platform)
    await rig.passes(400)
    assert len(rig.books.noted) == 1
    assert rig.books.given_up == []


@in_virtual_time
async def test_but_not_for_ever() -> None:
    platform = Platform()
    platform.deaf_until = 1e9
    rig = Rig(Books(Adrift(PARCEL, NOON)), platform)
    await rig.passes(LONGEST_DEAF + 60)
    assert len(rig.books.given_up) == 1


@in_virtual_time
async def test_a_send_that_failed_after_all_is_told_with_its_reason() -> None:
    rig = Rig(Books(Adrift(PARCEL, NOON)), Platform(0.0, Receipt.FAILED))
    await rig.passes(10)
    assert rig.told == [(7, "gone")]
    assert rig.woken == 1


@in_virtual_time
async def test_what_comes_adrift_while_nothing_was_is_found_at_a_ring() -> None:
    books = Books()
    rig = Rig(books, Platform(shows_at=0.0))
    running = asyncio.create_task(rig.unknowns.run())
    await asyncio.sleep(5)
    books.left.append(Adrift(PARCEL, NOON + 5))
    books.left.append(Adrift(replace(PARCEL, seq=8), NOON + 5))
    rig.unknowns.ring()
    await asyncio.sleep(5)
    assert [report.seq for report, _ in books.noted] == [7, 8]
    rig.unknowns.stop()
    await running


@in_virtual_time
async def test_what_a_kill_left_adrift_long_ago_is_looked_up_at_once() -> None:
    rig = Rig(Books(Adrift(PARCEL, NOON - 5_000)), Platform(shows_at=0.0))
    await rig.passes(1)
    assert len(rig.books.noted) == 1


@in_virtual_time
async def test_a_busy_ledger_ends_nothing() -> None:
    rig = Rig(Books(Adrift(PARCEL, NOON)), Platform(shows_at=0.0))
    rig.books.fails = 3
    await rig.passes(20)
    assert len(rig.books.noted) == 1
