"""The command line in a folder of its own, with the shipped settings."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import app
from bot.config import PROJECT


@pytest.fixture
def nightdesk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'desk.db'}")
    monkeypatch.setenv("NIGHTDESK_CONFIG", str(PROJECT / "config.yaml"))
    monkeypatch.setenv("PORT", "0")

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return run


@pytest.fixture
def told(nightdesk):
    """What it says to programs."""

    def run() -> SimpleNamespace:
        found = nightdesk("check", "--json")
        said = json.loads(found.stdout)
        assert (found.exit_code == 0) == said["ok"]
        return SimpleNamespace(code=found.exit_code, **said)

    return run
