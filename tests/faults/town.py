"""Customers on Telegram who write to the real program, and the judge of what became of it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from bot.model import ConversationKey
from bot.web.server import listen_tcp
from tests.faults.judge import looking
from tests.faults.rig import ONE_BY_ONE, PATIENCE, QUESTION, Bench, Program
from tests.telegram_api.chats import Chat
from tests.telegram_api.people import User
from tests.telegram_api.server import StandIn

TEAM = -1001700700700
RITA = 501


@dataclass(frozen=True)
class Verdict:
    """Everything that breaks the promise; empty when it was kept."""

    lost: tuple[str, ...] = ()  # said, and in no row
    unanswered: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()  # stored or shown more than once
    reordered: tuple[str, ...] = ()  # chats whose answers arrived out of turn
    misdirected: tuple[str, ...] = ()  # shown in a chat that they were not written for


KEPT = Verdict()


@dataclass
class Town:
    """Who writes, and what was written."""

    api: StandIn
    bench: Bench
    settings: dict[str, str]
    people: list[User] = field(default_factory=list)
    said: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    async def start(self, **more: Any) -> Program:
        return await self.bench.start(self.settings, **more)

    def moves_in(self, number: int) -> None:
        for n in range(number):
            user = self.api.user(1000 + n, f"P{n}")
            self.api.private(user)
            self.people.append(user)

    def chat(self, user: User) -> Chat:
        return self.api.private(user)

    async def says(self, user: User, text: str = QUESTION) -> None:
        message = await user.says(self.chat(user), text)
        self.said[str(user.id)].append(str(message.message_id))

    async def all_say(self, each: int, gap: float = 0.0) -> None:
        """Everybody writes so many messages, one after the other."""

        async def one(user: User) -> None:
            for _ in range(each):
                await self.says(user)
                await asyncio.sleep(gap)

        await asyncio.gather(*(one(user) for user in self.people))

    @asynccontextmanager
    async def everybody_talking(self, gap: float) -> AsyncIterator[None]:
        """People go on writing for as long as the block runs."""
        over = False

        async def one(user: User) -> None:
            while not over:
                await self.says(user)
                await asyncio.sleep(gap)

        async with asyncio.TaskGroup() as group:
            for user in self.people:
                group.create_task(one(user))
            try:
                yield
            finally:
                over = True

    @property
    def messages(self) -> list[str]:
        return [id for ids in self.said.values() for id in ids]

    async def settled(self, seconds: float = PATIENCE, *, staff: bool = False) -> bool:
        """Whether nothing waits any more: at Telegram, in the line, in the outbox.

        What staff are shown goes at the pace of a group, twenty a minute: it is waited for only
        where `staff` says so.
        """
        waiting = "state IN ('waiting', 'in_turn', 'pending', 'sending')"
        if not staff:
            waiting += " AND NOT inside"
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.api.updates.pending or self.rows(waiting):
                    await asyncio.sleep(0.05)
                return True
        return False

    def rows(self, where: str) -> list[dict[str, Any]]:
        with looking(self.bench.database) as connection:
            found = connection.execute(f"SELECT * FROM messages WHERE {where} ORDER BY seq")
            return [dict(row) for row in found]

    def texts(self, chat: int) -> set[str]:
        return set(self.api.texts(chat))

    def verdict(self) -> Verdict:
        """What people said and were shown, against what the database says."""
        stored: Counter[tuple[str, str]] = Counter()
        unanswered = []
        for row in self.rows("direction = 'in'"):
            chat = ConversationKey.parse(row["conversation"]).chat
            stored[chat, row["external_id"]] += 1
            if row["answered_by"] is None:
                unanswered.append(f"{chat}: {row['external_id']}")
        said = {(chat, id) for chat, ids in self.said.items() for id in ids}
        out = self.rows("direction = 'out' AND conversation LIKE 'telegram%'")
        numbered = {
            (ConversationKey.parse(row["conversation"]).chat, row["external_id"]): row["seq"]
            for row in out
            if row["external_id"]
        }
        shown = Counter((str(message.chat), message.text) for message in self.api.ledger.delivered)
        written = Counter(
            (ConversationKey.parse(row["conversation"]).chat, _as_shown(row)) for row in out
        )
        return Verdict(
            lost=tuple(f"{chat}: {id}" for chat, id in said if not stored[chat, id]),
            unanswered=tuple(unanswered),
            doubled=(
                *(f"stored {each}" for each, n in stored.items() if n > 1),
                *(f"shown in {each[0]}" for each, n in shown.items() if n > written[each] > 0),
            ),
            reordered=tuple(chat for chat in self.said if not self._sorted(chat, numbered)),
            misdirected=tuple(f"{each}" for each in shown if not written[each]),
        )

    def _sorted(self, chat: str, numbered: dict[tuple[str, str], int]) -> bool:
        arrived = [
            numbered[chat, str(message.message_id)]
            for message in self.api.shown(int(chat))
            if (chat, str(message.message_id)) in numbered
        ]
        return arrived == sorted(arrived)


def _as_shown(row: dict[str, Any]) -> str:
    return f"#c{row['case_id']} {row['text']}" if row["case_id"] else str(row["text"])


def free_port() -> int:
    listening = listen_tcp("127.0.0.1", 0)
    port = int(listening.getsockname()[1])
    listening.close()
    return port


@asynccontextmanager
async def town(
    bench: Bench, way: str = "webhook", people: int = 6, **settings: str
) -> AsyncIterator[Town]:
    """The stand-in, some people, and the settings for a program that serves them."""
    port = free_port()
    async with StandIn(hurry=40.0) as api:
        rita = api.user(RITA, "Rita")
        api.group(TEAM, "Equipe", [rita], admin=True)
        wired = {
            **ONE_BY_ONE,
            "PORT": str(port),
            "TELEGRAM_BOT_TOKEN": api.token,
            "TELEGRAM_API_BASE": api.base,
            "TELEGRAM_STAFF_CHAT": str(TEAM),
            "NIGHTDESK__DESK__STAFF": json.dumps([{"name": "Rita", "telegram_id": RITA}]),
            **({"PUBLIC_URL": f"http://127.0.0.1:{port}"} if way == "webhook" else {}),
            **settings,
        }
        found = Town(api, bench, wired)
        found.moves_in(people)
        yield found
