"""The ledger of a desk: its database brought up to date, and how each channel's answers leave."""

from __future__ import annotations

from pathlib import Path

import structlog

from bot.channels import api, desk, telegram, terminal, web, whatsapp
from bot.intake.ports import Pauses
from bot.ledger.answers import Channels
from bot.ledger.ledger import Ledger
from bot.ledger.migrate import migrate
from bot.ledger.opening import Opening
from bot.ledger.sqlite import SqliteEngine, writing_engine
from bot.plan import Plan
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
LEASE_SLACK = 20.0  # seconds by which a lease outlives the longest burst and turn


async def migrated(plan: Plan) -> tuple[str | None, str]:
    """Bring the database up to date; returns the revisions before and after.

    Raises ConfigError when it is newer than this program, LedgerError when it cannot be used.
    Of a file, the caller holds the lock.
    """
    environment = plan.environment
    if environment.is_shared:
        from bot.ledger.postgres import migrate_database

        before, after = await migrate_database(environment.database_dsn)
    else:
        engine = writing_engine(environment.database_file)
        try:
            before, after = migrate(engine)
        finally:
            engine.dispose()
    if before != after:
        log.info("database_migrated", before=before, after=after)
    return before, after


def ledger_on_file(settings: Settings, database: Path) -> Ledger:
    """The ledger of a SQLite file. Raises ConfigError, LedgerError when it cannot be opened."""
    return Ledger(SqliteEngine(database), _opening(settings), _CHANNELS)


def ledger_on_server(settings: Settings, dsn: str) -> Ledger:
    """The ledger of a PostgreSQL database, which other processes use as well."""
    from bot.ledger.postgres import PostgresEngine

    return Ledger(PostgresEngine(dsn), _opening(settings), _CHANNELS, only_leader_sends=True)


def _opening(settings: Settings) -> Opening:
    inbox, deadlines = settings.inbox, settings.deadlines
    return Opening(
        Pauses(inbox.join, inbox.pause_seconds, inbox.pause_cap_seconds),
        lease_seconds=inbox.pause_cap_seconds + deadlines.turn_seconds + LEASE_SLACK,
        turn_seconds=deadlines.turn_seconds,
        history_messages=inbox.history_messages,
    )


_CHANNELS = Channels(PULLED, LENGTHS, WRITTEN_OUT)
