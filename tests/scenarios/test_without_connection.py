"""A command that opens the desk for a moment: platforms are not spoken with, and it says so."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from typer.testing import CliRunner

from bot.__main__ import app
from tests.telegram_desk import telegram_desk


async def test_a_reply_while_nobody_serves_leaves_with_the_next_desk(monkeypatch, tmp_path):
    async with telegram_desk(monkeypatch, tmp_path) as stage:
        await stage.says(stage.ana, "quero falar com uma pessoa")
        token, base = stage.api.token, stage.api.base
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", token)
    monkeypatch.setenv("TELEGRAM_API_BASE", base)

    def command(*words: str) -> str:
        with ThreadPoolExecutor(1) as pool:  # a loop of its own
            return pool.submit(CliRunner().invoke, app, list(words)).result().output

    said = command("desk", "--as", "Rita", "reply", "1", "já vejo")
    assert "as soon as `nightdesk serve` runs" in said
    assert json.loads(command("status", "--json")) == {"open": False}

    async with telegram_desk(monkeypatch, tmp_path) as stage:
        assert (await stage.hears(stage.ana)).text == "já vejo"
        await stage.shown_to_team("#c1", "Rita", "já vejo")
