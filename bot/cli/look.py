"""What commands need that look into the database themselves, whether or not a desk runs."""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.config import config_file, read_settings
from bot.environment import load_environment
from bot.errors import ConfigError, Flaw
from bot.yaml_source import read


def database_file() -> Path:
    """The database of this environment. Raises ConfigError."""
    return load_environment().database_file


def is_postgresql() -> bool:
    """Whether the database is a server's and no file: told before anything else is looked at."""
    return os.environ.get("DATABASE_URL", "").startswith(("postgresql://", "postgres://"))


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
