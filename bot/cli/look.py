"""What commands need that look into the database themselves, whether or not a desk runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from bot.config import config_file, read_settings
from bot.environment import POSTGRES, load_environment
from bot.errors import ConfigError, Flaw
from bot.ledger.looking import looking_into
from bot.yaml_source import read

T = TypeVar("T")


def looked(query: Callable[[Any], T]) -> T:
    """What a query of a connection finds in the database, whether or not a desk runs.

    Raises ConfigError, and LedgerError where there is nothing yet or it cannot be read.
    """
    environment = load_environment()
    if environment.is_shared:
        from bot.ledger.server import look

        return asyncio.run(look(environment.database_dsn, query))
    with looking_into(environment.database_file) as connection:
        return query(connection)


def is_shared() -> bool:
    """Whether the database is a server's: told before anything else is looked at."""
    return os.environ.get("DATABASE_URL", "").startswith(POSTGRES)


def business_zone() -> ZoneInfo:
    """The business's time zone, even where something else in config.yaml is wrong.

    Raises ConfigError when the file cannot be read, or where `business` itself is wrong: another
    zone would move the beginning of a period by hours without a word.
    """
    path = config_file(os.environ.get("NIGHTDESK_CONFIG", ""))
    if isinstance(unread := read(path), Flaw):
        raise ConfigError([unread])
    settings, flaws = read_settings(path)
    if serious := [flaw for flaw in flaws if _is_about_business(flaw)]:
        raise ConfigError(serious)
    return ZoneInfo(settings.business.timezone)


def _is_about_business(flaw: Flaw) -> bool:
    return "'business" in flaw.message or flaw.where.startswith("NIGHTDESK__BUSINESS")
