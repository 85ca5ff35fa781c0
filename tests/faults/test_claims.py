"""A claim in the middle of a turn: once it is confirmed, the bot says nothing more."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.ledger import settling
from bot.model import Turn
from bot.outcome import Outcome
from tests.desk_in_process import Desk, running_desk
from tests.faults import broken_builds
from tests.faults.judge import OPEN, count, drained, looking

RACES = 50


@dataclass(frozen=True)
class Slow:
    """A step of the road that passes, but not before it is told to."""

    started: defaultdict[str, asyncio.Event] = field(
        default_factory=lambda: defaultdict(asyncio.Event)
    )
    go_on: defaultdict[str, asyncio.Event] = field(
        default_factory=lambda: defaultdict(asyncio.Event)
    )

    async def __call__(self, turn: Turn, /) -> Outcome | None:
        self.started[turn.conversation.chat].set()
        await self.go_on[turn.conversation.chat].wait()
        return None


async def race(desk: Desk, slow: Slow, seed: int) -> list[str]:
    """Claim while the turn runs; returns what the bot said after the confirmation.

    Every other race is certain to meet a turn that is being decided. The rest fall where they
    fall: before it, at its settling, after it.
    """
    chance = random.Random(seed)
    chat = f"c{seed}"
    case = next(each for each in cases(desk.database) if each[1] == f"api/test/{chat}/")[0]
    slow.go_on[chat].clear()
    slow.started[chat].clear()
    status, _ = await desk.post("Qual o horário de funcionamento?", "question", chat)
    assert status == 202
    if seed % 2:
        await slow.started[chat].wait()
    else:
        # The claim and the end of the step, in any order, around the pause of 0.05 seconds.
        asyncio.get_running_loop().call_later(chance.uniform(0, 0.12), slow.go_on[chat].set)
        await asyncio.sleep(chance.uniform(0, 0.12))
    done = await desk.act("claim", case, id=f"claim-{seed}")
    assert done["confirmed"]
    said = said_by_bot(desk.database, chat)
    slow.go_on[chat].set()
    assert await drained_chat(desk.database, chat)
    return said_by_bot(desk.database, chat)[len(said) :]


def cases(database: Path) -> list[tuple[int, str]]:
    with looking(database) as connection:
        return [tuple(row) for row in connection.execute("SELECT id, conversation FROM cases")]


def said_by_bot(database: Path, chat: str) -> list[str]:
    with looking(database) as connection:
        rows = connection.execute(
            "SELECT text FROM messages WHERE conversation = ? AND direction = 'out'"
            " AND author <> 'staff' AND state <> 'superseded' ORDER BY seq",
            (f"api/test/{chat}/",),
        )
        return [row["text"] for row in rows]


async def drained_chat(database: Path, chat: str) -> bool:
    for _ in range(600):
        if not count(database, f"conversation = 'api/test/{chat}/' AND {OPEN}"):
            return True
        await asyncio.sleep(0.02)
    return False


async def races(desk: Desk) -> list[str]:
    """All races side by side; what the bot said too late."""
    chats = [f"c{seed}" for seed in range(RACES)]
    await asyncio.gather(
        *(desk.post("quero falar com uma pessoa", "person", chat) for chat in chats)
    )
    assert await drained(desk.database)
    slow = Slow()
    turns = desk.app.line._turns
    desk.app.line._turns = replace(turns, road=(slow, *turns.road))
    late = await asyncio.gather(*(race(desk, slow, seed) for seed in range(RACES)))
    return [text for texts in late for text in texts]


async def test_after_a_confirmed_claim_the_bot_is_silent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with running_desk(monkeypatch, tmp_path) as desk:
        assert await races(desk) == []
        with looking(desk.database) as connection:
            met = connection.execute("SELECT count(*) FROM turns WHERE state = 'superseded'")
            assert met.fetchone()[0] >= RACES // 2
            # Each question was answered before the claim, or is the person's to answer.
            left = connection.execute(
                "SELECT count(*) FROM messages WHERE external_id = 'question'"
                " AND (answered_by IS NULL) <> (verdict = 'relayed')"
            )
            assert left.fetchone()[0] == 0


async def test_without_the_fence_the_races_are_lost(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("_FREE", "_MINE"):
        monkeypatch.setattr(settling, name, getattr(settling, name))  # restored afterwards
    async with running_desk(monkeypatch, tmp_path) as desk:
        broken_builds.no_fence()
        assert len(await races(desk)) >= RACES // 2
