"""The plan of a desk: everything read and checked before anything is opened."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from bot.book import Book
from bot.config import config_file, read_settings
from bot.environment import Environment, load_environment
from bot.errors import ConfigError, Flaw
from bot.facts.sources import check_sources
from bot.providers.access import configured
from bot.providers.ports import Access
from bot.settings import Settings
from bot.words.load import load_book
from bot.yaml_source import Document, read


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything read and checked before anything is opened."""

    environment: Environment
    settings: Settings
    book: Book
    folder: Path  # of config.yaml: what it names is relative to it
    models: tuple[Access, ...] = ()  # those that are switched on, in their order

    def listening_at(self, host: str | None, port: int | None) -> Plan:
        """The same plan at another address; None leaves what the environment says."""
        given = {"host": host, "port": port}
        known = {name: value for name, value in given.items() if value is not None}
        return replace(self, environment=self.environment.model_copy(update=known))


def read_plan() -> Plan:
    """Read environment, config.yaml, templates and the sources of facts.

    Raises ConfigError with every flaw of all of them.
    """
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
            [name for source in settings.facts for name in source.facts],
        )
    except ConfigError as error:
        flaws += error.flaws
    if settings.facts:
        document = read(path)
        there = document if isinstance(document, Document) else None
        flaws += check_sources(settings.facts, path.parent, there)
    if environment is None or book is None or flaws:
        raise ConfigError(flaws)
    if settings.rules.threshold is not None:
        book = replace(book, threshold=settings.rules.threshold)
    models = configured(
        settings.providers,
        os.environ,
        environment.openai_base_url,
        environment.anthropic_base_url,
    )
    return Plan(environment, settings, book, path.parent, models)
