"""`nightdesk status`: the figures of a running desk in words that an operator reads at 2 AM."""

from __future__ import annotations

import asyncio

import pytest
from rich.console import Console

from bot.cli import socket_client
from bot.cli.socket_client import DeskGone
from bot.cli.status import lines, status
from bot.ledger.file import socket_path
from bot.web.server import listen_local

FINE = {
    "mode": "webhook",
    "username": "casa_bot",
    "ok": True,
    "link": "working",
    "pending": 0,
    "last_error": "",
    "last_error_age": None,
    "last_contact_age": 3,
    "staff_chat": True,
}
CALM = {
    "version": "1.2",
    "open_seconds": 7_500,
    "backlog": {},
    "cases": {},
    "failures_24h": {},
    "quarantined_24h": 0,
    "platforms": {},
}


def test_a_calm_night():
    assert list(lines(CALM)) == [
        "[bold]Nightdesk 1.2[/bold], open for 2 h 05 min",
        "  Line      nothing",
        "  Outbox    nothing",
        "  Cases     nothing",
        "  Trouble   nothing in the last 24 h",
    ]


def test_models_say_how_they_do_and_what_they_have_used():
    well = {"state": "closed", "calls": 9, "failures": 1, "last_error": "timeout"}
    models = {
        "openai": well | {"last_success_age": 3},
        "anthropic": well | {"state": "open", "last_success_age": None},
        "local": {"state": "loading", "calls": 0, "failures": 0, "last_error": ""}
        | {"last_success_age": None},
    }
    spending = {"spent_usd": 2.5, "cap_usd": 2.5}
    assert list(lines(CALM | {"models": models, "spending": spending}))[5:] == [
        "  openai    working, 9 calls, 1 failed, last failure: timeout, last answer 3 s ago",
        "  anthropic [yellow]left alone for a few seconds, 9 calls, 1 failed, "
        "last failure: timeout[/yellow]",
        "  local     loading",
        "  Spending  [yellow]$2.50 of $2.5 today[/yellow]",
    ]


def test_everything_at_once():
    found = list(
        lines(
            CALM
            | {
                "backlog": {"waiting": 3, "in_turn": 1, "pending": 2, "sending": 1},
                "cases": {"waiting": 2, "claimed": 1},
                "failures_24h": {"unknown": 1, "failed": 4},
                "quarantined_24h": 5,
            }
        )
    )
    assert found[1:] == [
        "  Line      3 waiting, 1 being answered",
        "  Outbox    2 to send, 1 on their way",
        "  Cases     2 waiting, 1 with somebody",
        "  Trouble   [yellow]4 refused, 1 not known to have arrived, 5 not readable"
        " in the last 24 h[/yellow]",
    ]


def test_dead_letters_and_a_file_in_doubt_name_what_to_do():
    letters = {"turns": 2, "sends": 1, "unreadable": 0}
    assert list(lines(CALM | {"dead_letters": letters, "database": "damaged"}))[5:] == [
        "  Dead      [yellow]2 not answered, 1 not delivered: `nightdesk dead list`[/yellow]",
        "  Database  [yellow]damaged: make a backup now, stop the desk, see"
        " docs/operations.md[/yellow]",
    ]
    some = {"turns": 0, "sends": 0, "unreadable": 3}
    assert list(lines(CALM | {"dead_letters": some, "database": "sound"}))[5:] == [
        "  Dead      [yellow]3 not readable: `nightdesk dead list --kind unreadable`[/yellow]",
    ]


def test_a_fleet_names_its_processes_and_misses_its_workers():
    assert list(lines(CALM | {"processes": {"doors": 2, "worker": 1}}))[:2] == [
        "[bold]Nightdesk 1.2[/bold], processes: 2 taking messages in, 1 answering",
        "  Line      nothing",
    ]
    assert list(lines(CALM | {"processes": {"doors": 2}}))[:2] == [
        "[bold]Nightdesk 1.2[/bold], processes: 2 taking messages in",
        "  Workers   [yellow]none: messages are taken in, and nobody answers[/yellow]",
    ]


def telegram(**changes: object) -> str:
    *_, line = lines(CALM | {"platforms": {"telegram": FINE | changes}})
    return line


def test_telegram_in_words():
    assert telegram() == "  Telegram  webhook as @casa_bot"
    assert telegram(ok=False, link="unreachable", username="", last_contact_age=None) == (
        "  Telegram  [yellow]webhook, unreachable, no answer from Telegram yet[/yellow]"
    )
    assert telegram(pending=7, last_error="Connection [refused]", last_error_age=60, ok=False) == (
        "  Telegram  [yellow]webhook as @casa_bot, 7 waiting at Telegram, last failed delivery"
        " 1 min ago: Connection \\[refused], last answer 3 s ago[/yellow]"
    )
    assert "is the bot a member there?" in telegram(staff_chat=False)


def test_whatsapp_tells_when_it_last_looked_for_what_was_missed():
    whatsapp = {
        "number": "+1555",
        "ok": True,
        "link": "working",
        "last_error_code": None,
        "last_contact_age": 3,
        "missed_looked_for_age": 120,
        "missed_found": 0,
    }

    def line(**changes: object) -> str:
        *_, last = lines(CALM | {"platforms": {"whatsapp": whatsapp | changes}})
        return last

    assert line() == "  WhatsApp  +1555, looked for missed messages 2 min ago"
    assert line(missed_found=3).endswith("2 min ago, 3 found since the start")
    assert line(missed_looked_for_age=None) == "  WhatsApp  +1555"


async def test_a_desk_that_is_stuck_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'desk.db'}")
    monkeypatch.setattr(socket_client, "PING_SECONDS", 0.1)
    listening = listen_local(socket_path(tmp_path / "desk.db"))  # and nobody takes the call
    with pytest.raises(DeskGone, match="stuck"):
        async with asyncio.timeout(2):
            await status(Console(), as_json=True)
    listening.close()
