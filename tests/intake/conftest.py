"""A line over a real ledger, with a road of the test's own making."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from bot.clock import Clock
from bot.intake.line import Line
from bot.intake.ports import Pauses
from bot.ledger.answers import Channels
from bot.ledger.ledger import Ledger
from bot.ledger.migrate import migrate
from bot.ledger.opening import Opening
from bot.ledger.sqlite import SqliteEngine, writing_engine
from bot.model import ConversationKey, Incoming, Turn
from bot.outcome import Outcome, Outgoing, Verdict
from bot.presence import Presence
from tests.builders import BOOK, CHAT, arrival

Decide = Callable[[Turn], Awaitable[Outcome]]


async def echo(turn: Turn) -> Outcome:
    """Answers every burst with what was said."""
    message = Outgoing(turn.conversation, turn.text, "rule", answers=turn.answers)
    return Outcome(Verdict.ANSWERED, "echo", (message,))


class Rig:
    """What the tests of the line drive."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.decide: Decide = echo
        self.presence = Presence()
        self.line = self.new_line("worker-1")
        self.couriers_woken = 0

    def new_line(self, owner: str) -> Line:
        async def step(turn: Turn, /) -> Outcome:
            return await self.decide(turn)

        return Line(self.ledger, (step,), lambda: BOOK, Clock(), self.presence, owner, self._woken)

    def _woken(self) -> None:
        self.couriers_woken += 1

    async def say(self, message: Incoming, hurry: bool = False) -> None:
        await self.ledger.accept(arrival(message))
        self.line.ring(message.conversation, hurry)

    async def answers(self, chat: ConversationKey = CHAT) -> list[str]:
        lines = await self.ledger.since(chat, 0)
        return [line.text for line in lines if line.direction == "out"]

    async def until(
        self, count: int, chat: ConversationKey = CHAT, seconds: float = 5
    ) -> list[str]:
        """The answers of a chat, once there are that many."""
        found: list[str] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while len(found := await self.answers(chat)) < count:
                    await asyncio.sleep(0.01)
        return found


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    file = tmp_path / "line.db"
    engine = writing_engine(file)
    migrate(engine)
    engine.dispose()
    opening = Opening(Pauses(True, 0.15, 1.0), 30, 8, 20)
    ledger = Ledger(SqliteEngine(file), opening, Channels(frozenset({"web", "desk"})))
    rig = Rig(ledger)
    yield rig
    await rig.line.stop(1)
    await ledger.close()
