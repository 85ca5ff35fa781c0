"""What is wrong with sources of facts is said before the start, with everything else."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.config import PROJECT
from bot.errors import ConfigError
from bot.plan import read_plan

CONFIG = """\
rules: {{templates: '{templates}'}}
facts:
  - name: shop
    kind: sql
    path: shop.db
    query: >-
      SELECT balanse FROM people
      WHERE id = :sender
    channels: [telegram]
    facts:
      balance: {{kind: amount}}
  - {{name: vips, kind: file, path: vips.csv, key: phone, channels: [whatsapp],
     facts: {{tier: {{currency: BRL}}}}}}
inbox: {{pause_second: 1}}
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.format(templates=PROJECT / "templates"))
    (tmp_path / "vips.csv").write_text("phone,tier\n1,a\n1,b\n")
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("CREATE TABLE people (id, balance)")
    monkeypatch.setenv("NIGHTDESK_CONFIG", str(path))
    return path


def flaws() -> list[tuple[str, str]]:
    with pytest.raises(ConfigError) as caught:
        read_plan()
    return [(flaw.where, flaw.message) for flaw in caught.value.flaws]


def test_all_mistakes_come_at_once_each_at_its_line(config):
    found = flaws()
    assert [where for where, _ in found] == [
        "config.yaml:14", "config.yaml:6", "config.yaml:13", "vips.csv:3",
    ]  # fmt: skip
    said = "\n".join(message for _, message in found)
    for part in ("pause_second", "no such column: balanse", "currency", "stands in line 2"):
        assert part in said


def test_sources_of_the_environment_are_told_by_name(config, monkeypatch):
    config.write_text("")
    entry = {"name": "shop", "kind": "sql", "path": "shop.db", "query": "SELECT :sender",
             "channels": ["api"], "facts": {"balance": {}}}  # fmt: skip
    monkeypatch.setenv("NIGHTDESK__RULES__TEMPLATES", str(PROJECT / "templates"))
    monkeypatch.setenv("NIGHTDESK__FACTS", json.dumps([entry]))
    assert flaws() == [("facts.shop.query", "the query gives no column 'balance'")]
    entry["query"] = "SELECT 1 AS balance WHERE :sender"
    monkeypatch.setenv("NIGHTDESK__FACTS", json.dumps([entry]))
    assert read_plan().folder == config.parent
