"""The command line, as a person or a script uses it: in process, with a database of its own."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot import __version__
from bot.__main__ import app
from bot.config import PROJECT
from bot.ledger.file import FileLock


@pytest.fixture
def nightdesk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Run `nightdesk ...` against a fresh database."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'desk.db'}")
    monkeypatch.setenv("NIGHTDESK_CONFIG", str(PROJECT / "config.yaml"))
    monkeypatch.setenv("NIGHTDESK__INBOX__PAUSE_SECONDS", "0.05")
    monkeypatch.setenv("COLUMNS", "140")

    def run(*words: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(app, list(words), input=typed)

    return run


def test_help_explains_every_command(nightdesk):
    found = nightdesk("--help")
    assert found.exit_code == 0
    for word in ("serve", "chat", "desk"):
        assert word in found.output
    assert "reply" in nightdesk("desk", "--help").output
    assert __version__ in nightdesk("--version").output


def test_the_status_of_a_closed_desk_is_said_and_fails(nightdesk):
    closed = nightdesk("status")
    assert closed.exit_code == 1
    assert "no desk serves this database" in closed.output
    assert json.loads(nightdesk("status", "--json").output) == {"open": False}


def test_words_that_do_not_exist_are_bad_use(nightdesk):
    assert nightdesk("dance").exit_code == 2
    assert nightdesk("desk", "show", "not-a-number").exit_code == 2


def test_a_chat_without_any_server_answers_and_remembers(nightdesk):
    first = nightdesk("chat", typed="vcs aceitam pix?\n")
    assert first.exit_code == 0, first.output
    assert re.search(r"desk \| .*Pix", first.output)

    second = nightdesk("chat", typed="/start\n")
    assert "you | vcs aceitam pix?" in second.output
    assert re.search(r"\[1\] \S+", second.output)


def test_a_number_presses_a_button(nightdesk):
    nightdesk("chat", typed="/start\n")
    pressed = nightdesk("chat", typed="3\n")
    assert pressed.exit_code == 0
    listed = json.loads(nightdesk("desk", "list", "--json").output)
    assert [case["why"] for case in listed["cases"]] == ["asked for a person"]


def test_a_refused_message_says_why(nightdesk):
    found = nightdesk("chat", typed="a" * 5000 + "\n")
    assert "not sent: 'text'" in found.output


def test_a_case_from_the_list_to_the_farewell(nightdesk):
    assert "Nobody is waiting." in nightdesk("desk", "list").output
    nightdesk("chat", typed="quero falar com uma pessoa\n")

    assert "asked for a person" in nightdesk("desk", "--as", "Rita", "list").output
    card = nightdesk("desk", "--as", "Rita", "show", "1").output
    assert "quero falar com uma pessoa" in card
    assert "Português" in card
    assert "case 1 is yours" in nightdesk("desk", "--as", "Rita", "claim", "1").output
    assert (
        "sent" in nightdesk("desk", "--as", "Rita", "reply", "1", "Oi,", "sou", "a", "Rita").output
    )
    assert "noted" in nightdesk("desk", "--as", "Rita", "note", "1", "cliente", "antigo").output
    released = nightdesk("desk", "--as", "Rita", "release", "1").output
    assert "back with the bot" in released
    resolved = nightdesk("desk", "--as", "Rita", "resolve", "1")
    assert (resolved.exit_code, "resolved" in resolved.output) == (0, True)

    told = nightdesk("chat", typed="").output
    assert "person | Oi, sou a Rita" in told
    assert "cliente antigo" not in told
    shown = json.loads(nightdesk("desk", "show", "1", "--json").output)
    assert shown["status"] == "resolved"
    assert "Nobody is waiting." in nightdesk("desk", "list").output
    assert "resolved" in nightdesk("desk", "list", "--all").output


def test_what_cannot_be_done_fails_and_says_so(nightdesk):
    for words in (("reply", "9", "oi"), ("claim", "9"), ("resolve", "9"), ("template", "9")):
        found = nightdesk("desk", *words)
        assert found.exit_code == 1, words
        assert "9" in found.output
    assert nightdesk("desk", "show", "9").exit_code == 1
    nightdesk("chat", typed="quero falar com uma pessoa\n")
    empty = nightdesk("desk", "reply", "1", "  ")
    assert empty.exit_code == 1
    nowhere = nightdesk("desk", "template", "1")
    assert nowhere.exit_code == 1
    assert "nada foi enviado" in nowhere.output


def test_a_running_desk_takes_commands_until_quit(nightdesk):
    nightdesk("chat", typed="quero falar com uma pessoa\n")
    typed = "\nhelp\nlist\nlist all\nshow 1\nshow 9\nreply 1 Oi!\ndance\nresolve 1\nquit\n"
    found = nightdesk("desk", "--as", "Rita", typed=typed)
    assert found.exit_code == 0, found.output
    for expected in (
        "Desk of Rita",
        "claim N",
        "asked for a person",
        "Who:",
        "no such case",
        "sent to the customer",
        "I do not know that. Nothing was sent.",
        "case 1 is resolved",
    ):
        assert expected in found.output
    assert nightdesk("desk", typed="").exit_code == 0  # end of input leaves too


def test_a_broken_configuration_stops_with_everything_to_mend(nightdesk, tmp_path, monkeypatch):
    (tmp_path / "config.yaml").write_text(
        f"inbox: {{pause_second: 1}}\nrules: {{templates: {PROJECT / 'templates'}}}\n"
        "limits: {enabled: perhaps}\n"
    )
    monkeypatch.setenv("NIGHTDESK_CONFIG", str(tmp_path / "config.yaml"))
    for command in ("serve", "chat"):
        found = nightdesk(command)
        assert found.exit_code == 2
        assert "2 things to mend" in found.output
        assert "config.yaml:1" in found.output
        assert "did you mean 'pause_seconds'?" in found.output


def test_settings_and_sentences_are_mended_in_one_go(nightdesk, tmp_path, monkeypatch):
    shutil.copytree(PROJECT / "templates", tmp_path / "templates")
    texts = tmp_path / "templates" / "texts.yaml"
    texts.write_text(texts.read_text().replace("da {{ house.name }}", "da {{ hose.name }}", 1))
    (tmp_path / "config.yaml").write_text("limits: {enabled: perhaps}\n")
    monkeypatch.setenv("NIGHTDESK_CONFIG", str(tmp_path / "config.yaml"))
    found = nightdesk("serve")
    assert found.exit_code == 2
    assert "config.yaml:1: 'limits.enabled'" in found.output
    assert "texts.yaml:11: the sentence shows 'hose.name'" in found.output

    (tmp_path / "config.yaml").write_text("business: {languages: Portuguese}\n")
    monkeypatch.setenv("PORT", "eighty")
    found = nightdesk("serve")
    for place in ("PORT: ", "config.yaml:1: 'business.languages", "texts.yaml:11"):
        assert place in found.output


def test_missing_templates_are_named(nightdesk, tmp_path, monkeypatch):
    (tmp_path / "config.yaml").write_text("rules: {templates: nowhere}\n")
    monkeypatch.setenv("NIGHTDESK_CONFIG", str(tmp_path / "config.yaml"))
    found = nightdesk("serve")
    assert found.exit_code == 2
    assert "nowhere" in found.output or "cannot be read" in found.output


def test_a_database_that_is_taken_by_a_silent_process_is_refused(nightdesk, tmp_path):
    lock = FileLock(tmp_path / "desk.db")
    lock.take()
    found = nightdesk("chat", typed="oi\n")
    lock.free()
    assert found.exit_code == 1
    assert "another process" in found.output
    assert "Traceback" not in found.output
