"""`nightdesk check`: what is on, what is worth knowing, and what only the start would find."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.config import PROJECT
from bot.ledger import checkup
from bot.ledger.file import socket_path
from tests.cli.checking import CANARY, places, secrets


def test_a_sound_desk_is_told_what_is_on_and_nothing_is_made(nightdesk, tmp_path):
    found = nightdesk("check")
    assert found.exit_code == 0
    assert "can start like this" in found.stdout
    assert "Telegram: off, set TELEGRAM_BOT_TOKEN" in found.stdout
    assert "desk.db does not exist yet" in found.stdout
    assert "Worth a look" not in found.stdout
    assert list(tmp_path.iterdir()) == []


def test_its_json_is_whole(nightdesk):
    said = json.loads(nightdesk("check", "--json").stdout)
    assert set(said) == {"ok", "problems", "warnings", "notes", "online"}


def test_every_problem_comes_with_its_four_parts(told, monkeypatch):
    monkeypatch.setenv("PORT", "eighty")
    monkeypatch.setenv("NIGHTDESK__INBOX__JOIN", "perhaps")
    found = told()
    assert found.code == 2
    assert {"place", "message", "excerpt", "advice"} == set(found.problems[0])
    assert places(found.problems) == ["PORT", "NIGHTDESK__INBOX__JOIN"]


def test_what_is_missing_may_stand_under_a_wrong_name(told, monkeypatch):
    for name, value in secrets().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")
    monkeypatch.setenv("TWILIO_AUTHTOKEN", "a" * 32)
    found = told()
    assert "TWILIO_AUTH_TOKEN" in places(found.problems)
    assert "TWILIO_AUTHTOKEN" in places(found.warnings)


# What would not keep it from starting


def copied(folder: Path) -> Path:
    shutil.copy(PROJECT / "config.yaml", folder)
    shutil.copytree(PROJECT / "templates", folder / "templates")
    return folder / "config.yaml"


def test_channels_that_are_half_set_up_are_told(told, monkeypatch, tmp_path):
    for name, value in {
        **secrets(),
        "TELEGRAM_BOT_TOKEN": "4711:" + "A" * 35,
        "TELEGRAM_STAFF_CHAT": "-100",
        "TWILIO_AUTH_TOKEN": "a" * 32,
        "TWILIO_AUTH_TOKEN_NEXT": "",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NIGHTDESK_CONFIG", str(copied(tmp_path)))
    lines = (tmp_path / "config.yaml").read_text().splitlines()
    found = told()
    assert found.code == 0
    by_place = {flaw["place"]: flaw for flaw in found.warnings}
    staff = next(n for n, line in enumerate(lines, 1) if "staff: []" in line)
    templates = next(n for n, line in enumerate(lines, 1) if "templates: {}" in line)
    assert "nobody may answer" in by_place[f"config.yaml:{staff}"]["message"]
    assert "message in pt, en, es" in by_place[f"config.yaml:{templates}"]["message"]
    assert len(found.warnings) == 2
    monkeypatch.setenv("TELEGRAM_STAFF_CHAT", "4711")
    assert "number of a person" in str(told().warnings)


def test_an_approved_message_nobody_reads_and_labels_that_lack_are_told(
    told, monkeypatch, tmp_path
):
    sid = "HX" + "a" * 32
    (tmp_path / "people.csv").write_text("phone,balance\n1,2\n")
    config = copied(tmp_path)
    config.write_text(
        "channels: {whatsapp: {templates: {fr: {content_sid: " + sid + "}}}}\n"
        "facts:\n  - name: shop\n    kind: file\n    path: people.csv\n    key: phone\n"
        "    channels: [web]\n    facts:\n"
        "      balance: {kind: amount, currency: BRL, labels: {pt: [saldo]}}\n"
    )
    monkeypatch.setenv("NIGHTDESK_CONFIG", str(config))
    found = told()
    assert places(found.warnings) == ["config.yaml:1", "config.yaml:9"]
    assert "'fr', which the desk does not speak" in found.warnings[0]["message"]
    assert "no words (labels) in en, es" in found.warnings[1]["message"]


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({"OPENAI_BASE_URL": "http://10.0.0.5/v1"}, "OPENAI_BASE_URL"),
        ({"ANTHROPIC_BASE_URL": "http://models.example"}, "ANTHROPIC_BASE_URL"),
        ({"TELEGRAM_API_BASE": "http://telegram.example"}, "TELEGRAM_API_BASE"),
        ({"PUBLIC_URL": "http://desk.example.com"}, "PUBLIC_URL"),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1"}, None),
        ({"OPENAI_BASE_URL": "http://localhost:11434/v1"}, None),
        ({"OPENAI_BASE_URL": "http://[::1]:11434/v1"}, None),
        ({"OPENAI_BASE_URL": "https://models.example/v1"}, None),
    ],
)
def test_what_travels_readable_is_told(told, monkeypatch, variables, place):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert places(told().warnings) == ([place] if place else [])


def test_twilio_cannot_deliver_to_a_private_address(told, monkeypatch):
    for name, value in {
        **secrets(),
        "TELEGRAM_BOT_TOKEN": "",
        "PUBLIC_URL": "https://10.1.2.3",
    }.items():
        monkeypatch.setenv(name, value)
    assert "Twilio cannot deliver there" in str(told().warnings)


def test_rules_that_no_customer_reaches_are_told(told, monkeypatch, tmp_path):
    monkeypatch.setenv("NIGHTDESK_CONFIG", str(copied(tmp_path)))
    (tmp_path / "templates" / "rules" / "9_more.yaml").write_text(
        "intents:\n  - name: idle\n    examples: {pt: [o preço do pão de ontem]}\n"
        "  - name: late\n    examples: {pt: [falar com atendente, obrigado]}\n    hand_off: true\n"
        "forms:\n  - name: alone\n    hand_off: true\n    slots:\n"
        "      - {name: x, pattern: '[0-9]', ask: {pt: a, en: a, es: a}, "
        "invalid: {pt: a, en: a, es: a}}\n"
    )
    messages = [flaw["message"] for flaw in told().warnings]
    assert messages == [
        "no topic opens the form 'alone'",
        "the topic 'idle' is recognised, and nothing follows from it",
        "'falar com atendente', an example of 'late', is understood as the command /human "
        "before any rule",
        "'obrigado', an example of 'late', counts as needing no answer (noise)",
    ]


# What the start itself would find


def database(file: Path, revision: str) -> None:
    with sqlite3.connect(file) as made:
        made.execute("CREATE TABLE alembic_version (version_num TEXT)")
        made.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
    made.close()


def test_a_database_of_a_newer_version_is_a_problem_and_of_an_older_one_a_note(told, tmp_path):
    database(tmp_path / "desk.db", "9999")
    found = told()
    assert found.code == 2
    assert "revision 9999" in found.problems[0]["message"]
    (tmp_path / "desk.db").unlink()
    database(tmp_path / "desk.db", "0001")
    found = told()
    assert found.code == 0
    assert any("older version" in note for note in found.notes)


def test_a_database_that_cannot_be_used_is_a_problem(told, monkeypatch, tmp_path):
    file = tmp_path / "desk.db"
    file.write_bytes(b"no database at all, but long enough to look at " * 20)
    assert "damaged or no SQLite" in told().problems[0]["message"]
    file.unlink()
    file.mkdir()
    assert "cannot be opened for writing" in told().problems[0]["message"]
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'config' / 'desk.db'}")
    (tmp_path / "config").write_text("a file where a folder belongs")
    assert "cannot be written: Not a directory" in told().problems[0]["message"]


def test_a_folder_that_may_not_be_written_is_a_problem_and_a_missing_one_is_made(
    told, monkeypatch, tmp_path
):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'new' / 'er' / 'desk.db'}")
    assert told().code == 0
    assert not (tmp_path / "new").exists()
    monkeypatch.setattr(checkup.os, "access", lambda path, mode: False)
    (problem,) = told().problems
    assert problem["message"] == f"the folder {tmp_path} cannot be written: Permission denied"


def test_a_key_beside_the_database_that_is_none_is_a_problem(told, monkeypatch, tmp_path):
    (tmp_path / "desk.db.key").write_text("short")
    assert "holds no secret key" in told().problems[0]["message"]
    monkeypatch.setenv("NIGHTDESK_SECRET_KEY", CANARY)
    assert told().code == 0


def test_a_disk_that_is_nearly_full_is_told(told, monkeypatch):
    monkeypatch.setattr(checkup.shutil, "disk_usage", lambda folder: SimpleNamespace(free=5 << 20))
    (warning,) = told().warnings
    assert "has 5 MiB left" in warning["message"]


def test_an_open_desk_and_a_taken_port_are_only_notes(told, monkeypatch, tmp_path):
    with socket.socket() as taken, socket.socket(socket.AF_UNIX) as desk:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        desk.bind(str(socket_path(tmp_path / "desk.db")))
        desk.listen()
        monkeypatch.setenv("PORT", str(taken.getsockname()[1]))
        found = told()
    assert found.code == 0
    assert any("A desk is open on" in note for note in found.notes)
    assert any("is taken" in note for note in found.notes)


def test_an_address_that_is_not_ours_is_a_note(told, monkeypatch):
    monkeypatch.setenv("HOST", "192.0.2.1")
    monkeypatch.setenv("PORT", "8123")
    assert any("cannot be listened on" in note for note in told().notes)


@pytest.mark.parametrize(("version", "noted"), [((3, 51, 2), True), ((3, 51, 3), False)])
def test_an_sqlite_that_may_damage_shared_files_is_noted(told, monkeypatch, version, noted):
    monkeypatch.setattr(checkup.sqlite3, "sqlite_version_info", version)
    assert any("SQLite is" in note for note in told().notes) is noted


def test_a_language_in_which_nothing_is_said_is_one_mistake(told, monkeypatch, tmp_path):
    """Not one for each of the sentences that lack it."""
    config = copied(tmp_path)
    config.write_text(config.read_text("utf-8").replace("[pt, en, es]", "[pt, en, fr]"), "utf-8")
    monkeypatch.setenv("NIGHTDESK_CONFIG", str(config))
    (problem,) = told().problems
    assert problem["place"] == "config.yaml:6"
    assert "'fr'" in problem["message"]
    assert "[pt, en, fr]" in problem["excerpt"]
