"""People on one platform who write to the real program, and the judge of what became of it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from bot.model import ConversationKey
from bot.web.server import listen_tcp
from tests.faults.looking import seeing
from tests.faults.rig import PATIENCE, QUESTION, Bench, Program

Person = TypeVar("Person")
Mark = tuple[str, str]  # a chat, and what tells one message in it from another

# What somebody still has to do something about.
WAITING = "(state IN ('waiting', 'in_turn', 'pending', 'sending') OR failure = 'looking')"


@dataclass(frozen=True)
class Verdict:
    """Everything that breaks the promise; empty when it was kept."""

    lost: tuple[str, ...] = ()  # said, and in no row
    unanswered: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()  # stored or shown more than once
    reordered: tuple[str, ...] = ()  # chats whose answers arrived out of turn
    misdirected: tuple[str, ...] = ()  # shown in a chat that they were not written for
    missing: tuple[str, ...] = ()  # sent, as the database says, and on no phone


KEPT = Verdict()


@dataclass(kw_only=True)
class Crowd(ABC, Generic[Person]):
    """Who writes, and what was written."""

    bench: Bench
    settings: dict[str, str]
    people: list[Person] = field(default_factory=list)
    said: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    coming: str  # which conversations customers write in, as SQL has it
    going: str  # which conversations the platform shows

    @abstractmethod
    async def says(self, person: Person, text: str = QUESTION) -> None:
        """One message, noted in `said`."""

    @abstractmethod
    def busy(self) -> bool:
        """Whether anything is still on its way from the platform to the program."""

    @abstractmethod
    def promised(self) -> Iterable[tuple[str, str]]:
        """Chat and id of all that must not be lost."""

    @abstractmethod
    def on_phones(self) -> Iterable[Mark]:
        """Everything that customers and staff were shown."""

    @abstractmethod
    def mark(self, row: dict[str, Any]) -> str:
        """How the platform shows a message of ours, or what else tells it from others."""

    @abstractmethod
    def order(self, chat: str) -> Sequence[int]:
        """Our numbers of the messages in that chat, as they arrived."""

    async def start(self, **more: Any) -> Program:
        return await self.bench.start(self.settings, **more)

    async def all_say(self, each: int, gap: float = 0.0) -> None:
        """Everybody writes so many messages, one after the other."""

        async def one(person: Person) -> None:
            for _ in range(each):
                await self.says(person)
                await asyncio.sleep(gap)

        await asyncio.gather(*(one(person) for person in self.people))

    @asynccontextmanager
    async def everybody_talking(self, gap: float) -> AsyncIterator[None]:
        """People go on writing for as long as the block runs."""
        over = False

        async def one(person: Person) -> None:
            while not over:
                await self.says(person)
                await asyncio.sleep(gap)

        async with asyncio.TaskGroup() as group:
            for person in self.people:
                group.create_task(one(person))
            try:
                yield
            finally:
                over = True

    @property
    def messages(self) -> list[str]:
        return [id for ids in self.said.values() for id in ids]

    async def settled(self, seconds: float = PATIENCE, *, staff: bool = False) -> bool:
        """Whether nothing waits any more: at the platform, in the line, in the outbox.

        What staff are shown goes at the pace of a group, twenty a minute: it is waited for only
        where `staff` says so.
        """
        waiting = WAITING if staff else f"{WAITING} AND NOT inside"
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.busy() or self.rows(waiting):
                    await asyncio.sleep(0.05)
                return True
        return False

    def rows(self, where: str) -> list[dict[str, Any]]:
        with seeing(self.bench.database) as look:
            return [
                dict(row) for row in look.all(f"SELECT * FROM messages WHERE {where} ORDER BY seq")
            ]

    def answers(self, where: str) -> list[dict[str, Any]]:
        """Rows of what is said to customers, `WHERE ...`."""
        to_customers = f"direction = 'out' AND conversation LIKE '{self.coming}'"
        return self.rows(f"{to_customers} AND ({where})")

    def verdict(self) -> Verdict:
        """What people said and were shown, against what the database says."""
        stored: Counter[tuple[str, str]] = Counter()
        unanswered = []
        for row in self.rows(f"direction = 'in' AND conversation LIKE '{self.coming}'"):
            chat = chat_of(row)
            stored[chat, row["external_id"]] += 1
            if row["answered_by"] is None:
                unanswered.append(f"{chat}: {row['external_id']}")
        out = self.rows(f"direction = 'out' AND conversation LIKE '{self.going}'")
        shown = Counter(self.on_phones())
        written = Counter((chat_of(row), self.mark(row)) for row in out)
        sent = Counter((chat_of(row), self.mark(row)) for row in out if row["state"] == "sent")
        return Verdict(
            lost=tuple(f"{chat}: {id}" for chat, id in self.promised() if not stored[chat, id]),
            unanswered=tuple(unanswered),
            doubled=(
                *(f"stored {each}" for each, n in stored.items() if n > 1),
                *(f"shown in {each[0]}" for each, n in shown.items() if n > written[each] > 0),
            ),
            reordered=tuple(chat for chat in self.said if not _is_sorted(self.order(chat))),
            misdirected=tuple(f"{each}" for each in shown if not written[each]),
            missing=tuple(f"{each}" for each, n in sent.items() if n > shown[each]),
        )


def chat_of(row: dict[str, Any]) -> str:
    return ConversationKey.parse(row["conversation"]).chat


def _is_sorted(numbers: Sequence[int]) -> bool:
    return list(numbers) == sorted(numbers)


def free_port() -> int:
    listening = listen_tcp("127.0.0.1", 0)
    port = int(listening.getsockname()[1])
    listening.close()
    return port
