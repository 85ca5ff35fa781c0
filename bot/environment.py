"""The environment: what differs from one machine to the next, and everything secret.

All mistakes are reported at once, and none of them repeats a secret.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import ConfigError, Flaw

MEND = "mend the variable"
# Variables that are no text, and no secrets.
_TYPED = {
    "port": ("is no port", "write a number from 0 to 65535, for example 8000"),
    "telegram_staff_chat": (
        "is no number of a chat, such as -1001234567890",
        "write /help in your team's group: the bot says its number",
    ),
}
TELEGRAM_API = "https://api.telegram.org"
# Where Telegram itself delivers webhooks: core.telegram.org/bots/api#setwebhook
WEBHOOK_PORTS = (443, 80, 88, 8443)


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
    flaws = [
        *unread,
        *_database_flaws(environment.database_url),
        *_telegram_flaws(environment),
        *_twilio_flaws(environment),
        *_model_flaws(environment),
    ]
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


def _twilio_flaws(environment: Environment) -> Iterator[Flaw]:
    """A channel that is switched on needs all of its secrets: none is ever left out silently."""
    if not environment.whatsapp_is_on:
        for name in ("twilio_auth_token", "twilio_whatsapp_from"):
            value = getattr(environment, name)
            if value.get_secret_value() if isinstance(value, SecretStr) else value:
                yield Flaw(
                    "TWILIO_ACCOUNT_SID",
                    f"is missing, though {name.upper()} is set",
                    advice="copy it from the Twilio console: AC and 32 digits and letters",
                )
                return
        return
    if not re.fullmatch(r"AC[0-9a-fA-F]{32}", environment.twilio_account_sid):
        yield Flaw(
            "TWILIO_ACCOUNT_SID",
            "is no Account SID",
            advice="copy it from the Twilio console: AC and 32 digits and letters",
        )
    if not environment.twilio_auth_token.get_secret_value():
        yield Flaw(
            "TWILIO_AUTH_TOKEN",
            "is missing: without it nobody can tell whose messages come in",
            advice="copy the Auth Token from the Twilio console; an API key does not sign webhooks",
        )
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", environment.whatsapp_number):
        given = environment.twilio_whatsapp_from
        yield Flaw(
            "TWILIO_WHATSAPP_FROM",
            "is no number that can send" if given else "is missing",
            given,
            "write your WhatsApp sender with its country code, for example +14155238886",
        )
    if not environment.public_url:
        yield Flaw(
            "PUBLIC_URL",
            "is missing: Twilio delivers WhatsApp messages to it, and signs it",
            advice="write the address at which the internet reaches this desk",
        )
    for entry in environment.twilio_shared_keys.get_secret_value().split(","):
        id, equals, secret = entry.strip().partition("=")
        if entry.strip() and not (id.strip() and equals and secret.strip()):
            yield Flaw(
                "TWILIO_SHARED_KEYS",
                "has an entry that is not id=secret",
                advice="write id=secret, several with commas between them, or leave it unset",
            )
            break
    if environment.twilio_api_base:
        yield from _address_flaws("TWILIO_API_BASE", environment.twilio_api_base)


def _model_flaws(environment: Environment) -> Iterator[Flaw]:
    for name in ("openai_base_url", "anthropic_base_url"):
        if url := getattr(environment, name):
            yield from _address_flaws(name.upper(), url)


def _address_flaws(name: str, url: str) -> Iterator[Flaw]:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    strange = any(sign.isspace() or not sign.isprintable() for sign in url)
    if not sound or strange or parts.query or parts.fragment or parts.username:
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
