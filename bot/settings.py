"""What may stand in config.yaml, section by section, as frozen typed settings."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from bot.model_settings import BY_DEFAULT, Budget, FactSource, Memory, ProviderEntry
from bot.proxies import flaw_of
from bot.section import Section
from bot.yaml_schema import wrong


def _no_language(code: str, at: tuple[str | int, ...]) -> PydanticCustomError:
    near = difflib.get_close_matches(code.lower()[:2], ("pt", "en", "es"), n=1, cutoff=0.9)
    advice = f"did you mean '{near[0]}'?" if near else "write its code, such as pt, en or es"
    return wrong(f"'{code}' is no two-letter language code such as 'pt'", advice, at)


def _second_of_two(given: Sequence[object]) -> int:
    """Where something stands for the second time; 0 where nothing does."""
    return next((n for n, each in enumerate(given) if each in given[:n]), 0)


class Business(Section):
    """Whom the desk speaks for."""

    languages: tuple[str, ...] = ("pt", "en", "es")
    default_language: str = "pt"
    timezone: str = "America/Sao_Paulo"

    @field_validator("languages")
    @classmethod
    def _some_known_languages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise wrong("name at least one language", "for example [pt, en, es]")
        for number, code in enumerate(value):
            if not re.fullmatch(r"[a-z]{2}", code):
                raise _no_language(code, (number,))
            if code in value[:number]:
                raise wrong(f"'{code}' stands there twice", "keep one of the two", (number,))
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError, KeyError) as error:
            near = difflib.get_close_matches(value, sorted(available_timezones()), n=1)
            advice = f"did you mean '{near[0]}'?" if near else "for example America/Sao_Paulo"
            raise wrong(f"'{value}' is no time zone", advice) from error
        return value


class Inbox(Section):
    """How messages wait and are joined."""

    join: bool = True
    pause_seconds: float = Field(4.5, ge=0, le=30)
    pause_cap_seconds: float = Field(15.0, ge=0, le=60)
    correction_seconds: float = Field(2.0, ge=0, le=10)
    history_messages: int = Field(20, ge=0, le=200)
    queue_messages: int = Field(50, ge=2, le=10_000)
    slow_seconds: float | None = Field(20.0, ge=1, le=3_600)


class Limits(Section):
    """How much one person may write."""

    enabled: bool = True
    messages_per_hour: int = Field(100, ge=1)
    commands_per_minute: int = Field(10, ge=1)


class Deadlines(Section):
    """How long anything may take."""

    turn_seconds: float = Field(8.0, gt=0, le=120)
    fact_seconds: float = Field(1.5, gt=0, le=30)
    send_seconds: float = Field(10.0, gt=0, le=120)


class Rules(Section):
    """Where the sentences are."""

    templates: str = "templates"
    threshold: float | None = Field(None, ge=0, le=1)


class StaffMember(Section):
    """Somebody who may answer customers from the staff chat."""

    name: str = Field(min_length=1, max_length=64)
    telegram_id: int = Field(gt=0)
    role: Literal["agent", "lead"] = "agent"


class ApprovedTemplate(Section):
    """A message that WhatsApp has approved, in one language."""

    content_sid: str
    variables: dict[str, Literal["name", "house"]] = Field(default_factory=dict)

    @field_validator("content_sid")
    @classmethod
    def _content_sid(cls, value: str) -> str:
        if not re.fullmatch(r"HX[0-9a-fA-F]{32}", value):
            advice = "copy it from the Content Template Builder in the Twilio console"
            raise wrong("is no Content SID: HX and 32 digits and letters", advice)
        return value

    @field_validator("variables")
    @classmethod
    def _numbered(cls, value: dict[str, str]) -> dict[str, str]:
        for place in value:
            if not re.fullmatch(r"[1-9][0-9]?", place):
                advice = 'write its number in the template between quotes: "1"'
                raise wrong(f"'{place}' is no place of a variable", advice, (place,))
        return value


class WhatsApp(Section):
    """What is peculiar to WhatsApp."""

    messages_per_second: float = Field(80.0, gt=0, le=1_000)
    buttons: Literal["quick_reply", "numbers"] = "quick_reply"
    templates: dict[str, ApprovedTemplate] = Field(default_factory=dict)

    @field_validator("templates")
    @classmethod
    def _by_language(cls, value: dict[str, ApprovedTemplate]) -> dict[str, ApprovedTemplate]:
        for code in value:
            if not re.fullmatch(r"[a-z]{2}", code):
                raise _no_language(code, (code,))
        return value


class ChannelSettings(Section):
    """What is peculiar to one platform or another."""

    whatsapp: WhatsApp = WhatsApp()


class Desk(Section):
    """The people behind the bot."""

    seen_minutes: float = Field(15.0, gt=0)
    staff: tuple[StaffMember, ...] = ()

    @field_validator("staff")
    @classmethod
    def _each_once(cls, value: tuple[StaffMember, ...]) -> tuple[StaffMember, ...]:
        for what in ("name", "telegram_id"):
            given = [getattr(member, what) for member in value]
            if twice := _second_of_two(given):
                message = f"two people have the {what} '{given[twice]}'"
                raise wrong(message, "keep one of the two, or mend it", (twice, what))
        return value


class Delivery(Section):
    """How messages leave."""

    senders: int = Field(8, ge=1, le=64)


class Monitor(Section):
    """What can be seen from outside of how the desk does."""

    metrics: bool = True


class Web(Section):
    """The pages and the HTTP API."""

    chat: bool = True
    max_body_bytes: int = Field(65_536, ge=8_192)
    drain_seconds: float = Field(5.0, ge=0, le=120)
    trusted_proxies: tuple[str, ...] = ()

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for number, entry in enumerate(value):
            if flaw := flaw_of(entry):
                raise wrong(*flaw, (number,))
        return value


class Settings(Section):
    """All of config.yaml, with the overrides of the environment on top."""

    business: Business = Business()
    channels: ChannelSettings = ChannelSettings()
    inbox: Inbox = Inbox()
    limits: Limits = Limits()
    deadlines: Deadlines = Deadlines()
    providers: tuple[ProviderEntry, ...] = BY_DEFAULT
    budget: Budget = Budget()
    memory: Memory = Memory()
    facts: tuple[FactSource, ...] = ()
    rules: Rules = Rules()
    desk: Desk = Desk()
    delivery: Delivery = Delivery()
    monitor: Monitor = Monitor()
    web: Web = Web()

    @field_validator("providers", "facts")
    @classmethod
    def _named_once(cls, value: tuple[Any, ...]) -> tuple[Any, ...]:
        names = [entry.name for entry in value]
        if twice := _second_of_two(names):
            message = f"two entries have the name '{names[twice]}'"
            raise wrong(message, "rename one of the two", (twice, "name"))
        return value
