"""Look into a database from outside: read-only, one consistent state, whether a desk runs or not.

Nothing is migrated and no writer is started, so a report can be made while a desk serves, and of
a copy too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from bot.errors import ConfigError, LedgerError
from bot.ledger.failures import cannot_open, sqlite_name
from bot.ledger.migrate import check_revision, current_revision, newest_revision
from bot.ledger.sqlite import reading_engine


@contextmanager
def looking_into(file: Path) -> Iterator[Connection]:
    """A connection that cannot write and sees one state of everything.

    Raises LedgerError when there is no database yet, an older one, or none that can be read;
    ConfigError when a newer program has changed it.
    """
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise LedgerError(
            f"No database yet at {file}: it is made when the desk starts (`nightdesk serve`)"
        ) from None
    except OSError as error:
        raise LedgerError(f"{file} cannot be read: {error.strerror}") from error
    engine = reading_engine(file)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            _check(connection, file)
            yield connection
    except DBAPIError as error:
        found = cannot_open(file, error)
        if isinstance(found, ConfigError):  # it would ask for the right to write
            found = LedgerError(f"{file} cannot be read: {sqlite_name(error)}")
        raise found from error
    finally:
        engine.dispose()


def _check(connection: Connection, file: Path) -> None:
    current, newest = current_revision(connection), newest_revision()
    if current == newest:
        return
    check_revision(current)
    raise LedgerError(
        f"{file} was made by an older version: start the desk once (`nightdesk serve`)"
        " and it is brought up to date"
    )
