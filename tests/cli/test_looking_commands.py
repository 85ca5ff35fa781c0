"""`nightdesk report` and `nightdesk why`, on a database with or without a desk."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import app
from bot.config import PROJECT
from bot.ledger.file import FileLock
from tests.monitor.rows import Rows, filled

NOW = time.time()


def some(rows: Rows) -> None:
    rows.chat()
    rows.message(NOW - 100, external_id="q1", turn_id=1)
    rows.turn(NOW - 99, responded_at=NOW - 98, accepted_at=NOW - 100)
    rows.answer(NOW - 98, turn_id=1)
    rows.message(NOW - 50, external_id="q2")
    rows.message(NOW - 50, external_id="q2", conversation="api/key/x")
    rows.message(NOW - 90_000, external_id="old")


@pytest.fixture
def nightdesk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'desk.db'}")
    monkeypatch.setenv("NIGHTDESK_CONFIG", str(PROJECT / "config.yaml"))

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return run


@pytest.fixture
def file(tmp_path):
    return filled(tmp_path / "desk.db", some)


def test_a_report_of_everything_and_of_a_part(nightdesk, file):
    whole = nightdesk("report")
    assert whole.exit_code == 0, whole.output
    assert "everything: " in whole.stdout
    assert "America/Sao_Paulo" in whole.stdout
    assert json.loads(nightdesk("report", "--json").stdout)["messages"] == 4
    part = json.loads(nightdesk("report", "--since", "24h", "--json").stdout)
    assert (part["messages"], part["average_response_seconds"]) == (3, 2.0)
    assert part["answered_by"] == {"rule": 1}


@pytest.mark.parametrize("since", ["yesterday", "2999-01-01", "7 days"])
def test_a_time_that_cannot_be_meant_is_bad_use(nightdesk, file, since):
    found = nightdesk("report", "--since", since)
    assert found.exit_code == 2
    assert "--since" in found.output
    assert since in found.output


@pytest.mark.parametrize("command", [("report",), ("why", "q1"), ("report", "--json")])
def test_without_a_database_it_says_what_to_do_and_makes_none(nightdesk, tmp_path, command):
    found = nightdesk(*command)
    assert found.exit_code == 1
    assert "No database yet" in found.stderr
    assert found.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("revision", "code", "said"),
    [("0001", 1, "start the desk once"), ("9999", 2, "start the newer version")],
)
def test_another_versions_database_is_left_alone(nightdesk, file, revision, code, said):
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.close()
    found = nightdesk("report")
    assert (found.exit_code, said in found.stderr) == (code, True)
    assert "cannot start" not in found.stderr


def test_a_desk_that_serves_is_no_hindrance(nightdesk, file):
    lock = FileLock(file)
    lock.take()
    try:
        assert nightdesk("report").exit_code == 0
        assert nightdesk("why", "q1").exit_code == 0
    finally:
        lock.free()


def test_broken_templates_do_not_keep_figures_from_an_owner(nightdesk, file, tmp_path, monkeypatch):
    (tmp_path / "config.yaml").write_text(
        "business: {timezone: Europe/Lisbon}\nrules: {templates: nowhere}\ninbox: {what: 1}\n"
    )
    monkeypatch.setenv("NIGHTDESK_CONFIG", str(tmp_path / "config.yaml"))
    found = nightdesk("report")
    assert (found.exit_code, "Europe/Lisbon" in found.stdout) == (0, True)


def test_a_wrong_address_of_the_database_is_bad_configuration(nightdesk, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "mysql://x")
    found = nightdesk("report")
    assert (found.exit_code, "DATABASE_URL" in found.stderr) == (2, True)


def test_why_tells_a_messages_way_and_never_its_words(nightdesk, file):
    for named in ("q1", "nd_1", "nd_2"):
        found = nightdesk("why", named)
        assert found.exit_code == 0, found.output
        assert "decided" in found.stdout
        assert "canary" not in found.output
        shown = json.loads(nightdesk("why", named, "--json").stdout)
        assert (shown["turn"]["id"], shown["batch"]) == (1, ["q1"])
        assert "canary" not in json.dumps(shown)


def test_an_unknown_message_fails_and_a_shared_id_lists_who_is_meant(nightdesk, file):
    unknown = nightdesk("why", "q9")
    assert (unknown.exit_code, "q9" in unknown.stdout) == (1, True)
    assert json.loads(nightdesk("why", "q9", "--json").stdout) == {"error": "unknown"}
    shared = nightdesk("why", "q2")
    assert shared.exit_code == 2
    assert "nd_3" in shared.stdout
    assert "nd_4" in shared.stdout
    as_json = nightdesk("why", "q2", "--json")
    assert as_json.exit_code == 2
    assert [
        (each["id"], each["conversation"]) for each in json.loads(as_json.stdout)["candidates"]
    ] == [
        ("nd_4", "api/key/x"),
        ("nd_3", "web//ana"),
    ]


def test_markup_in_an_id_is_no_markup(nightdesk, tmp_path):
    strange = "[bold]x[/bold] :warning:"
    filled(tmp_path / "desk.db", lambda rows: rows.message(NOW, external_id=strange))
    assert "[bold]y[/bold]" in nightdesk("why", "[bold]y[/bold]").stdout
    assert strange in nightdesk("why", strange).stdout
    assert json.loads(nightdesk("why", strange, "--json").stdout)["message"]["id"] == strange


def run_raw(
    tmp_path: Path, *words: str | bytes, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=PROJECT,
        env={
            **os.environ,
            "DATABASE_URL": f"sqlite:///{tmp_path / 'desk.db'}",
            "NIGHTDESK_CONFIG": str(PROJECT / "config.yaml"),
            **environment,
        },
        capture_output=True,
        check=False,
        timeout=50,
    )


def test_an_id_that_is_no_text_is_unknown(file, tmp_path):
    found = run_raw(tmp_path, "why", b"\xff\xfe")
    assert found.returncode == 1
    assert b"No message is known" in found.stdout
    assert b"Traceback" not in found.stderr


def test_a_terminal_that_knows_ascii_alone_is_told_too(file, tmp_path):
    found = run_raw(tmp_path, "why", "não", PYTHONUTF8="1", PYTHONIOENCODING="ascii")
    assert (found.returncode, found.stderr) == (1, b"")
    assert b"n\\xe3o" in found.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")
@pytest.mark.parametrize(
    "words", [["report"], ["report", "--json"], ["why", "q1"], ["status", "--json"]]
)
def test_an_output_that_takes_nothing_is_said_in_a_line(file, words):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words],
            env={**os.environ, "DATABASE_URL": f"sqlite:///{file}"},
            cwd=PROJECT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "nightdesk: the output cannot be written: No space left on device"
    ]
