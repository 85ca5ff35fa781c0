"""`nightdesk backup` and `nightdesk migrate`: a whole copy, or one clear line and nothing left."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import LedgerError
from bot.ledger import backup as backup_room
from bot.ledger import wal
from bot.ledger.backup import BadPlace, back_up
from bot.ledger.file import FileLock
from bot.ledger.looking import looking_into
from bot.ledger.migrate import newest_revision
from tests.desk_in_process import running_desk
from tests.ledger.conftest import sqlite


@pytest.fixture
async def database(tmp_path):
    engine = sqlite(tmp_path)
    await engine.close()
    return tmp_path / "desk.db"


def fill(database, rows: int = 3) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        for n in range(rows):
            connection.execute(
                "INSERT INTO counters VALUES ('d', ?, 1)", (f"{n}-{os.urandom(1500).hex()}",)
            )


def alone(folder, *names: str) -> bool:
    """Nothing else lies in the folder: no half of a copy."""
    theirs = {each.name for each in folder.iterdir() if not each.name.startswith("desk.db")}
    return theirs == set(names)


def test_a_copy_is_private_whole_in_itself_and_tells_of_the_key(nightdesk, database, tmp_path):
    fill(database)
    found = nightdesk("backup", str(tmp_path / "copy.db"))
    assert found.exit_code == 0, found.output
    assert "copy.db: " in found.stdout
    assert "checked" in found.stdout
    assert "keep NIGHTDESK_SECRET_KEY too" in found.stdout
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert alone(tmp_path, "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT count(*) FROM counters").fetchone() == (3,)
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_the_key_beside_the_database_is_named(nightdesk, database, tmp_path):
    (tmp_path / "desk.db.key").write_text("k" * 64)
    found = nightdesk("backup", str(tmp_path / "copy.db"))
    assert f"keep {tmp_path / 'desk.db.key'} too" in found.stdout


def test_what_exists_is_replaced_only_by_force(nightdesk, database, tmp_path):
    (tmp_path / "copy.db").write_text("yesterday's")
    refused = nightdesk("backup", str(tmp_path / "copy.db"))
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert (tmp_path / "copy.db").read_text() == "yesterday's"
    assert nightdesk("backup", "--force", str(tmp_path / "copy.db")).exit_code == 0
    with looking_into(tmp_path / "copy.db") as connection:
        assert connection.execute(text("SELECT count(*) FROM messages")).scalar() == 0


@pytest.mark.parametrize("name", ["desk.db", "linked.db", "hard.db"])
def test_the_database_is_never_its_own_backup(nightdesk, database, tmp_path, name):
    (tmp_path / "linked.db").symlink_to(database)
    os.link(database, tmp_path / "hard.db")
    before = database.read_bytes()
    found = nightdesk("backup", "--force", str(tmp_path / name))
    assert found.exit_code == 2
    assert "the database itself" in found.stderr
    assert database.read_bytes() == before


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal", ".lock", ".key", ".sock"])
def test_no_file_of_the_database_is_overwritten(nightdesk, database, tmp_path, end):
    found = nightdesk("backup", "--force", f"{database}{end}")
    assert found.exit_code == 2
    assert "belongs to the database" in found.stderr


def test_places_that_cannot_be_used_are_named(nightdesk, database, tmp_path):
    for place, said in ((tmp_path, "is a folder"), (tmp_path / "no" / "x.db", "no folder")):
        found = nightdesk("backup", str(place))
        assert (found.exit_code, said in found.stderr) == (2, True), found.output
        assert len(found.stderr.splitlines()) == 1


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs Linux")
def test_a_folder_that_takes_no_files_is_named(nightdesk, database):
    found = nightdesk("backup", "/proc/nightdesk-copy.db")  # not even for root
    assert found.exit_code == 1
    assert "/proc cannot be written" in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_no_database_no_copy(nightdesk, tmp_path):
    found = nightdesk("backup", str(tmp_path / "copy.db"))
    assert found.exit_code == 1
    assert "nothing to back up" in found.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_database_gives_no_copy_and_leaves_the_last_one(nightdesk, database, tmp_path):
    fill(database, 200)
    (tmp_path / "copy.db").write_text("yesterday's")
    content = bytearray(database.read_bytes())
    content[-20_000:-8_000] = os.urandom(12_000)
    database.write_bytes(content)
    found = nightdesk("backup", "--force", str(tmp_path / "copy.db"))
    assert found.exit_code == 1
    assert "damaged" in found.stderr
    assert (tmp_path / "copy.db").read_text() == "yesterday's"
    assert alone(tmp_path, "copy.db")


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux")
def test_a_full_disk_is_one_clear_line_and_leaves_nothing(database, tmp_path):
    fill(database, 300)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(LedgerError, match=r"disk of .* is full"):
            back_up(database, tmp_path / "copy.db", force=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert alone(tmp_path)


def test_ctrl_c_in_the_middle_leaves_nothing(database, tmp_path):
    def stopped(left: int, pages: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(database, tmp_path / "copy.db", force=False, progress=stopped)
    assert alone(tmp_path)


def test_what_is_written_meanwhile_does_not_make_it_begin_anew(database, tmp_path, monkeypatch):
    fill(database, 50)
    monkeypatch.setattr(backup_room, "PAGES", 10)
    lefts = []
    with closing(sqlite3.connect(database)) as writing:

        def written(left: int, pages: int) -> None:
            lefts.append(left)
            with writing:
                writing.execute("INSERT INTO counters VALUES ('later', ?, 1)", (str(left),))

        back_up(database, tmp_path / "copy.db", force=False, progress=written)
    assert len(lefts) > 5
    assert lefts == sorted(lefts, reverse=True)
    assert len(set(lefts)) == len(lefts)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT * FROM counters WHERE day = 'later'").fetchall() == []


def test_a_link_in_a_circle_is_no_place(database, tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(BadPlace):
        back_up(database, tmp_path / "a" / "copy.db", force=False)


def test_postgresql_has_a_tool_of_its_own(nightdesk, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://desk:secret@db/desk")
    found = nightdesk("backup", "copy.db")
    assert found.exit_code == 2
    assert "pg_dump" in found.stderr
    assert "secret" not in found.output


async def test_under_load_everything_acknowledged_before_is_in_the_copy(monkeypatch, tmp_path):
    """Nobody who writes meanwhile is refused, whoever reads and however often the log is cut off;
    and the copy opens as a desk's database."""
    monkeypatch.setattr(wal, "WAL_BYTES", 32 * 1024)
    monkeypatch.setattr(wal, "TRY_SECONDS", 0.01)
    async with running_desk(monkeypatch, tmp_path, NIGHTDESK__LIMITS__ENABLED="false") as desk:
        over, codes = asyncio.Event(), []
        acknowledged: list[str] = []

        async def poster(chat: str) -> None:
            n = 0
            while not over.is_set():
                status, _ = await desk.post("Vocês aceitam pix?", f"m{n}", chat)
                codes.append(status)
                acknowledged.append(f"{chat}/m{n}")
                n += 1

        posters = [asyncio.create_task(poster(f"c{n}")) for n in range(8)]
        while len(acknowledged) < 60:
            await asyncio.sleep(0.01)
        before = set(acknowledged)

        def report() -> None:
            for _ in range(20):
                with looking_into(desk.database) as connection:
                    connection.execute(text("SELECT count(*) FROM messages")).scalar()

        made, *_ = await asyncio.gather(
            asyncio.to_thread(back_up, desk.database, tmp_path / "copy.db", force=False),
            asyncio.to_thread(report),
            asyncio.to_thread(report),
        )
        while len(acknowledged) < len(before) + 60:
            await asyncio.sleep(0.01)
        over.set()
        await asyncio.gather(*posters)
    assert set(codes) == {202}
    with looking_into(made.file) as connection:
        rows = connection.execute(
            text("SELECT conversation, external_id FROM messages WHERE direction = 'in'")
        ).all()
    stored = {f"{row.conversation.split('/')[2]}/{row.external_id}" for row in rows}
    assert before <= stored

    (tmp_path / "restored").mkdir()
    made.file.rename(tmp_path / "restored" / "desk.db")
    async with running_desk(monkeypatch, tmp_path / "restored") as desk:
        assert len(await desk.messages("c1")) > 0


