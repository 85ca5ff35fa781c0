"""`nightdesk status`: is the desk open, does anything wait, do the platforms answer?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from bot import __version__
from bot.cli.socket_client import running_desk
from bot.desk.card import harmless, waiting
from bot.environment import load_environment

FAILURES_SECONDS = 86_400.0  # over which failures of a fleet are counted
NEARLY_ALL = 0.9  # of the cap: a call is made only if the most that it can cost still fits
_STATES = {
    "closed": "working",
    "open": "left alone for a few seconds",
    "half_open": "being tried again",
    "loading": "loading",
    "not_loaded": "not loaded",
}
_FILE = {
    "checking": "being checked, because the last stop was not a clean one",
    "not_checked": "not checked: the check was broken off; the next start tries again",
    "takes nothing": "takes nothing now: is the disk full, or does another program hold it?",
    "damaged": "damaged: make a backup now, stop the desk, see docs/operations.md",
}


async def status(console: Console, *, as_json: bool) -> bool:
    """Print how things stand; False when no desk is open on this database."""
    found = await _found()
    if as_json:
        console.print_json(json.dumps({"open": found is not None, **(found or {})}))
    elif found is None:
        console.print("Closed: no desk serves this database. `nightdesk serve` opens it.")
    else:
        for line in lines(found):
            console.print(line, highlight=False, soft_wrap=True)
    return found is not None


async def _found() -> Mapping[str, Any] | None:
    """What the desk says of itself, or what the database says of a fleet; None: it is closed."""
    environment = load_environment()
    if environment.is_shared:
        from bot.ledger.server import standing_of_fleet

        fleet = await standing_of_fleet(environment.database_dsn, FAILURES_SECONDS)
        return {"version": __version__, **fleet} if fleet["processes"] else None
    async with running_desk() as client:
        return await client.get("/status") if client else None


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The same for people."""
    yield f"[bold]Nightdesk {found['version']}[/bold], {_open(found)}"
    if "processes" in found and not found["processes"].get("worker"):
        yield _row("Workers", "none: messages are taken in, and nobody answers", bad=True)
    backlog, failures = found["backlog"], found["failures_24h"]
    yield _row("Line", _counts(backlog, waiting="waiting", in_turn="being answered"))
    yield _row("Outbox", _counts(backlog, pending="to send", sending="on their way"))
    yield _row("Cases", _counts(found["cases"], waiting="waiting", claimed="with somebody"))
    wrong = {**failures, "quarantined": found["quarantined_24h"]}
    troubles = _counts(
        wrong,
        dead="not answered",
        failed="refused",
        unknown="not known to have arrived",
        quarantined="not readable",
    )
    yield _row("Trouble", f"{troubles} in the last 24 h", bad=any(wrong.values()))
    if letters := found.get("dead_letters", {}):
        yield from _dead(letters)
    if said := _FILE.get(found.get("database", "sound")):
        yield _row("Database", said, bad=found["database"] != "checking")
    for name, said in found.get("models", {}).items():
        words = escape(harmless(", ".join(_model(said))))
        yield _row(harmless(name)[:9], words, bad=said["state"] not in ("closed", "loading"))
    if spent := found.get("spending"):
        yield _row("Spending", *_spending(spent))
    if said := found.get("platforms", {}).get("telegram"):
        words = escape(harmless(", ".join(_telegram(said))))
        yield _row("Telegram", words, bad=not said["ok"] or said["staff_chat"] is False)
    if said := found.get("platforms", {}).get("whatsapp"):
        words = escape(harmless(", ".join(_whatsapp(said))))
        yield _row("WhatsApp", words, bad=not said["ok"])


def _dead(letters: Mapping[str, int]) -> Iterator[str]:
    """What nobody tries any more, however old, and the command to look at it."""
    names = {"turns": "not answered", "sends": "not delivered", "unreadable": "not readable"}
    if any(letters.values()):
        kind = next(kind for kind in names if letters.get(kind))
        wanted = "" if kind == "turns" else f" --kind {kind}"
        yield _row("Dead", f"{_counts(letters, **names)}: `nightdesk dead list{wanted}`", bad=True)


def _whatsapp(said: Mapping[str, Any]) -> Iterator[str]:
    """The connection in words; see `WhatsAppHealth.as_dict`."""
    yield str(said["number"])
    if said["link"] != "working":
        yield str(said["link"])
    if said["last_error_code"] is not None:
        yield f"Twilio's error {said['last_error_code']} {waiting(said['last_error_age'] or 0)} ago"
    if said["last_contact_age"] is None:
        yield "no answer from Twilio yet"
    elif not said["ok"]:
        yield f"last answer {waiting(said['last_contact_age'])} ago"
    if said["missed_looked_for_age"] is not None:
        yield f"looked for missed messages {waiting(said['missed_looked_for_age'])} ago"
    if said["missed_found"]:
        yield f"{said['missed_found']} found since the start"


def _open(found: Mapping[str, Any]) -> str:
    if "processes" in found:
        named = {"doors": "taking messages in", "worker": "answering", "retiring": "leaving"}
        return f"processes: {_counts(found['processes'], **named)}"
    return f"open for {waiting(found['open_seconds'])}"


def _model(said: Mapping[str, Any]) -> Iterator[str]:
    """One model in words; see `Pulse.as_dict`."""
    yield _STATES.get(said["state"], str(said["state"]))
    if said["calls"]:
        calls = "1 call" if said["calls"] == 1 else f"{said['calls']} calls"
        yield f"{calls}, {said['failures']} failed"
    if said["last_error"]:
        yield f"last failure: {said['last_error']}"
    if said["last_success_age"] is not None:
        yield f"last answer {waiting(said['last_success_age'])} ago"


def _spending(spent: Mapping[str, Any]) -> tuple[str, bool]:
    """What the models have used of today's cap, and whether that is nearly all of it."""
    used, cap = spent["spent_usd"], spent["cap_usd"]
    digits = 2 if used >= 0.01 or not used else 4
    return f"${used:.{digits}f} of ${cap:g} today", used >= cap * NEARLY_ALL


def _row(name: str, text: str, bad: bool = False) -> str:
    return f"  {name:<9} [yellow]{text}[/yellow]" if bad else f"  {name:<9} {text}"


def _counts(counts: Mapping[str, int], **names: str) -> str:
    found = [f"{counts[state]} {name}" for state, name in names.items() if counts.get(state)]
    return ", ".join(found) or "nothing"


def _telegram(said: Mapping[str, Any]) -> Iterator[str]:
    """The connection in words; see `TelegramHealth.as_dict`."""
    name = f" as @{said['username']}" if said.get("username") else ""
    yield f"{said['mode']}{name}"
    if said["link"] != "working":
        yield str(said["link"])
    if said["pending"]:
        yield f"{said['pending']} waiting at Telegram"
    if said["last_error"]:
        ago = waiting(said["last_error_age"] or 0)
        yield f"last failed delivery {ago} ago: {said['last_error']}"
    if said["last_contact_age"] is None:
        yield "no answer from Telegram yet"
    elif not said["ok"]:
        yield f"last answer {waiting(said['last_contact_age'])} ago"
    if said["staff_chat"] is False:
        yield "the staff chat cannot be written to: is the bot a member there?"
