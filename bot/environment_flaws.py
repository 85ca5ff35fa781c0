"""What can be told to be wrong in the environment without asking anybody outside.

No flaw repeats a secret.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.errors import Flaw

if TYPE_CHECKING:
    from bot.environment import Environment

TELEGRAM_API = "https://api.telegram.org"
# Where Telegram itself delivers webhooks: core.telegram.org/bots/api#setwebhook
WEBHOOK_PORTS = (443, 80, 88, 8443)


def flaws_of(environment: Environment) -> Iterator[Flaw]:
    """Everything at once."""
    yield from _database_flaws(environment)
    yield from _telegram_flaws(environment)
    yield from _twilio_flaws(environment)
    yield from _model_flaws(environment)


def _database_flaws(environment: Environment) -> Iterator[Flaw]:
    url = environment.database_url
    if environment.is_shared:
        yield from _shared_flaws(environment)
    elif not url.startswith("sqlite:///") or url in ("sqlite:///", "sqlite:///:memory:"):
        yield Flaw(
            "DATABASE_URL",
            "does not name a database this program knows",
            advice="write sqlite:///FILE, for example sqlite:///nightdesk.db, or postgresql://...",
        )


def _shared_flaws(environment: Environment) -> Iterator[Flaw]:
    try:
        named = urlsplit(environment.database_url)
        sound = bool(named.path.strip("/") or named.query) and named.port != 0
    except ValueError:
        sound = False
    if not sound:
        yield Flaw(
            "DATABASE_URL",
            "names no PostgreSQL database",
            advice="write postgresql://USER:PASSWORD@HOST:5432/DATABASE",
        )
    if importlib.util.find_spec("asyncpg") is None:
        yield Flaw(
            "DATABASE_URL",
            "names a PostgreSQL database, whose driver is not installed",
            advice="install it: pip install 'nightdesk[postgres]'",
        )
    if not environment.nightdesk_secret_key:
        yield Flaw(
            "NIGHTDESK_SECRET_KEY",
            "is missing: processes that share a database need the same one",
            advice="make one, for example with `openssl rand -hex 32`, and give it to all of them",
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
