"""Looking into a database from outside: beside a desk that writes, and never changing anything."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.errors import ConfigError, LedgerError
from bot.ledger.looking import looking_into
from tests.builders import NOON, arrival, incoming
from tests.monitor.rows import filled

COUNT = text("SELECT count(*) FROM messages")


@pytest.fixture
def file(tmp_path):
    return filled(tmp_path / "desk.db", lambda rows: rows.message(NOON))


def test_no_database_is_made(tmp_path):
    file = tmp_path / "none.db"
    with (
        pytest.raises(LedgerError, match=r"^No database yet at .*nightdesk serve"),
        looking_into(file),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_one_state_is_seen_whatever_is_written_meanwhile(file):
    with looking_into(file) as connection:
        assert connection.execute(COUNT).scalar() == 1
        with sqlite3.connect(file) as writer:
            writer.execute("DELETE FROM messages")
        writer.close()
        assert connection.execute(COUNT).scalar() == 1
    with looking_into(file) as connection:
        assert connection.execute(COUNT).scalar() == 0


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_running_desk_is_no_hindrance(ledger, tmp_path):
    await ledger.accept(arrival(incoming()))
    with looking_into(tmp_path / "desk.db") as connection:
        assert connection.execute(COUNT).scalar() == 1
        await ledger.accept(arrival(incoming(id="m2")))


def test_nothing_can_be_written(file):
    with pytest.raises(LedgerError), looking_into(file) as connection:
        connection.execute(text("DELETE FROM messages"))
    with looking_into(file) as connection:
        assert connection.execute(COUNT).scalar() == 1


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ("UPDATE alembic_version SET version_num = '0001'", LedgerError, "start the desk once"),
        ("DROP TABLE alembic_version", LedgerError, "start the desk once"),
        ("UPDATE alembic_version SET version_num = '9999'", ConfigError, "9999.*knows up to"),
    ],
)  # fmt: skip
def test_another_version_is_told_what_to_do(file, change, error, said):
    with sqlite3.connect(file) as connection:
        connection.execute(change)
    connection.close()
    with pytest.raises(error, match=said), looking_into(file):
        pass


def test_what_is_no_database_is_said(tmp_path):
    file = tmp_path / "x.db"
    file.write_bytes(b"no database at all, but long enough to be looked at" * 50)
    with pytest.raises(LedgerError, match="damaged or no SQLite database"), looking_into(file):
        pass


def test_an_error_of_the_database_is_never_shown_raw(file):
    with pytest.raises(LedgerError) as caught, looking_into(file) as connection:
        connection.execute(text("SELECT nothing FROM nowhere"))
    assert isinstance(caught.value.__cause__, DBAPIError)
