"""Bring a database to this version's tables before anything else touches it.

Alembic takes most of a second to import, so it is only loaded when there is something to do.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import Engine as SyncEngine
from sqlalchemy.exc import DBAPIError

from bot.errors import ConfigError, Flaw
from bot.ledger.failures import cannot_open

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def newest_revision() -> str:
    """The revision that this version of the program works on: files are named 0001_word.py."""
    return max(known_revisions())


def known_revisions() -> frozenset[str]:
    names = (re.match(r"(\d{4})_\w+\.py$", file.name) for file in VERSIONS.iterdir())
    return frozenset(name[1] for name in names if name)


def current_revision(connection: Connection) -> str | None:
    """The revision written in the database; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def check_revision(current: str | None) -> None:
    """Raises ConfigError when a newer program has already changed the database."""
    if current is not None and current not in known_revisions():
        newest = newest_revision()
        raise ConfigError(
            [
                Flaw(
                    "DATABASE_URL",
                    f"the database is at revision {current}, this version knows up to {newest}",
                    advice="start the newer version of Nightdesk, or restore a backup",
                )
            ]
        )


def migrate(engine: SyncEngine) -> tuple[str | None, str]:
    """Run on a SQLite file what is missing; returns the revisions before and after.

    All that is missing is one transaction, so a kill in the middle leaves the database as it was.
    Raises ConfigError when a newer program has already changed the database, ConfigError or
    LedgerError when it cannot be opened.
    """
    try:
        with engine.connect() as connection:
            current = current_revision(connection)
        check_revision(current)
        if current == newest_revision():
            return current, current
        with engine.begin() as connection:
            return migrate_in(connection)
    except (DBAPIError, sqlite3.Error) as error:  # the latter from a transaction's begin
        raise cannot_open(Path(engine.url.database or ""), error) from error


def migrate_in(connection: Connection) -> tuple[str | None, str]:
    """The same, in the transaction of this connection."""
    newest, current = newest_revision(), current_revision(connection)
    check_revision(current)
    if current != newest:
        _upgrade(connection)
    return current, newest


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(VERSIONS.parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
