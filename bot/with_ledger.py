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
LEASE_SLACK = 20.0  # seconds by which a lease outlives the longest turn


def with_ledger(settings: Settings, database: Path) -> Ledger:
    """Migrate the database and open it.

    Raises ConfigError when it is newer than this program, LedgerError when it cannot be opened.
    """
    _migrated(database)
    inbox, deadlines = settings.inbox, settings.deadlines
    opening = Opening(
        Pauses(inbox.join, inbox.pause_seconds, inbox.pause_cap_seconds, inbox.correction_seconds),
        lease_seconds=deadlines.turn_seconds + LEASE_SLACK,
        turn_seconds=deadlines.turn_seconds,
        history_messages=inbox.history_messages,
        unjoined=UNJOINED,
    )
    return Ledger(SqliteEngine(database), opening, Channels(PULLED, LENGTHS, WRITTEN_OUT))


def _migrated(database: Path) -> None:
    engine = writing_engine(database)
    try:
        before, after = migrate(engine)
    finally:
        engine.dispose()
    if before != after:
        log.info("database_migrated", before=before, after=after)
