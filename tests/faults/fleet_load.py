"""Customers of a fleet: talk that goes on, storms of copies, and what acknowledging took."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.faults.rig import PATIENCE, Door, Senders

COPIES, TOGETHER = 5, 3  # of each message of a storm, and how many of them at the same instant


@dataclass
class Load:
    """Programs that post through one door; how long each post took, in seconds."""

    door: Door
    customers: Senders
    took: list[float] = field(default_factory=list)

    async def post(self, chat: str, id: str) -> int:
        began = time.monotonic()
        status = await self.customers.say(self.door, chat, id)
        self.took.append(time.monotonic() - began)
        return status

    def at(self, share: float) -> float:
        """The time that this share of all posts took at the most."""
        return sorted(self.took)[int(len(self.took) * share)]

    @asynccontextmanager
    async def talk(
        self,
        name: str,
        chats: int = 10,
        gap: float = 0.05,
        *,
        stubborn: bool = True,
        after_kill: float = 0.02,
    ) -> AsyncIterator[None]:
        """Chats in which one message follows the other for as long as the block runs.

        Stubborn senders repeat each until it is acknowledged; others give up what got no answer,
        and it may be stored or not.
        """
        over = False
        chance = random.Random(name)

        async def one(chat: str) -> None:
            await asyncio.sleep(chance.random() * gap)
            n = 0
            while not over:
                while await self.post(chat, f"m{n:05}") not in (200, 202):
                    await asyncio.sleep(after_kill)
                    if not stubborn:
                        break
                n += 1
                await asyncio.sleep(gap)

        async with asyncio.TaskGroup() as group:
            for n in range(chats):
                group.create_task(one(f"{name}{n}"))
            try:
                yield
            finally:
                over = True

    async def storm(self, name: str, chats: int, each: int, gap: float = 0.0) -> list[int]:
        """Every message five times, most of them at the same instant; the status of every copy."""
        chance = random.Random(name)

        async def one(chat: str) -> list[int]:
            codes: list[int] = []
            await asyncio.sleep(chance.random() * gap)
            for n in range(each):
                await asyncio.sleep(gap)
                id = f"m{n:03}"
                codes += await asyncio.gather(*(self.post(chat, id) for _ in range(TOGETHER)))
                codes += [await self.post(chat, id) for _ in range(COPIES - TOGETHER)]
            return codes

        found = await asyncio.gather(*(one(f"{name}{n}") for n in range(chats)))
        return [code for codes in found for code in codes]

    async def more(self, acknowledged: int) -> None:
        """Wait until that many more messages are acknowledged."""
        enough = len(self.customers.acknowledged) + acknowledged
        async with asyncio.timeout(PATIENCE):
            while len(self.customers.acknowledged) < enough:
                await asyncio.sleep(0.01)
