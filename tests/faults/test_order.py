"""T3: order holds in every chat while models are slow and fail, and chats run side by side."""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.faults.fleet import fleet
from tests.faults.judge import KEPT, agreed, drained
from tests.faults.looking import Database, seeing
from tests.faults.rig import ONE_BY_ONE, Bench, Door, Senders
from tests.model_api import KEY, Fault, StandIn
from tests.postgres.server import Server

SEED = int(os.environ.get("NIGHTDESK_FAULTS_SEED", "1"))
SHORT, FULL = (12, 5, 0.8), (50, 20, 8.0)  # chats, messages of each, the slowest answer in seconds


@asynccontextmanager
async def desk(
    engine: str, bench: Bench, server: Server, folder: Path, settings: Mapping[str, str]
) -> AsyncIterator[tuple[Door, Database]]:
    """One process on SQLite, or two web processes and two workers on PostgreSQL."""
    if engine == "sqlite":
        yield await bench.start(settings), bench.database
        return
    async with fleet(server, folder, settings) as here:
        await here.man(webs=2, workers=2)
        yield here, here.dsn


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.parametrize(
    ("chats", "each", "slowest"),
    [
        pytest.param(*SHORT, id="short"),
        pytest.param(*FULL, id="full", marks=[pytest.mark.full, pytest.mark.timeout(900)]),
    ],
)
async def test_t3_order_with_slow_and_failing_models(
    engine: str,
    bench: Bench,
    customers: Senders,
    postgres_server: Server,
    tmp_path: Path,
    chats: int,
    each: int,
    slowest: float,
) -> None:
    async with StandIn() as api:
        api.openai.latency = (0.0, slowest)
        api.openai.sometimes(0.1, Fault.OVERLOADED)
        settings = {
            **ONE_BY_ONE,
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": api.openai_base,
        }
        chance = random.Random(SEED)
        async with desk(engine, bench, postgres_server, tmp_path, settings) as (door, database):
            posts = [(f"c{n}", f"m{k:03}") for n in range(chats) for k in range(each)]
            chance.shuffle(posts)  # of chats; in a chat one follows the other
            numbers = dict.fromkeys((chat for chat, _ in posts), 0)
            for chat, _ in posts:
                assert await customers.say(door, chat, f"m{numbers[chat]:03}") == 202
                numbers[chat] += 1
            assert await drained(database, 60 + 2 * each * slowest)
            assert await agreed(door, database, customers) == KEPT
            wall, longest = times(database)
    print(
        f"FIGURES T3 | {engine} | seed {SEED} | chats {chats}, messages {chats * each}, "
        f"all {wall:.1f} s, slowest chat {longest:.1f} s, calls {len(api.calls())}"
    )
    if slowest == FULL[2]:  # of short turns the machine's own work is a large part
        assert wall <= 1.3 * longest
    else:
        assert wall < chats * each * slowest / 4  # one after the other would take twice that


def times(database: Database) -> tuple[float, float]:
    """From the first turn to the last, and what the turns of the slowest chat took together."""
    with seeing(database) as look:
        turns = look.all("SELECT conversation, opened_at, settled_at FROM turns")
    took: dict[str, float] = {}
    for turn in turns:
        mine = turn["settled_at"] - turn["opened_at"]
        took[turn["conversation"]] = took.get(turn["conversation"], 0.0) + mine
    wall = max(turn["settled_at"] for turn in turns) - min(turn["opened_at"] for turn in turns)
    return wall, max(took.values())
