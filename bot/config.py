"""Reads config.yaml, with the overrides of the environment on top.

All mistakes are reported at once, each with its place. Secrets are never written there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

from bot.errors import Flaw
from bot.settings import Settings
from bot.yaml_source import Document, explain, read

PROJECT = Path(__file__).resolve().parent.parent
OVERRIDE = "NIGHTDESK__"
_KEY = re.compile(r"""((?i:key|token|secret)\w*["']?\s*:\s*)[^\s,}]+""")


class _Overrides(Settings, BaseSettings):
    """The same fields, for reading NIGHTDESK__SECTION__KEY from the environment."""

    model_config = SettingsConfigDict(
        env_prefix=OVERRIDE,
        env_nested_delimiter="__",
        env_parse_none_str="null",  # as in config.yaml
    )


def config_file(named: str) -> Path:
    """What NIGHTDESK_CONFIG names, else ./config.yaml, else the one that came with the program."""
    if named:
        return Path(named)
    here = Path("config.yaml")
    if here.exists():
        return here
    packaged = Path(__file__).parent / "defaults" / "config.yaml"
    return packaged if packaged.exists() else PROJECT / "config.yaml"


def read_settings(path: Path) -> tuple[Settings, list[Flaw]]:
    """The settings of config.yaml with the overrides, and every mistake in either.

    A section with a mistake counts as not written, so that what depends on the others, and the
    templates, can be looked at in the same go.
    """
    document = read(path)
    if isinstance(document, Flaw):
        return Settings(), [document]
    if document.data is None:
        document = Document(document.name, {}, document.lines, document.source)
    if not isinstance(document.data, dict):
        return Settings(), [document.flaw((), "must be a list of sections such as 'inbox:'")]
    try:
        overrides: dict[str, Any] = EnvSettingsSource(_Overrides)()
    except SettingsError as error:
        return Settings(), [Flaw(_blamed(error), "is not valid JSON", advice="lists are JSON")]
    flaws = _unknown_overrides(os.environ)
    written = {key: part for key, part in document.data.items() if part is not None}
    data = _merge(written, overrides)
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        details = error.errors()
        flaws += [_flaw(document, each["loc"], explain(Settings, each)) for each in details]
        broken = {str(each["loc"][0]) for each in details}
        sound = {key: part for key, part in data.items() if key not in broken}
        return Settings.model_validate(sound), flaws
    return settings, flaws + _contradictions(document, settings)


def _blamed(error: SettingsError) -> str:
    named = re.search(r'field "(\w+)"', str(error))
    return OVERRIDE + (named[1].upper() if named else "*")


def _unknown_overrides(environ: Mapping[str, str]) -> list[Flaw]:
    sections = ", ".join(Settings.model_fields)
    return [
        Flaw(name, "names no section of config.yaml", advice=f"sections are {sections}")
        for name in environ
        if name.upper().startswith(OVERRIDE)
        and name[len(OVERRIDE) :].lower().split("__")[0] not in Settings.model_fields
    ]


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = _merge(below, value)
        else:
            merged[key] = value
    return merged


def _flaw(document: Document, loc: Sequence[str | int], said: tuple[str, str]) -> Flaw:
    for length in range(len(loc), 0, -1):  # a list is overridden whole
        variable = OVERRIDE + "__".join(str(part).upper() for part in loc[:length])
        if variable in os.environ:
            return Flaw(variable, said[0], advice=said[1])
    flaw = document.flaw(loc, *said)
    if loc[:1] != ("providers",):
        return flaw
    return replace(flaw, excerpt=_keyless(flaw.excerpt), advice=_keyless(flaw.advice))


def _keyless(text: str) -> str:
    """Whoever writes a key where only its variable belongs must not find it in a log."""
    return _KEY.sub(r"\1[...]", text)


def _contradictions(document: Document, settings: Settings) -> list[Flaw]:
    flaws = []
    business, inbox = settings.business, settings.inbox
    if business.default_language not in business.languages:
        flaws.append(
            document.flaw(
                ("business", "default_language"),
                f"'business.default_language' ({business.default_language}) is not one of"
                " 'business.languages'",
                "use one of " + ", ".join(business.languages),
            )
        )
    if inbox.pause_cap_seconds < inbox.pause_seconds:
        flaws.append(
            document.flaw(
                ("inbox", "pause_cap_seconds"),
                "'inbox.pause_cap_seconds' is shorter than 'inbox.pause_seconds'",
                "the cap is counted from the first message, the pause from the last",
            )
        )
    return flaws
