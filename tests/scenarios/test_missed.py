"""Twilio reaches nobody for a while; what was said meanwhile is found and answered all the same."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

import pytest

from bot.channels.whatsapp import missed
from bot.channels.whatsapp.form import Form
from bot.channels.whatsapp.receive import Receiver
from bot.chores import Chore, Chores
from bot.errors import LedgerError
from bot.web.holding import Holding, Patience
from tests.whatsapp_desk import HOOK, Stage, whatsapp_desk


@pytest.fixture
async def stage(monkeypatch, tmp_path):
    monkeypatch.setattr(missed, "LOOK_SECONDS", 0.3)
    monkeypatch.setattr(missed, "GRACE_SECONDS", 0.0)
    async with whatsapp_desk(monkeypatch, tmp_path) as stage:
        await stage.api.wait_for(lambda: rows(stage, "SELECT * FROM marks"), 10)
        yield stage
        await stage.quiet()  # what comes in just as the door closes is waited for


def rows(stage: Stage, sql: str) -> list[dict[str, Any]]:
    with sqlite3.connect(stage.desk.database) as ledger:
        ledger.row_factory = sqlite3.Row
        return [dict(row) for row in ledger.execute(sql)]


def cut_off(stage: Stage) -> None:
    """Twilio has no address to deliver to."""
    stage.api.deliver_to("")


async def test_a_press_that_was_missed_counts_as_that_press(stage):
    await stage.says(stage.ana, "/start")
    [greeting] = stage.api.shown(stage.ana)
    label = greeting.labels[0]
    cut_off(stage)
    await stage.ana.presses(greeting, label)
    await stage.hears(stage.ana, 2)
    *_, press = rows(stage, "SELECT * FROM messages WHERE direction = 'in' ORDER BY seq")
    assert (press["kind"], press["text"]) in {("button", label), ("command", label)}
    assert press["button"]
    [chat] = rows(stage, "SELECT name FROM conversations WHERE key LIKE 'whatsapp/%'")
    assert chat["name"] == "Ana"  # the list does not tell it, and it is not forgotten


async def test_what_was_written_in_one_go_is_answered_in_one_go(stage):
    cut_off(stage)
    await stage.bia.says("oi")
    await stage.bia.says("vcs aceitam pix?")
    await stage.hears(stage.bia)
    await stage.quiet()
    assert len(stage.api.shown(stage.bia)) == 1


async def test_a_voice_note_that_was_missed_is_a_voice_note(stage):
    cut_off(stage)
    await stage.bia.sends_media("voice")
    await stage.hears(stage.bia)
    [row] = rows(stage, "SELECT media FROM messages WHERE direction = 'in'")
    [media] = json.loads(row["media"])
    assert media["kind"] == "voice"
    assert media["reference"].startswith("https://api.twilio.com/2010-04-01/Accounts/AC")
    assert media["unique"].startswith("ME")


async def test_somebody_who_hides_their_number_is_found_in_their_chat(stage):
    await stage.says(stage.ana, "oi")
    stage.ana.hides_number()
    cut_off(stage)
    before = len(stage.api.shown(stage.ana))
    await stage.ana.says("vcs aceitam pix?")
    await stage.hears(stage.ana, before + 1)
    assert len(rows(stage, "SELECT key FROM conversations WHERE key LIKE 'whatsapp/%'")) == 1


async def test_nothing_is_answered_twice_when_twilio_comes_back(stage):
    cut_off(stage)
    await stage.ana.says("vcs aceitam pix?")
    await stage.hears(stage.ana)
    stage.api.deliver_to(stage.desk.url + HOOK)
    await stage.says(stage.ana, "qual o horário?")
    await stage.quiet()
    assert len(stage.api.shown(stage.ana)) == 2


async def test_when_it_last_looked_is_told(stage):
    cut_off(stage)
    await stage.ana.says("vcs aceitam pix?")
    await stage.hears(stage.ana)
    async with stage.desk.http.get(f"{stage.desk.url}/readyz") as r:
        ready = (await r.json())["whatsapp"]
    assert ready["missed_looked_for_age"] <= 5
    assert (await stage.status())["platforms"]["whatsapp"]["missed_found"] == 1


async def test_a_message_that_was_refused_is_looked_for_soon(monkeypatch, tmp_path):
    """Long before the next look is due."""
    begun: list[Chore] = []

    class Noted(Chores):
        def __init__(self, chores: Sequence[Chore], **more: Any) -> None:
            begun.extend(chores)
            super().__init__(chores, **more)

    async def busy(self: Receiver, form: Form, query: str) -> None:
        raise LedgerError("busy")

    monkeypatch.setattr("bot.app.Chores", Noted)
    monkeypatch.setattr(missed, "GRACE_SECONDS", 0.5)
    monkeypatch.setattr(Holding.__init__, "__defaults__", (Patience(0.1, 0.2, 0.4),))
    monkeypatch.setattr(Receiver, "take", busy)
    async with whatsapp_desk(monkeypatch, tmp_path) as stage:
        await stage.api.wait_for(lambda: rows(stage, "SELECT * FROM marks"), 10)
        await stage.ana.says("vcs aceitam pix?")
        await stage.hears(stage.ana)
        assert stage.api.webhook.deliveries[0].statuses == [503]
        cut_off(stage)
        await stage.api.wait_delivered()
    assert [(each.name, each.alone) for each in begun] == [
        ("purge", True),
        ("whatsapp_missed", True),
    ]
