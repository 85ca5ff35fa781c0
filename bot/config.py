"""config.yaml and the environment, as frozen typed settings.

All mistakes are reported at once, each with its place. Secrets come from the environment only.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

from bot.errors import ConfigError, Flaw
from bot.yaml_source import Document, explain, read

PROJECT = Path(__file__).resolve().parent.parent
OVERRIDE = "NIGHTDESK__"
TELEGRAM_API = "https://api.telegram.org"
# Where Telegram itself delivers webhooks: core.telegram.org/bots/api#setwebhook
WEBHOOK_PORTS = (443, 80, 88, 8443)


class Section(BaseModel):
    """A part of config.yaml: unknown keys are mistakes, nothing changes after the start."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Business(Section):
    """Whom the desk speaks for."""

    languages: tuple[str, ...] = ("pt", "en", "es")
    default_language: str = "pt"
    timezone: str = "America/Sao_Paulo"

    @field_validator("languages")
    @classmethod
    def _some_known_languages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("name at least one language")
        for code in value:
            if not re.fullmatch(r"[a-z]{2}", code):
                raise ValueError(f"'{code}' is no two-letter language code such as 'pt'")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError with a cause
            raise ValueError(f"'{value}' is no time zone such as 'America/Sao_Paulo'") from error
        except KeyError as error:
            raise ValueError(f"'{value}' is no time zone such as 'America/Sao_Paulo'") from error
        return value


class Inbox(Section):
    """How messages wait and are joined."""

    join: bool = True
    pause_seconds: float = Field(0.6, ge=0, le=30)
    pause_cap_seconds: float = Field(4.0, ge=0, le=60)
    history_messages: int = Field(20, ge=0, le=200)


class Limits(Section):
    """How much one person may write."""

    enabled: bool = True
    messages_per_hour: int = Field(100, ge=1)
    commands_per_minute: int = Field(10, ge=1)


class Deadlines(Section):
    """How long anything may take."""

    turn_seconds: float = Field(8.0, gt=0, le=120)
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


class Desk(Section):
    """The people behind the bot."""

    seen_minutes: float = Field(15.0, gt=0)
    staff: tuple[StaffMember, ...] = ()

    @field_validator("staff")
    @classmethod
    def _each_once(cls, value: tuple[StaffMember, ...]) -> tuple[StaffMember, ...]:
        for what in ("name", "telegram_id"):
            given = [getattr(member, what) for member in value]
            twice = next((each for each in given if given.count(each) > 1), None)
            if twice is not None:
                raise ValueError(f"two people have the {what} '{twice}'")
        return value


class Delivery(Section):
    """How messages leave."""

    senders: int = Field(8, ge=1, le=64)


class Web(Section):
    """The pages and the HTTP API."""

    chat: bool = True
    max_body_bytes: int = Field(65_536, ge=8_192)


class Settings(Section):
    """All of config.yaml, with the overrides of the environment on top."""

    business: Business = Business()
    inbox: Inbox = Inbox()
    limits: Limits = Limits()
    deadlines: Deadlines = Deadlines()
    rules: Rules = Rules()
    desk: Desk = Desk()
    delivery: Delivery = Delivery()
    web: Web = Web()


class _Overrides(Settings, BaseSettings):
    """The same fields, for reading NIGHTDESK__SECTION__KEY from the environment."""

    model_config = SettingsConfigDict(env_prefix=OVERRIDE, env_nested_delimiter="__")


