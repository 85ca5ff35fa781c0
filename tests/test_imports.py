"""The import rule of the whole house. It is stated in pyproject.toml and enforced here."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {c["id"]: c for c in SETTINGS["tool"]["importlinter"]["contracts"]}


def lint(house: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Check the imports of the house at that place, all contracts or only some."""
    chosen = [part for contract in contracts for part in ("--contract", contract)]
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--no-logo", *chosen],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house)},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


def test_imports_go_downwards_only():
    found = lint(ROOT)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house in which something wrong can be built."""
    copy = tmp_path_factory.mktemp("house")
    for package in ("bot", "handlers"):
        ignored = shutil.ignore_patterns("__pycache__", "static")
        shutil.copytree(ROOT / package, copy / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


@pytest.mark.parametrize(
    ("contract", "file", "line"),
    [
        ("layers", "bot/model.py", "import bot.words"),
        ("layers", "bot/words/render.py", "import bot.rules.match"),
        ("layers", "bot/rules/match.py", "import bot.checks.approve"),
        ("layers", "bot/risk/score.py", "import bot.limits.budget"),
        ("layers", "bot/desk/hours.py", "import bot.pipeline"),
        ("layers", "handlers/person.py", "import bot.pipeline"),
        ("layers", "handlers/person.py", "def f():\n    import bot.pipeline"),
        ("sql", "handlers/person.py", "import sqlalchemy"),
        ("sql", "bot/pipeline.py", "from sqlalchemy import select"),
        ("sql", "bot/model.py", "import sqlite3"),
        ("web", "bot/checks/approve.py", "import starlette.responses"),
        ("web", "handlers/person.py", "import fastapi"),
        ("telegram", "bot/pipeline.py", "import telegram"),
        ("whatsapp", "bot/pipeline.py", "from twilio.rest import Client"),
        ("openai", "handlers/match_rule.py", "import openai"),
        ("anthropic", "handlers/match_rule.py", "import anthropic"),
        ("handlers", "handlers/match_rule.py", "import time"),
        ("handlers", "handlers/match_rule.py", "from random import choice"),
        ("handlers", "handlers/match_rule.py", "import aiohttp"),
    ],
)
def test_the_rule_bites(house: Path, contract: str, file: str, line: str):
    """Each wrong import, built into a copy of the house, is reported by its contract."""
    wrong = house / file
    sound = wrong.read_text(encoding="utf-8")
    wrong.write_text(f"{sound}\n{line}\n", encoding="utf-8")
    try:
        found = lint(house, contract)
    finally:
        wrong.write_text(sound, encoding="utf-8")
    assert found.returncode == 1
    assert "BROKEN" in found.stdout
    assert file.removesuffix(".py").replace("/", ".") in found.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("bot/ledger/tables.py", "import sqlalchemy, aiosqlite, alembic, sqlite3"),
        ("bot/ledger/__init__.py", "import sqlalchemy"),
        ("bot/web/api.py", "import fastapi, starlette, uvicorn"),
        ("bot/app.py", "import uvicorn, bot.pipeline"),
        ("bot/channels/telegram/send.py", "import telegram"),
        ("bot/channels/whatsapp/send.py", "import twilio"),
        ("bot/providers/openai.py", "import openai"),
        ("bot/providers/anthropic.py", "import anthropic"),
    ],
)
def test_each_library_is_welcome_in_its_own_room(house: Path, file: str, line: str, tmp_path: Path):
    whole = shutil.copytree(house, tmp_path / "house")
    room = whole / file
    room.parent.mkdir(parents=True, exist_ok=True)
    for folder in (room.parent, room.parent.parent):
        (folder / "__init__.py").touch()
    room.write_text(f"{line}\n", encoding="utf-8")
    found = lint(whole)
    assert found.returncode == 0, found.stdout + found.stderr


def test_the_copy_itself_is_sound(house: Path):
    found = lint(house)
    assert found.returncode == 0, found.stdout + found.stderr


def test_every_room_has_its_place():
    """A new room must be given a layer: what no layer names, no rule watches."""
    named = set(re.findall(r"[\w.]+", " ".join(CONTRACTS["layers"]["layers"])))
    rooms = {
        f"bot.{path.stem}"
        for path in (ROOT / "bot").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem != "__init__"
    }
    assert rooms - {"bot.defaults"} <= named


# Handlers know no clock and no chance: the turn carries `now` and `seed`


def reads_clock_or_chance(source: str) -> Iterator[str]:
    """Calls that give another answer each time they are made."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called.split(".")[-1] in {
            "choice",
            "getrandbits",
            "monotonic",
            "now",
            "perf_counter",
            "random",
            "randint",
            "sleep",
            "time",
            "today",
            "utcnow",
            "uuid4",
        }:
            yield called


@pytest.mark.parametrize("file", sorted((ROOT / "handlers").glob("*.py")), ids=lambda f: f.stem)
def test_a_handler_reads_neither_clock_nor_chance(file: Path):
    assert list(reads_clock_or_chance(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source", ["datetime.now(UTC)", "date.today()", "time()", "clock.now()", "Random(1).random()"]
)
def test_reading_clock_or_chance_is_seen(source: str):
    assert list(reads_clock_or_chance(source))
