"""The ledger as `nightdesk dead` sees it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from bot.desk.dead_letters import DeadKind, Replay, Revived, Unread
from bot.ledger import dead, reviving
from bot.ledger.engine import Engine


class LedgerOfLetters:
    """Satisfies `bot.desk.dead_letters.DeadLetters` over any engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def replay(self, wanted: Replay) -> Revived:
        return await self._engine.write(partial(reviving.replay, wanted=wanted))

    async def drop(self, kind: DeadKind, numbers: Sequence[int], at: float) -> int:
        return await self._engine.write(partial(reviving.drop, kind=kind, numbers=numbers, at=at))

    async def unread(self, number: int) -> Unread | None:
        return await self._engine.read(partial(dead.unread, number=number))

    async def newest_unread(self) -> int:
        return await self._engine.read(dead.newest_unread)

    async def unread_again(self, body: bytes, after: int) -> Sequence[int]:
        return await self._engine.read(partial(dead.unread_again, body=body, after=after))
