"""Migrations: they run by themselves, all or nothing, and never backwards."""

from __future__ import annotations

import sqlite3
import sys

import pytest
from sqlalchemy import inspect

from bot.errors import ConfigError
from bot.ledger import migrate as migrations
from bot.ledger.migrate import known_revisions, migrate, newest_revision
from bot.ledger.sqlite import writing_engine
from bot.ledger.tables import metadata


def test_an_empty_database_gets_every_table_column_and_index(tmp_path):
    engine = writing_engine(tmp_path / "x.db")
    assert migrate(engine) == (None, newest_revision())

    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        found = {
            index["name"]
            for table in metadata.tables
            for index in inspect(connection).get_indexes(table)
        }
    wanted = {index.name for table in metadata.tables.values() for index in table.indexes}
    assert wanted <= found
    engine.dispose()


def test_no_number_is_ever_used_twice(tmp_path):
    """Not even after an erasure: platforms report on messages by our number."""
    engine = writing_engine(tmp_path / "x.db")
    migrate(engine)
    with engine.connect() as connection:
        tables = "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
        made = {row.name: row.sql for row in connection.exec_driver_sql(tables)}
    wanted = {
        table.name
        for table in metadata.tables.values()
        if table.dialect_options["sqlite"]["autoincrement"]
    }
    assert wanted == {name for name, sql in made.items() if sql and "AUTOINCREMENT" in sql}
    engine.dispose()


def test_a_second_start_changes_nothing_and_does_not_load_alembic(tmp_path, monkeypatch):
    engine = writing_engine(tmp_path / "x.db")
    migrate(engine)
    monkeypatch.setitem(sys.modules, "alembic", None)
    assert migrate(engine) == (newest_revision(), newest_revision())
    engine.dispose()


def test_a_newer_database_is_refused_with_what_to_do(tmp_path):
    file = tmp_path / "x.db"
    engine = writing_engine(file)
    migrate(engine)
    engine.dispose()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    engine = writing_engine(file)
    with pytest.raises(ConfigError, match=r"revision 9999.*knows up to"):
        migrate(engine)
    engine.dispose()


def test_revisions_are_named_by_their_files():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(migrations.VERSIONS.parent))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [newest_revision()]
    assert {each.revision for each in scripts.walk_revisions()} == known_revisions()


def test_a_step_that_fails_leaves_the_database_as_it_was(tmp_path, monkeypatch):
    from alembic.operations import Operations
    from sqlalchemy.exc import OperationalError

    from bot.errors import LedgerError

    made = Operations.create_table
    tables = iter(range(100))

    def third_fails(self, *args, **kwargs):
        if next(tables) == 2:
            raise OperationalError("CREATE TABLE", {}, sqlite3.OperationalError("disk I/O error"))
        return made(self, *args, **kwargs)

    engine = writing_engine(tmp_path / "x.db")
    with monkeypatch.context() as broken:
        broken.setattr(Operations, "create_table", third_fails)
        with pytest.raises(LedgerError):
            migrate(engine)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    assert migrate(engine) == (None, newest_revision())
    engine.dispose()
