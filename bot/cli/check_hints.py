"""What in the environment looks like a slip. None of it stops a start; no value is repeated."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import urlsplit

from bot.config import OVERRIDE
from bot.environment import Environment
from bot.errors import Flaw
from bot.settings import Settings

OURS = ("TELEGRAM_", "TWILIO_", "OPENAI_", "ANTHROPIC_", "NIGHTDESK_", "SENTRY_")
LIKE = 0.8  # how much two names have in common, their first word aside
SHORTEST_SECRET = 16  # signs; what is shorter can be guessed by trying
# What others call the same thing.
_ELSEWHERE = {
    "TELEGRAM_CHAT_ID": "TELEGRAM_STAFF_CHAT",
    "TELEGRAM_GROUP_ID": "TELEGRAM_STAFF_CHAT",
    "TELEGRAM_API_TOKEN": "TELEGRAM_BOT_TOKEN",
    "TWILIO_NUMBER": "TWILIO_WHATSAPP_FROM",
    "TWILIO_PHONE_NUMBER": "TWILIO_WHATSAPP_FROM",
    "TWILIO_WHATSAPP_NUMBER": "TWILIO_WHATSAPP_FROM",
    "SENTRY_DNS": "SENTRY_DSN",
    "OPENAI_API_BASE": "OPENAI_BASE_URL",
    "ANTHROPIC_API_BASE": "ANTHROPIC_BASE_URL",
}
_PLACEHOLDER = re.compile(
    r"(?i)change.?me|your[-_ ]|^<.*>$|^\[.*\]$|^x{3,}$|x{6,}|\.\.\."
    r"|^(?:todo|tbd|none|null|test|secret|password|token|key|example|placeholder|my-key)$"
)
_AUTH_TOKEN = re.compile(r"[0-9a-fA-F]{32}")


def hints(environ: Mapping[str, str], environment: Environment, settings: Settings) -> list[Flaw]:
    """Names that are nearly right, and secrets that look like none."""
    used = {entry.key_variable for entry in settings.providers if entry.needs_key}
    return [
        *misspelt(environ, used),
        *placeholders(environment),
        *_sentry(environment),
        *(
            _is_placeholder(name)
            for name in sorted(used - {known.upper() for known in Environment.model_fields})
            if _PLACEHOLDER.search(environ.get(name, "").strip())
        ),
    ]


def misspelt(environ: Mapping[str, str], used: Collection[str] = ()) -> list[Flaw]:
    """Variables that nothing reads, but that look as if they were meant for us.

    `used` are further names that config.yaml reads. Quiet where the right one is set, too.
    """
    known = {name.upper() for name in Environment.model_fields}
    there = {name.upper() for name in environ}
    flaws = []
    for name in sorted(there - known - set(used)):
        if not name.startswith(OURS) or name.startswith(OVERRIDE):
            continue
        meant = _ELSEWHERE.get(name) or _nearest(name, known) or _override(name)
        if meant and meant not in there:
            message = "is read by nothing"
            flaws.append(Flaw(name, message, advice=f"did you mean {meant}?"))
    return flaws


def _nearest(name: str, known: Collection[str]) -> str | None:
    """The known name that has all the words of this one or nearly the same letters."""
    first, _, rest = name.partition("_")
    family = sorted((each for each in known if each.startswith(f"{first}_")), key=len)
    words = set(rest.split("_"))
    for each in family:
        theirs = set(each.split("_")[1:])
        if words <= theirs or theirs < words:
            return each
    endings = {each.partition("_")[2]: each for each in family}
    near = difflib.get_close_matches(rest, endings, n=1, cutoff=LIKE)
    return endings[near[0]] if near else None


def _override(name: str) -> str | None:
    """NIGHTDESK_INBOX_JOIN for NIGHTDESK__INBOX__JOIN: two signs between the parts."""
    rest = name.removeprefix("NIGHTDESK_").lower()
    for section in Settings.model_fields:
        key = rest.removeprefix(section).strip("_")
        if name.startswith("NIGHTDESK_") and rest.startswith(f"{section}_") and key:
            return f"{OVERRIDE}{section}__{key}".upper()
    return None


def placeholders(environment: Environment) -> Iterator[Flaw]:
    """Secrets that somebody has still to fill in, or that are easily guessed."""
    for name in Environment.model_fields:
        value = getattr(environment, name)
        secret = value.get_secret_value() if hasattr(value, "get_secret_value") else ""
        if name == "nightdesk_api_keys":
            yield from _api_keys(environment)
        elif name == "telegram_bot_token":
            if _PLACEHOLDER.search(secret) or (secret and len(secret.partition(":")[2]) < 30):
                yield _is_placeholder(name.upper())
        elif secret and _PLACEHOLDER.search(secret.strip()):
            yield _is_placeholder(name.upper())
        elif name.startswith("twilio_auth_token") and secret and not _AUTH_TOKEN.fullmatch(secret):
            message = "does not look like an Auth Token: those are 32 digits and letters a to f"
            yield Flaw(name.upper(), message, advice="copy the Auth Token, not an API key")
        elif name == "nightdesk_secret_key" and secret and len(secret) < SHORTEST_SECRET:
            yield _is_short(name.upper())


def sentry_flaw(dsn: str) -> Flaw | None:
    """What is wrong with the form of a DSN: https://KEY@HOST/NUMBER."""
    try:
        parts = urlsplit(dsn)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.username
    except ValueError:
        sound = False
    if sound and re.search(r"/[0-9]+$", parts.path):
        return None
    message = "is no DSN: errors are not reported"
    return Flaw("SENTRY_DSN", message, advice="copy it from the project's settings at Sentry")


def _sentry(environment: Environment) -> Iterator[Flaw]:
    dsn = environment.sentry_dsn.get_secret_value()
    if dsn and (flaw := sentry_flaw(dsn)):
        yield flaw


def _api_keys(environment: Environment) -> Iterator[Flaw]:
    for key, program in environment.api_keys.items():
        if _PLACEHOLDER.search(key):
            yield _is_placeholder("NIGHTDESK_API_KEYS", f" for '{program}'")
        elif len(key) < SHORTEST_SECRET:
            yield _is_short("NIGHTDESK_API_KEYS", f" for '{program}'")


def _is_placeholder(name: str, whose: str = "") -> Flaw:
    message = f"looks like a placeholder{whose}, not like a secret"
    return Flaw(name, message, advice="set the real one")


def _is_short(name: str, whose: str = "") -> Flaw:
    message = f"has a secret{whose} of fewer than {SHORTEST_SECRET} signs, which can be guessed"
    return Flaw(name, message, advice="make a long one, for example with: openssl rand -hex 32")
