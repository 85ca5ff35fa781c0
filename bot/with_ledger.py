"""The ledger of a desk: its database brought up to date, and how each channel's answers leave."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from bot.channels import api, desk, telegram, terminal, web, whatsapp
from bot.chores import Chore
from bot.clock import Clock
from bot.environment import Environment
from bot.intake.ports import Pauses
from bot.ledger.answers import Channels
from bot.ledger.ledger import Ledger
from bot.ledger.migrate import migrate
from bot.ledger.opening import Opening
from bot.ledger.soundness import Soundness, served
from bot.ledger.sqlite import SqliteEngine, writing_engine
from bot.settings import Settings

log = structlog.get_logger()

# Channels whose pages and programs read the ledger themselves: nothing has to be sent to them.
PULLED = frozenset({web.CHANNEL, api.CHANNEL, terminal.CHANNEL, desk.CHANNEL})
LENGTHS = {
    telegram.CHANNEL: telegram.LONGEST,
    telegram.STAFF: telegram.LONGEST,
    whatsapp.CHANNEL: whatsapp.LONGEST,
}
WRITTEN_OUT = frozenset({whatsapp.CHANNEL})  # where buttons may have to stand in the text
UNJOINED = frozenset({terminal.CHANNEL})  # whoever types at a terminal waits after each line
PURGE_SECONDS = 3_600.0
LEASE_SLACK = 20.0  # seconds by which a lease outlives the longest turn


async def migrated(environment: Environment) -> tuple[str | None, str]:
    """Bring the database up to date without opening a desk; the revisions before and after.

    Raises AlreadyServed while a desk is open on a file, ConfigError when the database is newer
    than this program, LedgerError when it is damaged or cannot be used.
    """
    if environment.is_shared:
        from bot.ledger.postgres import migrate_database

        return _told(await migrate_database(environment.database_dsn))
    async with served(environment.database_file):
        return await asyncio.to_thread(_migrated, environment.database_file)


def _migrated(database: Path) -> tuple[str | None, str]:
    engine = writing_engine(database)
    try:
        return _told(migrate(engine))
    finally:
        engine.dispose()


def _told(revisions: tuple[str | None, str]) -> tuple[str | None, str]:
    before, after = revisions
    if before != after:
        log.info("database_migrated", before=before, after=after)
    return revisions


def ledger_on_file(settings: Settings, database: Path, soundness: Soundness) -> Ledger:
    """Bring a SQLite file up to date and open it; `soundness` is what is known of it.

    The caller has the file for itself. Raises ConfigError, LedgerError when it cannot be opened.
    """
    _migrated(database)
    engine = SqliteEngine(database)
    return Ledger(engine, _opening(settings), _CHANNELS, soundness=lambda: soundness.state)


async def ledger_on_server(settings: Settings, dsn: str) -> Ledger:
    """Bring a PostgreSQL database up to date and open it, beside whoever else uses it."""
    from bot.ledger.postgres import PostgresEngine, migrate_database

    _told(await migrate_database(dsn))
    return Ledger(PostgresEngine(dsn), _opening(settings), _CHANNELS, only_leader_sends=True)


def _opening(settings: Settings) -> Opening:
    inbox, deadlines = settings.inbox, settings.deadlines
    return Opening(
        Pauses(inbox.join, inbox.pause_seconds, inbox.pause_cap_seconds, inbox.correction_seconds),
        lease_seconds=deadlines.turn_seconds + LEASE_SLACK,
        turn_seconds=deadlines.turn_seconds,
        history_messages=inbox.history_messages,
        unjoined=UNJOINED,
    )


def purging(ledger: Ledger, clock: Clock) -> Chore:
    """Forgetting what can matter no more: one process of a fleet is enough for that."""

    async def purge() -> None:
        await ledger.purge(clock.now())

    return Chore("purge", PURGE_SECONDS, purge, alone=True)


_CHANNELS = Channels(PULLED, LENGTHS, WRITTEN_OUT)
