"""What `nightdesk serve` says when it opens: what is on, what is off, and how to switch it on."""

from __future__ import annotations

from bot import __version__
from bot.app import Plan
from bot.ledger.sqlite import SQLITE_VERSION


def greeting(plan: Plan, port: int) -> list[str]:
    """What is on, what is off, and how to switch it on."""
    environment, settings = plan.environment, plan.settings
    shown = "127.0.0.1" if environment.host in ("0.0.0.0", "::", "") else environment.host  # noqa: S104  # compared, not bound
    address = f"http://{shown}:{port}"
    keys = len(environment.api_keys)
    later = "off, this version does not speak it yet"
    return [
        f"Nightdesk {__version__} is open.",
        f"  Web chat: {address}/" if settings.web.chat else "  Web chat: off, set web.chat",
        f"  HTTP API: {address}/api/messages ({keys} key{'s' if keys > 1 else ''})"
        if keys
        else "  HTTP API: off, set NIGHTDESK_API_KEYS",
        "  Terminal: on, run `nightdesk chat`; for staff `nightdesk desk`",
        f"  Telegram: {later}"
        if environment.telegram_bot_token.get_secret_value()
        else "  Telegram: off, set TELEGRAM_BOT_TOKEN",
        f"  WhatsApp: {later}"
        if environment.twilio_account_sid
        else "  WhatsApp: off, set TWILIO_ACCOUNT_SID",
        f"  Models:   {later}"
        if environment.openai_api_key.get_secret_value()
        or environment.anthropic_api_key.get_secret_value()
        else "  Models:   off, set OPENAI_API_KEY or ANTHROPIC_API_KEY",
        f"  Rules:    {len(plan.book.intents)} topics in {', '.join(plan.book.languages)}",
        f"  Ledger:   {environment.database_file} (SQLite {SQLITE_VERSION})",
    ]
