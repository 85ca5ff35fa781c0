"""The plan of a desk: everything read and checked before anything is opened."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.book import Book
from bot.config import OVERRIDE, config_file, read_settings
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


def _book(
    folder: Path,
    settings: Settings,
    flaws: Sequence[Flaw],
    unspoken: Collection[str],
    *,
    known: bool,
) -> Book:
    """What stands in `templates/`. What config.yaml says wrongly is not held against it."""
    business = settings.business
    spoken = [language for language in business.languages if language not in unspoken]
    return load_book(
        folder,
        spoken if known and not _about("business.languages", flaws) else (),
        business.default_language,
        business.timezone,
        [name for source in settings.facts for name in source.facts]
        if known and not _about("facts", flaws)
        else None,
    )


def _unspoken(folder: Path, languages: Sequence[str]) -> frozenset[str]:
    """Languages in which nothing in a folder is said at all: one mistake, not one a sentence."""
    files = (file for file in sorted(folder.rglob("*.y*ml")) if file.is_file())
    try:
        written = "\n".join(file.read_text("utf-8", "replace") for file in files)
    except OSError:
        written = ""
    if not written.strip():  # other words are said about that
        return frozenset()
    keys = {code: rf"""(?:^|[\s{{,])["']?{code}(?:-\w+)?["']?\s*:""" for code in languages}
    return frozenset(code for code, key in keys.items() if not re.search(key, written))


def _says_nothing(language: str, document: Document) -> Flaw:
    message = f"'business.languages' names '{language}', in which the templates say nothing"
    advice = "write every sentence of templates/ in it, or take it out"
    return document.flaw(("business", "languages"), message, advice)


def _no_folder(folder: Path, document: Document) -> Flaw:
    advice = "set 'rules.templates' to the folder of texts.yaml, relative to config.yaml"
    path = ("rules", "templates")
    if path in document.lines:
        return document.flaw(path, f"there is no such folder: {folder}", advice)
    return Flaw(str(folder), "there is no such folder", advice=advice)


def _about(name: str, flaws: Sequence[Flaw]) -> bool:
    """Whether a setting, something in it or the section around it is wrong."""
    section = name.partition(".")[0]
    whole = (f"'{section}'", f"'{name}")
    return any(
        flaw.message.startswith(whole) or flaw.where == f"{OVERRIDE}{section.upper()}"
        for flaw in flaws
    )


@dataclass(frozen=True, slots=True)
class Draft:
    """What was read for a desk, sound or not; `flaws` say what keeps it from opening."""

    environment: Environment | None  # None: a variable is wrong
    settings: Settings  # without what is wrong in it
    book: Book | None  # None: something is wrong in templates/
    document: Document | None  # config.yaml, for the lines in it; None: it cannot be read
    folder: Path
    flaws: tuple[Flaw, ...]

    def plan(self) -> Plan:
        """The plan. Raises ConfigError with every flaw."""
        if self.environment is None or self.book is None or self.flaws:
            raise ConfigError(self.flaws)
        return Plan(self.environment, self.settings, self.book, self.folder, self.models)

    @property
    def models(self) -> tuple[Access, ...]:
        """Those that are switched on, in their order."""
        if self.environment is None:
            return ()
        return configured(
            self.settings.providers,
            os.environ,
            self.environment.openai_base_url,
            self.environment.anthropic_base_url,
        )


def read_draft() -> Draft:
    """Read environment, config.yaml, templates and the sources of facts, with every flaw."""
    flaws: list[Flaw] = []
    environment, book = None, None
    try:
        environment = load_environment()
    except ConfigError as error:
        flaws += error.flaws
    path = config_file(os.environ.get("NIGHTDESK_CONFIG", ""))
    settings, more = read_settings(path)
    flaws += more
    document = read(path)
    there = document if isinstance(document, Document) else None
    folder = path.parent / settings.rules.templates
    try:
        if there and not folder.is_dir():
            flaws.append(_no_folder(folder, there))
        elif there or folder.is_dir():  # else one thing is missing, not two
            unspoken = _unspoken(folder, settings.business.languages)
            if there:
                flaws += [_says_nothing(each, there) for each in unspoken]
            book = _book(folder, settings, more, unspoken, known=there is not None)
    except ConfigError as error:
        flaws += error.flaws
    flaws += check_sources(settings.facts, path.parent, there)
    if book is not None and settings.rules.threshold is not None:
        book = replace(book, threshold=settings.rules.threshold)
    return Draft(environment, settings, book, there, path.parent, tuple(flaws))


def read_plan() -> Plan:
    """Read everything. Raises ConfigError with every flaw of all of it."""
    return read_draft().plan()
