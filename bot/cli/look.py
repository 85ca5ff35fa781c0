"""What commands need that look into the database themselves, whether or not a desk runs."""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.config import config_file, read_settings
from bot.environment import load_environment


def database_file() -> Path:
    """The database of this environment. Raises ConfigError."""
    return load_environment().database_file


def business_zone() -> ZoneInfo:
    """The business's time zone, even where something else in config.yaml is wrong."""
    settings, _ = read_settings(config_file(os.environ.get("NIGHTDESK_CONFIG", "")))
    return ZoneInfo(settings.business.timezone)