class Environment(BaseSettings):
    """What differs from one machine to the next, and everything secret."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    database_url: str = "sqlite:///nightdesk.db"
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65_535)
    nightdesk_secret_key: SecretStr | None = None
    nightdesk_api_keys: SecretStr = SecretStr("")
    nightdesk_config: str = ""
    public_url: str = ""
    telegram_bot_token: SecretStr = SecretStr("")
    telegram_webhook_secret: SecretStr = SecretStr("")
    telegram_api_base: str = TELEGRAM_API
    telegram_staff_chat: int | None = None
    twilio_account_sid: str = ""
    openai_api_key: SecretStr = SecretStr("")
    anthropic_api_key: SecretStr = SecretStr("")

    @field_validator("public_url", "telegram_api_base")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.strip().rstrip("/")

    @field_validator("telegram_staff_chat", mode="before")
    @classmethod
    def _none_when_empty(cls, value: object) -> object:
        return value if value != "" else None

    @property
    def telegram_is_on(self) -> bool:
        """Whether there is a bot."""
        return bool(self.telegram_bot_token.get_secret_value())

    @property
    def database_file(self) -> Path:
        """The SQLite file that `DATABASE_URL` names, relative to the working directory."""
        return Path(self.database_url.removeprefix("sqlite:///"))

    @property
    def api_keys(self) -> dict[str, str]:
        """Names by key: `name=key` or `key`, separated by commas."""
        found: dict[str, str] = {}
        for entry in self.nightdesk_api_keys.get_secret_value().split(","):
            entry = entry.strip()
            if not entry:
                continue
            named = re.fullmatch(r"([a-z0-9_-]{1,32})=(.+)", entry)
            if named:
                found[named[2]] = named[1]
            else:
                found[entry] = "key-" + hashlib.sha256(entry.encode()).hexdigest()[:8]
        return found


def load_environment() -> Environment:
    """Read the environment; raises ConfigError naming every variable that does not fit."""
    try:
        environment = Environment()
    except ValidationError as error:
        raise ConfigError(
            [
                Flaw(str(details["loc"][0]).upper(), details["msg"], advice="mend the variable")
                for details in error.errors(include_input=False)
            ]
        ) from None
    flaws = [*_database_flaws(environment.database_url), *_telegram_flaws(environment)]
    if flaws:
        raise ConfigError(flaws)
    return environment


def _database_flaws(url: str) -> Iterator[Flaw]:
    if url.startswith(("postgresql://", "postgres://")):
        yield Flaw(
            "DATABASE_URL",
            "PostgreSQL is not served by this version",
            advice="use sqlite:///nightdesk.db",
        )
    elif not url.startswith("sqlite:///") or url in ("sqlite:///", "sqlite:///:memory:"):
        yield Flaw(
            "DATABASE_URL",
            "does not name a database this program knows",
            advice="write sqlite:///FILE, for example sqlite:///nightdesk.db",
        )


def _telegram_flaws(environment: Environment) -> Iterator[Flaw]:
    """What can be told without asking Telegram. A flaw never repeats a secret."""
    token = environment.telegram_bot_token.get_secret_value()
    if token and not re.fullmatch(r"[0-9]{1,20}:[A-Za-z0-9_-]{1,100}", token):
        yield Flaw(
            "TELEGRAM_BOT_TOKEN",
            "is no bot token",
            advice="copy it from @BotFather: a number, a colon and about 35 signs",
        )
    secret = environment.telegram_webhook_secret.get_secret_value()
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        yield Flaw(
            "TELEGRAM_WEBHOOK_SECRET",
            "has signs that Telegram does not take",
            advice="use 1 to 256 of A-Z a-z 0-9 _ -, or leave it unset: one is made",
        )
    yield from _address_flaws("TELEGRAM_API_BASE", environment.telegram_api_base)
    if environment.public_url:
        yield from _address_flaws("PUBLIC_URL", environment.public_url)
        yield from _webhook_flaws(environment)
    if environment.telegram_staff_chat is not None and not token:
        yield Flaw(
            "TELEGRAM_STAFF_CHAT",
            "is set, but there is no bot to speak there",
            advice="set TELEGRAM_BOT_TOKEN too",
        )


def _address_flaws(name: str, url: str) -> Iterator[Flaw]:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.query or parts.fragment or parts.username:
        yield Flaw(name, "is no address", advice="write it like https://desk.example.com")


def _webhook_flaws(environment: Environment) -> Iterator[Flaw]:
    """What Telegram's own servers demand; a Bot API server of one's own takes any address."""
    if environment.telegram_api_base.rstrip("/") != TELEGRAM_API:
        return
    if not environment.telegram_bot_token.get_secret_value():
        return
    try:
        parts = urlsplit(environment.public_url)
        port = parts.port or 443
    except ValueError:
        return  # said already
    if parts.scheme != "https" or port not in WEBHOOK_PORTS:
        ports = ", ".join(map(str, WEBHOOK_PORTS))
        yield Flaw(
            "PUBLIC_URL",
            f"Telegram delivers to https addresses on the ports {ports} only",
            environment.public_url,
            "put the desk behind such an address, or leave PUBLIC_URL unset to poll instead",
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
    data = _merge({key: part or {} for key, part in document.data.items()}, overrides)
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
    variable = OVERRIDE + "__".join(str(part).upper() for part in loc)
    if variable in os.environ:
        return Flaw(variable, said[0], advice=said[1])
    return document.flaw(loc, *said)


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
