"""Reads config.yaml, with the overrides of the environment on top.

All mistakes are reported at once, each with its place. Secrets are never written there.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

from bot.errors import Flaw
from bot.settings import Settings
from bot.yaml_schema import LIKE, explain, mistakes, place_of
from bot.yaml_source import Document, read

PROJECT = Path(__file__).resolve().parent.parent
OVERRIDE = "NIGHTDESK__"
_SECTIONS = tuple(Settings.model_fields)
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

    A value with a mistake counts as not written, so that what depends on the others, and the
    templates, can be looked at in the same go.
    """
    document = read(path)
    if isinstance(document, Flaw):
        return Settings(), [document]
    if document.data is None:
        document = Document(document.name, {}, document.lines, document.source)
    if not isinstance(document.data, dict):
        return Settings(), [
            document.flaw((), "must be sections such as 'inbox:'", "begin with one: business:")
        ]
    flaws = _unknown_overrides(os.environ)
    overrides: dict[str, Any] = {}
    try:
        overrides = EnvSettingsSource(_Overrides)()
    except SettingsError as error:
        advice = "write lists and sections as JSON"
        flaws.append(Flaw(_blamed(error), "is not valid JSON", advice=advice))
    written = {key: part for key, part in document.data.items() if part is not None}
    data = _merge(written, overrides)
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        details = mistakes(data, error)
        flaws += [_flaw(document, each, explain(Settings, each)) for each in details]
        return _sound(data, details), flaws
    return settings, flaws + _contradictions(document, settings)


def _sound(data: Mapping[str, Any], wrong: Sequence[ErrorDetails]) -> Settings:
    """The settings without what is wrong: the single values, or else their whole sections."""
    kept = {key: dict(part) if isinstance(part, dict) else part for key, part in data.items()}
    for details in wrong:
        section, *inside = (str(step) for step in details["loc"])
        if inside and isinstance(kept.get(section), dict):
            kept[section].pop(inside[0], None)
        else:
            kept.pop(section, None)
    try:
        return Settings.model_validate(kept)
    except ValidationError:
        broken = {str(details["loc"][0]) for details in wrong}
        return Settings.model_validate({k: part for k, part in data.items() if k not in broken})


def _blamed(error: SettingsError) -> str:
    """The variable at fault: pydantic names its section only."""
    named = re.search(r'field "(\w+)"', str(error))
    section = OVERRIDE + (named[1].upper() if named else "")
    inside = [name for name in os.environ if name.upper().startswith(section)]
    return inside[0] if len(inside) == 1 else section or f"{OVERRIDE}*"


def _unknown_overrides(environ: Mapping[str, str]) -> list[Flaw]:
    flaws = []
    for name in environ:
        section, *keys = name.upper().removeprefix(OVERRIDE).lower().split("__")
        if not name.upper().startswith(OVERRIDE) or section in Settings.model_fields:
            continue
        near = difflib.get_close_matches(section, Settings.model_fields, n=1, cutoff=LIKE)
        meant = OVERRIDE + "__".join((*near, *keys)).upper()
        advice = f"did you mean '{meant}'?" if near else "sections are " + ", ".join(_SECTIONS)
        flaws.append(Flaw(name, "names no section of config.yaml", advice=advice))
    return flaws


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = _merge(below, value)
        else:
            merged[key] = value
    return merged


def _flaw(document: Document, details: ErrorDetails, said: tuple[str, str]) -> Flaw:
    loc = details["loc"]
    for length in range(len(loc), 0, -1):  # a list is overridden whole
        variable = OVERRIDE + "__".join(str(part).upper() for part in loc[:length])
        if variable in os.environ:
            return Flaw(variable, said[0], advice=said[1])
    flaw = document.flaw(place_of(document.data, details), *said)
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
