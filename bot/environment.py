"""The environment: what differs from one machine to the next, and everything secret.

All mistakes are reported at once, and none of them repeats a secret.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.environment_flaws import TELEGRAM_API, flaws_of
from bot.errors import ConfigError, Flaw

MEND = "mend the variable"
POSTGRES = ("postgresql://", "postgres://")
# Variables that are no text, and no secrets.
_TYPED = {
    "port": ("is no port", "write a number from 0 to 65535, for example 8000"),
    "telegram_staff_chat": (
        "is no number of a chat, such as -1001234567890",
        "write /help in your team's group: the bot says its number",
    ),
}


class Environment(BaseSettings):
    """What differs from one machine to the next, and everything secret."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    database_url: str = Field("sqlite:///nightdesk.db", repr=False)  # it may hold a password
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
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_auth_token_next: SecretStr = SecretStr("")
    twilio_shared_keys: SecretStr = SecretStr("")
    twilio_whatsapp_from: str = ""
    twilio_api_base: str = ""
    openai_api_key: SecretStr = SecretStr("")
    openai_base_url: str = ""
    anthropic_api_key: SecretStr = SecretStr("")
    anthropic_base_url: str = ""
    sentry_dsn: SecretStr = SecretStr("")

    @field_validator(
        "public_url",
        "telegram_api_base",
        "twilio_api_base",
        "openai_base_url",
        "anthropic_base_url",
    )
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.strip().rstrip("/")

    @field_validator(
        "telegram_bot_token",
        "twilio_account_sid",
        "twilio_auth_token",
        "twilio_auth_token_next",
        mode="before",
    )
    @classmethod
    def _without_blanks(cls, value: object) -> object:
        """A blank is no secret, and a line break at the end of one is none of its signs."""
        return value.strip() if isinstance(value, str) else value

    @field_validator("telegram_staff_chat", mode="before")
    @classmethod
    def _chat_number(cls, value: object) -> object:
        if isinstance(value, str) and not re.fullmatch(r"\s*-?[0-9]{0,18}\s*", value):
            raise ValueError
        return value if value != "" else None

    @property
    def telegram_is_on(self) -> bool:
        """Whether there is a bot."""
        return bool(self.telegram_bot_token.get_secret_value())

    @property
    def whatsapp_is_on(self) -> bool:
        """Whether there is a WhatsApp sender."""
        return bool(self.twilio_account_sid)

    @property
    def whatsapp_number(self) -> str:
        """Our own number as Twilio writes it after "whatsapp:", such as +14155238886."""
        return self.twilio_whatsapp_from.strip().removeprefix("whatsapp:")

    @property
    def twilio_auth_tokens(self) -> tuple[str, ...]:
        """The account's Auth Token, and the one that replaces it while it is changed."""
        both = (self.twilio_auth_token, self.twilio_auth_token_next)
        return tuple(token.get_secret_value() for token in both if token.get_secret_value())

    @property
    def twilio_shared_key_secrets(self) -> dict[str, str]:
        """Secrets of Twilio's SharedKeys by their ids: `id=secret`, separated by commas."""
        entries = self.twilio_shared_keys.get_secret_value().split(",")
        pairs = (entry.strip().partition("=") for entry in entries if entry.strip())
        return {id.strip(): secret.strip() for id, _, secret in pairs}

    @property
    def is_shared(self) -> bool:
        """Whether several processes may use the database."""
        return self.database_url.startswith(POSTGRES)

    @property
    def database_dsn(self) -> str:
        """The PostgreSQL database that `DATABASE_URL` names, with its password."""
        return "postgresql://" + self.database_url.partition("://")[2]

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
    environment, unread = _read()
    flaws = [*unread, *flaws_of(environment)]
    if flaws:
        raise ConfigError(flaws)
    return environment


def _read() -> tuple[Environment, list[Flaw]]:
    """The variables, with the defaults of those that are of another type, and these."""
    try:
        return Environment(), []
    except ValidationError as error:
        wrong = {str(each["loc"][0]): each for each in error.errors(include_url=False)}
    flaws = []
    for name, each in wrong.items():
        message, advice = _TYPED.get(name, (each["msg"], MEND))
        given = str(each["input"]) if name in _TYPED else ""  # else it may be a secret
        flaws.append(Flaw(name.upper(), message, given, advice))
    defaults = {name: Environment.model_fields[name].default for name in wrong}
    return Environment(**defaults), flaws
