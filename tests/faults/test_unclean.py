"""How a desk ended is known at its next start: after a kill, and only then, the file is checked."""

from __future__ import annotations

import json
from contextlib import closing
from sqlite3 import connect
from typing import Any

from tests.faults.rig import Bench, Program, Senders


def events(program: Program) -> list[str]:
    lines: list[dict[str, Any]] = [json.loads(line) for line in program.err.splitlines()]
    return [line["event"] for line in lines if line["event"].startswith("database_")]


async def test_a_kill_is_followed_by_a_check_and_a_stop_is_not(
    bench: Bench, customers: Senders
) -> None:
    killed = await bench.start()
    assert await customers.say(killed, "c1", "m1") == 202
    killed.kill()
    after_the_kill = await bench.start()
    assert events(after_the_kill) == ["database_checked"]
    assert await after_the_kill.terminated() == 0
    after_the_stop = await bench.start()
    assert events(after_the_stop) == []
    assert await after_the_stop.terminated() == 0


async def test_a_damaged_file_is_not_served_after_a_kill(bench: Bench, customers: Senders) -> None:
    killed = await bench.start()
    assert await customers.say(killed, "c1", "m1") == 202
    killed.kill()
    with closing(connect(bench.database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(bench.database.read_bytes())
    page = 4096
    for n in range(page * 8, len(content), page):  # the beginning of each page but the first few
        content[n : n + 64] = b"\xff" * 64
    bench.database.write_bytes(content)
    refused = bench.launch()
    assert await refused.ended() == 1
    assert "is damaged; restore a backup" in refused.err
    assert "Traceback" not in refused.err
