"""The plan of a desk: everything read and checked before anything is opened."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from bot.book import Book
from bot.config import config_file, read_settings
from bot.environment import Environment, load_environment
from bot.errors import ConfigError, Flaw
from bot.settings import Settings
from bot.words.load import load_book


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything read and checked before anything is opened."""

    environment: Environment
    settings: Settings
    book: Book

    def listening_at(self, host: str | None, port: int | None) -> Plan:
        """The same plan at another address; None leaves what the environment says."""
        given = {"host": host, "port": port}
        known = {name: value for name, value in given.items() if value is not None}
        return replace(self, environment=self.environment.model_copy(update=known))


def read_plan() -> Plan:
    """Read environment, config.yaml and templates. Raises ConfigError with every flaw."""
    flaws: list[Flaw] = []
    environment, book = None, None
    try:
        environment = load_environment()
    except ConfigError as error:
        flaws += error.flaws
    path = config_file(os.environ.get("NIGHTDESK_CONFIG", ""))
    settings, more = read_settings(path)
    flaws += more
    business = settings.business
    try:
        book = load_book(
            path.parent / settings.rules.templates,
            business.languages,
            business.default_language,
            business.timezone,
        )
    except ConfigError as error:
        flaws += error.flaws
    if environment is None or book is None or flaws:
        raise ConfigError(flaws)
    if settings.rules.threshold is not None:
        book = replace(book, threshold=settings.rules.threshold)
    return Plan(environment, settings, book)
