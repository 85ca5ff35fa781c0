"""A start that cannot be: the right exit code and one clear message, never a traceback."""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.faults.rig import NO_BYTECODE, Bench, Program

CONFIGURATION, OTHERWISE = 2, 1
_DROP_FROM_BOUNDING_SET, _OVERRIDE_PERMISSIONS = 24, 1  # prctl(2), capabilities(7)


def like_anybody() -> None:
    """In the child: root obeys the permissions of files as everybody else does."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(_DROP_FROM_BOUNDING_SET, _OVERRIDE_PERMISSIONS, 0, 0, 0)


def no_room() -> None:
    """In the child: no file can grow beyond a page."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))


def refused(path: Path, mode: int) -> dict[str, Any]:
    """Take the right to write; where root keeps it all the same, there is nothing to test."""
    path.chmod(mode)
    allowed = subprocess.run(["test", "-w", path], preexec_fn=like_anybody, check=False)
    return {"before": like_anybody, "skip": allowed.returncode == 0}


def read_only_folder(database: Path) -> dict[str, Any]:
    return refused(database.parent, 0o555)


def read_only_file(database: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(database)) as made:
        made.execute("CREATE TABLE t (x)")
    return refused(database, 0o444)


def folder_that_is_a_file(database: Path) -> dict[str, Any]:
    database.parent.rmdir()
    database.parent.write_text("")
    return {}


def database_that_is_a_folder(database: Path) -> dict[str, Any]:
    database.mkdir()
    return {}


def no_database(database: Path) -> dict[str, Any]:
    database.write_text("Dear diary, " * 100)
    return {}


def damaged_database(database: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(database)) as made:
        made.executescript("CREATE TABLE t (x); CREATE INDEX i ON t (x);")
    with database.open("r+b") as file:
        file.seek(100)
        file.write(os.urandom(3000))
    return {}


def full_disk(database: Path) -> dict[str, Any]:
    return {"before": no_room, "settings": NO_BYTECODE}


def missing_templates(database: Path) -> dict[str, Any]:
    return {"settings": {"NIGHTDESK__RULES__TEMPLATES": str(database.parent / "nowhere")}}


def missing_config(database: Path) -> dict[str, Any]:
    return {"settings": {"NIGHTDESK_CONFIG": str(database.parent / "nowhere.yaml")}}


def wrong_setting(database: Path) -> dict[str, Any]:
    return {"settings": {"NIGHTDESK__INBOX__PAUSE_SECONDS": "soon"}}


def local_socket_in_the_way(database: Path) -> dict[str, Any]:
    database.with_name(database.name + ".sock").mkdir()
    return {}


STARTS: list[tuple[Callable[[Path], dict[str, Any]], int, str]] = [
    (read_only_folder, CONFIGURATION, "cannot be written: Permission denied"),
    (read_only_file, CONFIGURATION, "cannot be opened for writing"),
    (folder_that_is_a_file, CONFIGURATION, "cannot be written"),
    (database_that_is_a_folder, CONFIGURATION, "cannot be opened for writing"),
    (no_database, OTHERWISE, "is damaged or no SQLite database"),
    (damaged_database, OTHERWISE, "is damaged or no SQLite database"),
    (full_disk, OTHERWISE, "is the disk full?"),
    (missing_templates, CONFIGURATION, "there is no such folder: "),
    (missing_config, CONFIGURATION, "nowhere.yaml"),
    (wrong_setting, CONFIGURATION, "NIGHTDESK__INBOX__PAUSE_SECONDS"),
    (local_socket_in_the_way, OTHERWISE, "cannot make the local socket"),
]


@pytest.fixture(scope="module")
def starts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Program]]:
    """All of them at once: each needs little more than a start."""
    said = tmp_path_factory.mktemp("starts")
    benches = []
    programs = {}
    for fault, _, _ in STARTS:
        folder = said / fault.__name__
        folder.mkdir()
        settings = fault(folder / "desk.db")
        if settings.pop("skip", False):
            continue
        benches.append(Bench(folder / "desk.db", said=said))
        programs[fault.__name__] = benches[-1].launch(**settings)
    yield programs
    for bench in benches:
        bench.end()


@pytest.mark.parametrize(("fault", "code", "message"), STARTS, ids=lambda each: _name(each))
async def test_a_start_that_cannot_be_says_why(
    starts: dict[str, Program], fault: Callable[[Path], dict[str, Any]], code: int, message: str
) -> None:
    if fault.__name__ not in starts:
        pytest.skip("root may write everywhere here")
    program = starts[fault.__name__]
    assert await program.ended() == code
    assert message in program.err
    assert "Traceback" not in program.err
    assert "Error" not in program.err  # nothing that only a programmer understands
    assert len(program.err.splitlines()) <= 6
    assert not program.out


async def test_a_port_that_is_taken_is_named(bench: Bench) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        program = bench.launch({"PORT": port})
        assert await program.ended() == OTHERWISE
    assert f"cannot listen on 127.0.0.1:{port}" in program.err
    assert "Traceback" not in program.err
    assert (await bench.start()).url  # the lock was given back


def _name(each: object) -> str | None:
    return each.__name__.replace("_", " ") if callable(each) else " "