def test_migrate_says_from_where_to_where(nightdesk, tmp_path):
    newest = newest_revision()
    first = nightdesk("migrate")
    assert (first.exit_code, first.stdout) == (
        0,
        f"The database was made, at revision {newest}.\n",
    )
    assert "up to date" in nightdesk("migrate").stdout
    assert (tmp_path / "desk.db.lock").read_text() == ""


def test_migrate_brings_an_older_database_up_to_date(nightdesk, tmp_path):
    from alembic import command
    from alembic.config import Config

    from bot.ledger.migrate import VERSIONS
    from bot.ledger.sqlite import writing_engine

    engine = writing_engine(tmp_path / "desk.db")
    config = Config()
    config.set_main_option("script_location", str(VERSIONS.parent))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
    engine.dispose()
    found = nightdesk("migrate")
    assert f"from revision 0003 to {newest_revision()}" in found.stdout


def test_migrate_leaves_a_served_database_alone(nightdesk, database):
    lock = FileLock(database)
    lock.take()
    found = nightdesk("migrate")
    lock.free()
    assert found.exit_code == 1
    assert "another process" in found.stderr


def test_migrate_refuses_a_newer_database(nightdesk, database):
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    found = nightdesk("migrate")
    assert found.exit_code == 2
    assert "9999" in found.stderr
