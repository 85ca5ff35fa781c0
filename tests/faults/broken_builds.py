"""Builds with one fault each. They prove that the judge would notice.

`python -c "import tests.faults.broken_builds as builds; builds.apply(NAME); ..."` starts one.
Nothing here is reachable from the program itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy import Connection, bindparam, delete, update

from bot.errors import LedgerError
from bot.intake import pressure
from bot.intake.accept import Intake
from bot.intake.joining import CLOSED, Burst
from bot.intake.line import Line, _Task
from bot.intake.ports import Accepted, Admission, Arrival, Pauses, Settled, Settlement
from bot.ledger import accept, late, opening, settling, sqlite, sweeping
from bot.ledger.file import FileLock
from bot.ledger.ledger import Ledger
from bot.ledger.tables import conversations, deliveries, messages
from bot.model import ConversationKey, Incoming, Limit
from bot.web.readiness import Readiness


def impatient() -> None:
    """No fault, only less patience with a lock held elsewhere."""
    sqlite.BUSY_MS = 200


def hesitant() -> None:
    """No fault: every turn rests before it is settled, so that a lock is sure to fall into one."""
    impatient()
    settles = Ledger.settle

    async def after_a_rest(self: Ledger, settlement: Settlement) -> Settled:
        await asyncio.sleep(0.3)
        return await settles(self, settlement)

    Ledger.settle = after_a_rest  # type: ignore[method-assign]


def dawdling() -> None:
    """No fault: every turn takes seconds, as behind a model that hangs."""
    pressure.FIRST_SECONDS = pressure.LOOK_SECONDS = 0.3
    settles = Ledger.settle

    async def late_in_the_day(self: Ledger, settlement: Settlement) -> Settled:
        await asyncio.sleep(2.0)
        return await settles(self, settlement)

    Ledger.settle = late_in_the_day  # type: ignore[method-assign]


def told_again_and_again() -> None:
    """Customers hear that the desk is slow each time that it is."""
    dawdling()
    late.TOLD_SECONDS = 0.0


def no_queue_cap() -> None:
    """Whatever one chat sends may wait."""
    accept._room = lambda *asked: (Limit.PASS, 0.0)


def green_while_leaving() -> None:
    """A load balancer learns of a stop when it is too late."""
    Readiness.leave = lambda self: None  # type: ignore[method-assign]


def ack_before_write() -> None:
    """Say yes, then store: quick, and lost with the process or the lock."""
    stores = Intake.accept
    under_way = set()

    async def later(self: Intake, message: Incoming, **more: Any) -> None:
        await asyncio.sleep(0.5)
        with suppress(LedgerError):
            await stores(self, message, **more)

    async def at_once(self: Intake, message: Incoming, **more: Any) -> Accepted:
        task = asyncio.create_task(later(self, message, **more))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        return Accepted(Admission.NEW)

    Intake.accept = at_once  # type: ignore[method-assign]


def _forget_delivery(connection: Connection, arrival: Arrival) -> None:
    known = accept._delivery_key(arrival.message)
    connection.execute(
        delete(deliveries).where(
            *(deliveries.c[column] == value for column, value in known.items())
        )
    )


def memory_dedupe() -> None:
    """Known ids are kept in memory: a restart forgets them."""
    stores = accept.accept
    seen: dict[str, str] = {}

    def remembered(connection: Connection, arrival: Arrival, pauses: Pauses) -> Accepted:
        id = str(accept._delivery_key(arrival.message))
        if id in seen:
            same = seen[id] == arrival.digest
            return Accepted(Admission.DUPLICATE if same else Admission.CONFLICT)
        seen[id] = arrival.digest
        _forget_delivery(connection, arrival)
        return stores(connection, arrival, pauses)

    accept.accept = remembered


def look_then_write() -> None:
    """Dedupe in two transactions: copies at the same instant all find nothing."""

    async def in_two(self: Ledger, arrival: Arrival) -> Accepted:
        key = accept._delivery_key(arrival.message)

        def known(connection: Connection) -> bool:
            return connection.execute(accept._FIND_DELIVERY, key).first() is not None

        def store(connection: Connection) -> Accepted:
            _forget_delivery(connection, arrival)
            return accept.accept(connection, arrival, self._opening.pauses)

        if await self._engine.read(known):
            return Accepted(Admission.DUPLICATE)
        return await self._engine.write(store)

    Ledger.accept = in_two  # type: ignore[method-assign]


def no_fence() -> None:
    """Settle whatever happened to the line meanwhile."""
    mine = conversations.c.key == bindparam("k")
    settling._MINE = mine
    settling._FREE = (
        update(conversations)
        .where(mine)
        .values(lease_owner="", lease_until=0, retry_at=0)
        .returning(conversations.c.epoch, conversations.c.facts)
    )


def settle_in_two_steps() -> None:
    """The answer in one transaction, what it answers in the next: a kill falls between them."""
    whole = Ledger.settle

    async def in_two(self: Ledger, settlement: Settlement) -> Settled:
        await self._engine.write(
            lambda connection: settling.write_answers(connection, settlement, 0, self._channels)
        )
        await asyncio.sleep(0.3)
        silent = replace(settlement, outcome=replace(settlement.outcome, sends=()))
        return await whole(self, silent)

    Ledger.settle = in_two  # type: ignore[method-assign]


def in_line() -> None:
    """One conversation after the other."""
    serves = Line._next_turn
    alone = asyncio.Lock()

    async def one(self: Line, *args: Any) -> None:
        async with alone:
            await serves(self, *args)

    Line._next_turn = one  # type: ignore[method-assign]


def newest_first() -> None:
    """The order of a conversation turned around."""
    opening._OPEN_ROWS = opening._OPEN_ROWS.order_by(None).order_by(messages.c.seq.desc())


def joins_nothing() -> None:
    """Every fragment gets an answer of its own."""

    def alone(waiting: Sequence[Any], *rest: Any) -> Burst:
        return Burst((waiting[0].seq,), CLOSED)

    opening.next_burst = alone


def answers_the_first_fragment() -> None:
    """Joins a burst, and reads nothing of it but its beginning."""
    makes = opening._turn

    def of_the_first(
        connection: Connection, key: ConversationKey, chat: Any, rows: list[Any], *rest: Any
    ) -> Any:
        return makes(connection, key, chat, rows[:1], *rest)

    opening._turn = of_the_first


def no_lease() -> None:
    """Every message gets a task of its own: turns of one conversation run side by side."""
    no_fence()
    turns_not_reopened()
    settles = Ledger.settle
    under_way = set()

    async def slowly(self: Ledger, settlement: Settlement) -> Settled:
        await asyncio.sleep(0.05)
        return await settles(self, settlement)

    def another_task(self: Line, conversation: ConversationKey, hurry: bool) -> None:
        task = asyncio.create_task(self._next_turn(conversation, _Task(), ExitStack()))
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    Ledger.settle = slowly  # type: ignore[method-assign]
    Line.ring = another_task  # type: ignore[method-assign]


def leases_kept() -> None:
    """A start that leaves the leases of the dead alone."""
    sweeping.free_all_leases = lambda connection: 0


def turns_not_reopened() -> None:
    """What a crash caught in a turn stays there."""
    opening._OPEN_ROWS = opening._OPEN_ROWS.where(messages.c.state == "waiting")


def no_lock() -> None:
    """Whoever comes may serve."""
    FileLock.take = lambda self: None  # type: ignore[method-assign]


def stop_keeps_leases() -> None:
    """A stop that drops running turns where they are."""

    async def drop(self: Line, grace: float) -> None:
        self._stopping.set()
        for running in self._tasks.values():
            if running.task:
                running.task.cancel()

    async def nothing(*args: Any) -> None:
        return None

    Line.stop = drop  # type: ignore[method-assign]
    Ledger.put_back = nothing  # type: ignore[method-assign]


def talkative_log() -> None:
    """What customers write is logged."""
    stores = Intake.accept

    async def noted(self: Intake, message: Incoming, **more: Any) -> Accepted:
        structlog.get_logger().info("message", text=message.text)
        return await stores(self, message, **more)

    Intake.accept = noted  # type: ignore[method-assign]


BUILDS = {
    build.__name__: build
    for build in (
        impatient,
        hesitant,
        dawdling,
        told_again_and_again,
        no_queue_cap,
        green_while_leaving,
        ack_before_write,
        memory_dedupe,
        look_then_write,
        no_fence,
        settle_in_two_steps,
        in_line,
        newest_first,
        joins_nothing,
        answers_the_first_fragment,
        no_lease,
        leases_kept,
        turns_not_reopened,
        no_lock,
        stop_keeps_leases,
        talkative_log,
    )
}


WHATSAPP = "whatsapp."  # in front of the names of builds that are broken there
FLEET = "fleet."


def apply(name: str) -> None:
    """Break this process in the way of that name."""
    if name in BUILDS:
        BUILDS[name]()
    elif name.startswith(WHATSAPP):  # loads Twilio's SDK
        from tests.faults import broken_whatsapp

        getattr(broken_whatsapp, name.removeprefix(WHATSAPP))()
    elif name.startswith(FLEET):  # loads PostgreSQL's driver
        from tests.faults import broken_fleets

        for each in name.removeprefix(FLEET).split("+"):
            getattr(broken_fleets, each)()
    else:  # loads Telegram's SDK
        from tests.faults import broken_telegram

        getattr(broken_telegram, name)()
