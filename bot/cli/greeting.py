"""What `nightdesk serve` says when it opens: what is on, what is off, and how to switch it on."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot import __version__
from bot.facts.sources import without_words
from bot.ledger.sqlite import SQLITE_VERSION
from bot.plan import Plan


def greeting(plan: Plan, port: int, *, answers: bool = True) -> list[str]:
    """The desk is open: what is on, what is off, and how to switch it on."""
    elsewhere = () if answers else ("  Answers:  elsewhere, by `nightdesk worker`",)
    return [f"Nightdesk {__version__} is open.", *standing_of(plan, port), *elsewhere]


def greeting_of_a_worker(plan: Plan) -> list[str]:
    """The same of a process that has no doors."""
    return [
        f"Nightdesk {__version__} works: it decides turns and sends answers.",
        f"  Telegram: {_telegram(plan)}",
        f"  WhatsApp: {_whatsapp(plan)}",
        f"  Models:   {_models(plan)}",
        f"  Ledger:   {_ledger(plan)}",
    ]


def standing_of(plan: Plan, port: int) -> list[str]:
    """What is on, what is off, and how to switch it on: a line each."""
    environment, settings = plan.environment, plan.settings
    shown = "127.0.0.1" if environment.host in ("0.0.0.0", "::", "") else environment.host  # noqa: S104  # compared, not bound
    address = f"http://{shown}:{port}"
    keys = len(environment.api_keys)
    return [
        f"  Web chat: {address}/" if settings.web.chat else "  Web chat: off, set web.chat",
        f"  HTTP API: {address}/api/messages ({keys} key{'s' if keys > 1 else ''})"
        if keys
        else "  HTTP API: off, set NIGHTDESK_API_KEYS",
        "  Terminal: on, run `nightdesk chat`; for staff `nightdesk desk`",
        f"  Telegram: {_telegram(plan)}",
        f"  WhatsApp: {_whatsapp(plan)}",
        f"  Models:   {_models(plan)}",
        *([f"  Facts:    {_facts(plan)}"] if settings.facts else []),
        f"  Rules:    {len(plan.book.intents)} topics in {', '.join(plan.book.languages)}",
        f"  Ledger:   {_ledger(plan)}",
    ]


def _ledger(plan: Plan) -> str:
    """Where everything is kept; of a server, neither the user nor the password."""
    environment = plan.environment
    if not environment.is_shared:
        return f"{environment.database_file} (SQLite {SQLITE_VERSION})"
    named = urlsplit(environment.database_url)
    where = named.hostname or "a local socket"
    return f"{named.path.strip('/')} on {where} (PostgreSQL, shared by all processes)"


def _models(plan: Plan) -> str:
    if not plan.models:
        return "off, set OPENAI_API_KEY or ANTHROPIC_API_KEY"
    cap = plan.settings.budget.usd_per_day
    named = ", then ".join(f"{model.name} ({model.model})" for model in plan.models)
    return f"{named}; " + ("no cap on a day" if cap is None else f"at most ${cap:g} a day")


def _facts(plan: Plan) -> str:
    known = ", ".join(f"{len(each.facts)} from {each.name}" for each in plan.settings.facts)
    lacking = without_words(plan.settings.facts, plan.book.languages)
    asked = "; ".join(f"'{name}' lacks labels in {', '.join(x)}" for name, x in lacking.items())
    return f"{known}; {asked}: answers about it are held against less" if asked else known


def _whatsapp(plan: Plan) -> str:
    environment = plan.environment
    if not environment.whatsapp_is_on:
        return "off, set TWILIO_ACCOUNT_SID"
    templates = plan.settings.channels.whatsapp.templates
    invited = f"approved message in {', '.join(templates)}" if templates else "no approved message"
    return f"on as {environment.whatsapp_number}, called at PUBLIC_URL; {invited}"


def _telegram(plan: Plan) -> str:
    environment, staff = plan.environment, plan.settings.desk.staff
    if not environment.telegram_is_on:
        return "off, set TELEGRAM_BOT_TOKEN"
    way = "called at PUBLIC_URL" if environment.public_url else "polling, PUBLIC_URL is not set"
    if environment.telegram_staff_chat is None:
        return f"on, {way}; no staff chat, set TELEGRAM_STAFF_CHAT"
    if not staff:
        return f"on, {way}; nobody may answer in the staff chat yet, list desk.staff"
    return f"on, {way}; {len(staff)} of your team may answer in the staff chat"
