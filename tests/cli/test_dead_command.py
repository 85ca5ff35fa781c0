"""`nightdesk dead`: what a person at the terminal and a script read, and what they can do."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing

import pytest

from bot.ledger.tables import quarantine
from tests.monitor.rows import Rows, filled

NOW = time.time()
ANA, BIA = "web//ana/", "wire/shop/bia/"
ESCAPE = "\x1b[2J\u202e"


def some(rows: Rows) -> None:
    rows.chat(ANA)
    turn = rows.turn(
        NOW - 90, conversation=ANA, verdict="dead", attempts=5, trail={"error": "KeyError"}
    )
    rows.message(
        NOW - 100,
        conversation=ANA,
        state="dead",
        verdict="dead",
        turn_id=turn,
        text="cadê?" + ESCAPE,
    )
    rows.answer(NOW - 90, conversation=ANA, turn_id=turn, author="system")
    rows.case(NOW - 90.0, conversation=ANA, reason="dead", opened_at=NOW - 90)
    rows.chat(BIA, ownership="human", holder="Rita" + ESCAPE)
    rows.answer(NOW - 80, conversation=BIA, state="failed", failure="busy", attempt=3)
    rows.answer(NOW - 70, conversation=BIA, state="unknown", failure="unknown")
    rows.add(
        quarantine,
        channel="telegram",
        account="7",
        reason="not_json",
        body=b"{" + b"\x1b",
        size=2,
        at=NOW,
    )


@pytest.fixture
def database(tmp_path):
    return filled(tmp_path / "desk.db", some)


def state(database, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


def test_a_list_tells_when_where_and_why_and_no_words(nightdesk, database, monkeypatch):
    monkeypatch.setenv("COLUMNS", "180")
    found = nightdesk("dead", "list")
    assert found.exit_code == 0, found.output
    for word in ("Web", "KeyError", "1 message", "yes", "nobody", "1 waiting"):
        assert word in found.stdout
    assert "cadê" not in found.stdout
    assert "Also messages that did not arrive, or may not have: 2 (--kind sends)" in found.stdout
    sends = nightdesk("dead", "list", "--kind", "sends").stdout
    assert "the platform was overloaded" in sends
    assert "may not have arrived" in sends
    unread = nightdesk("dead", "list", "--kind", "unreadable").stdout
    assert "not_json" in unread
    assert "canary" not in found.stdout + sends + unread


def test_a_list_for_programs(nightdesk, database):
    found = json.loads(nightdesk("dead", "list", "--json").stdout)
    assert found["counts"] == {"turns": 1, "sends": 2, "unreadable": 1}
    (turn,) = found["dead"]
    assert (turn["number"], turn["error"], turn["told"], turn["case"]) == (1, "KeyError", "sent", 1)
    assert "words" not in turn
    sends = json.loads(nightdesk("dead", "list", "--kind", "sends", "--json").stdout)["dead"]
    assert [each["failure"] for each in sends] == ["unknown", "busy"]


def test_words_are_shown_on_request_and_steer_no_terminal(nightdesk, database):
    shown = [nightdesk("dead", "show", "1")]
    shown.append(nightdesk("dead", "show", "1", "--kind", "unreadable"))
    (send,) = state(database, "SELECT seq FROM messages WHERE state = 'failed'")
    shown.append(nightdesk("dead", "show", str(send[0]), "--kind", "sends"))
    assert [each.exit_code for each in shown] == [0, 0, 0]
    assert "cadê?␛[2J□" in shown[0].stdout
    assert "with Rita␛[2J□: the bot is silent" in shown[2].stdout
    for each in shown:
        assert "\x1b" not in each.stdout
        assert "\u202e" not in each.stdout
    as_json = json.loads(nightdesk("dead", "show", "1", "--json").stdout)
    assert as_json["words"] == ["cadê?" + ESCAPE]
    missing = nightdesk("dead", "show", "9")
    assert (missing.exit_code, "no dead turn 9" in missing.stdout) == (1, True)


def test_an_empty_list_says_so(nightdesk, tmp_path):
    filled(tmp_path / "desk.db", lambda rows: None)
    found = nightdesk("dead", "list")
    assert (found.exit_code, found.stdout) == (0, "There are no turns that nobody could decide.\n")
    assert nightdesk("dead", "drop", "--all", "--yes").exit_code == 0


def test_without_a_database_nothing_is_made(nightdesk, tmp_path):
    found = nightdesk("dead", "list")
    assert found.exit_code == 1
    assert "No database yet" in found.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_replay_goes_through_a_desk_and_a_refusal_says_what_can_be_done(nightdesk, database):
    done = nightdesk("dead", "replay", "1")
    assert (done.exit_code, "in its line again" in done.stdout) == (0, True), done.output
    gone = nightdesk("dead", "replay", "1")
    assert (gone.exit_code, "no such dead letter" in gone.stdout) == (1, True)

    rows = state(database, "SELECT seq FROM messages WHERE state IN ('failed', 'unknown')")
    (failed,), (unknown,) = rows
    held = nightdesk("dead", "replay", str(failed), "--kind", "sends", "--again")
    assert held.exit_code == 0
    may = nightdesk("dead", "replay", str(unknown), "--kind", "sends", "--again")
    assert (may.exit_code, "--did-not-arrive" in may.stdout) == (1, True)
    seen = nightdesk(
        "dead", "replay", str(unknown), "--kind", "sends", "--again", "--did-not-arrive"
    )
    assert seen.exit_code == 0
    assert state(database, "SELECT state FROM messages WHERE conversation LIKE 'wire%'") == [
        ("pending",),
        ("pending",),
    ]


def test_nothing_is_dropped_without_a_yes(nightdesk, database):
    asked = nightdesk("dead", "drop", "1")
    assert asked.exit_code == 1  # nobody there to say yes
    assert len(json.loads(nightdesk("dead", "list", "--json").stdout)["dead"]) == 1
    some_not_there = nightdesk("dead", "drop", "1", "7", "--yes")
    assert (some_not_there.exit_code, "Dropped 1 of 2." in some_not_there.stdout) == (1, True)
    assert json.loads(nightdesk("dead", "list", "--json").stdout)["dead"] == []


def test_all_of_a_kind_are_dropped_at_once(nightdesk, database):
    found = nightdesk("dead", "drop", "--all", "--kind", "sends", "--yes")
    assert (found.exit_code, found.stdout) == (0, "Dropped 2.\n")
    counts = json.loads(nightdesk("dead", "list", "--json").stdout)["counts"]
    assert counts == {"turns": 1, "sends": 0, "unreadable": 1}


def test_bad_use_is_told(nightdesk, database):
    for words in (
        ("dead", "drop"),
        ("dead", "drop", "1", "--all"),
        ("dead", "show", "x"),
        ("dead", "show", "9" * 20),
        ("dead", "replay", "9" * 20),
        ("dead", "drop", "9" * 20, "--yes"),
        ("dead", "list", "--kind", "letters"),
    ):
        assert nightdesk(*words).exit_code == 2, words
