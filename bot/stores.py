"""Where a desk keeps everything: a file of its own, or a database that a fleet shares."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.clock import Clock
from bot.errors import ConfigError, Flaw
from bot.fleet.clock import DatabaseClock
from bot.fleet.crew import Stage
from bot.fleet.fleet import Fleet, Voice
from bot.fleet.neighbours import Alone, Neighbours
from bot.fleet.role import Role
from bot.ledger.file import secret_beside, socket_path
from bot.ledger.ledger import Ledger
from bot.ledger.soundness import served
from bot.plan import Plan
from bot.with_ledger import PULLED, ledger_on_file, ledger_on_server


@dataclass(frozen=True, slots=True)
class Store:
    """An open ledger, and what comes with where it is."""

    ledger: Ledger
    secret: bytes  # keys cookies and digests; the same in every process of a desk
    clock: Clock  # the one clock of whoever shares this ledger
    neighbours: Neighbours
    local_socket: Path | None  # where commands speak to this process; None: to the database


def opened_store(plan: Plan, clock: Clock, role: Role) -> AbstractAsyncContextManager[Store]:
    """Bring the database up to date and open it for as long as the block lasts.

    Raises ConfigError when the database is newer than this program, or cannot be shared as `role`
    wants it; AlreadyServed when another process has the file; LedgerError, also when it is damaged.
    """
    return (_shared if plan.environment.is_shared else _own)(plan, clock, role)


@asynccontextmanager
async def _own(plan: Plan, clock: Clock, role: Role) -> AsyncIterator[Store]:
    if not role.alone:
        raise ConfigError([_one_process_only(role)])
    database = plan.environment.database_file
    async with served(database) as soundness:
        given = plan.environment.nightdesk_secret_key
        secret = given.get_secret_value().encode() if given else secret_beside(database)
        ledger = ledger_on_file(plan.settings, database, soundness)
        try:
            await ledger.start_afresh()
            yield Store(ledger, secret, clock, Alone(_name()), socket_path(database))
        finally:
            await ledger.close()


@asynccontextmanager
async def _shared(plan: Plan, clock: Clock, role: Role) -> AsyncIterator[Store]:
    from bot.ledger.bell import Bell

    dsn = plan.environment.database_dsn
    given = plan.environment.nightdesk_secret_key
    assert given is not None  # noqa: S101  # read_plan has refused to go on without
    ledger = await ledger_on_server(plan.settings, dsn)

    def voices(owner: str, heard: Callable[[str], None], missed: Callable[[], None]) -> Voice:
        return Bell(dsn, owner, heard, missed)

    try:
        time = DatabaseClock(clock, ledger.database_time)
        await time.sync()
        shared = time.as_clock()
        fleet = Fleet(
            _name(),
            ledger,
            voices,
            time,
            shared,
            stage=Stage.WORKS if role.answers else Stage.DOORS,
            may_lead=role is not Role.GUEST,
            watched=PULLED,
        )
        yield Store(ledger, given.get_secret_value().encode(), shared, fleet, None)
    finally:
        await ledger.close()


def _name() -> str:
    """A name that no other process ever has."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def _one_process_only(role: Role) -> Flaw:
    command = "nightdesk worker" if role is Role.WORKER else "nightdesk serve --no-worker"
    return Flaw(
        "DATABASE_URL",
        f"names a SQLite file, which one process serves: `{command}` is for several",
        advice="use `nightdesk serve`, or a PostgreSQL database (postgresql://...)",
    )
