"""Builds with one fault each in what processes of a fleet owe each other; see broken_builds.py.

Names may be joined by "+". Those that say "no fault" are sound: they only make a test's moment.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection

from bot.fleet.clock import DatabaseClock
from bot.fleet.fleet import Fleet
from bot.intake.ports import Settled, Settlement
from bot.ledger import leases, opening, outbox
from bot.ledger.bell import Bell
from bot.ledger.ledger import Ledger
from bot.model import ConversationKey
from tests.faults import broken_builds


def thoughtful() -> None:
    """No fault: every turn rests for a moment before it is settled."""
    settles = Ledger.settle

    async def after_a_rest(self: Ledger, settlement: Settlement) -> Settled:
        await asyncio.sleep(0.3)
        return await settles(self, settlement)

    Ledger.settle = after_a_rest  # type: ignore[method-assign]


def hour_ahead() -> None:
    """No fault: this machine's clock is an hour ahead."""
    right = time.time
    time.time = lambda: right() + 3_600.0
    _new_clock()


def hour_behind() -> None:
    """No fault: this machine's clock is an hour behind."""
    right = time.time
    time.time = lambda: right() - 3_600.0
    _new_clock()


def _new_clock() -> None:
    from bot import app, clock

    wrong = clock.Clock(now=time.time)
    clock.SYSTEM = wrong
    app.opened.__wrapped__.__defaults__ = (wrong, app.NO_SENDERS)  # type: ignore[attr-defined]


def mute() -> None:
    """No fault: every notification of this process is lost."""
    Bell.ring = lambda self, signal: None  # type: ignore[method-assign]


def deaf() -> None:
    """No fault: this process hears of nothing."""
    Bell._notified = lambda self, *said: None  # type: ignore[method-assign]


def no_sweep() -> None:
    """Whoever is not told of a message never looks for one."""

    async def nothing(self: Ledger, now: float) -> Sequence[ConversationKey]:
        return ()

    Ledger.due = nothing  # type: ignore[method-assign]


def no_fence() -> None:
    """Settle whatever happened to the line meanwhile."""
    broken_builds.no_fence()


def ack_before_write() -> None:
    """Say yes, then store."""
    broken_builds.ack_before_write()


def start_frees_all() -> None:
    """A start that takes itself for the only process: whoever holds a line must be dead."""
    opens = Fleet.open

    async def afresh(self: Fleet) -> None:
        await self._roll.start_afresh()  # type: ignore[attr-defined]
        await opens(self)

    Fleet.open = afresh  # type: ignore[method-assign]


def all_lead() -> None:
    """Everybody sends, and takes what was pending when it looked."""
    Fleet.leads = lambda self: True  # type: ignore[method-assign]
    outbox.leads = lambda connection, owner, now: True
    heads = outbox._heads

    def unheld(channels: tuple[str, ...]) -> Any:
        found = heads(channels)
        found._for_update_arg = None
        return found

    outbox._heads = unheld
    outbox._TAKE = (
        outbox.update(outbox.messages)
        .where(outbox.messages.c.seq.in_(outbox.bindparam("seqs", expanding=True)))
        .values(
            state="sending",
            owner=outbox.bindparam("me"),
            until=outbox.bindparam("deadline"),
            attempt=outbox.messages.c.attempt + 1,
        )
    )


def begin_unheld() -> None:
    """Look at a line and take it, without keeping others from doing the same."""
    opening.hold = lambda connection, key: time.sleep(0.02)
    every_line_mine()


def every_line_mine() -> None:
    """No fault: all workers are after the same lines."""
    Fleet.serves = lambda self, conversation: True  # type: ignore[method-assign]


def dead_keep_their_lines() -> None:
    """Nobody looks whether the worker that holds a line still lives."""

    def nothing(connection: Connection, living: Collection[str], now: float) -> int:
        return 0

    leases.release_gone = nothing


def own_clock() -> None:
    """What this machine takes for the time counts."""
    DatabaseClock.now = lambda self: self._base.now()  # type: ignore[method-assign]
