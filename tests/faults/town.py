"""Customers on Telegram who write to the real program, and their team."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.faults.crowd import KEPT, Crowd, Mark, Verdict, chat_of, free_port
from tests.faults.rig import ONE_BY_ONE, PATIENCE, QUESTION, Bench
from tests.telegram_api.chats import Chat
from tests.telegram_api.people import User
from tests.telegram_api.server import StandIn

__all__ = ["KEPT", "RITA", "TEAM", "Town", "Verdict", "town"]

TEAM = -1001700700700
RITA = 501


@dataclass(kw_only=True)
class Town(Crowd[User]):
    """The stand-in and its people."""

    api: StandIn
    coming: str = "telegram/%"
    going: str = "telegram%"

    def moves_in(self, number: int) -> None:
        for n in range(number):
            user = self.api.user(1000 + n, f"P{n}")
            self.api.private(user)
            self.people.append(user)

    def chat(self, user: User) -> Chat:
        return self.api.private(user)

    async def says(self, person: User, text: str = QUESTION) -> None:
        message = await person.says(self.chat(person), text)
        self.said[str(person.id)].append(str(message.message_id))

    def busy(self) -> bool:
        return bool(self.api.updates.pending)

    def promised(self) -> Iterable[tuple[str, str]]:
        """All of it: Telegram keeps what it could not deliver."""
        return ((chat, id) for chat, ids in self.said.items() for id in ids)

    def on_phones(self) -> Iterable[Mark]:
        return ((str(message.chat), message.text) for message in self.api.ledger.delivered)

    def mark(self, row: dict[str, Any]) -> str:
        return f"#c{row['case_id']} {row['text']}" if row["case_id"] else str(row["text"])

    def order(self, chat: str) -> Sequence[int]:
        numbered = {
            row["external_id"]: row["seq"]
            for row in self.answers("external_id <> ''")
            if chat_of(row) == chat
        }
        arrived = (str(message.message_id) for message in self.api.shown(int(chat)))
        return [numbered[id] for id in arrived if id in numbered]

    def texts(self, chat: int) -> set[str]:
        return set(self.api.texts(chat))

    def refused(self) -> list[Any]:
        """Calls that Telegram answered 429."""
        return [call for call in self.api.ledger.calls if call.status == 429]

    def told(self, sign: str = "⚠️") -> list[dict[str, Any]]:
        """Rows of what staff are told that begin with that sign."""
        return self.rows(f"conversation LIKE 'telegram_staff/%' AND text LIKE '{sign}%'")


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
        found = Town(api=api, bench=bench, settings=wired)
        found.moves_in(people)
        yield found


async def all_ask_for_a_person(here: Town) -> dict[int, float]:
    """Everybody at once, at a desk that is open; when each did, on the stand-in's clock."""
    await here.api.wait_for(lambda: bool(here.api.webhook.settings.url), seconds=PATIENCE)
    asked: dict[int, float] = {}

    async def one(person: User) -> None:
        asked[person.id] = time.monotonic()
        await here.says(person, "quero falar com uma pessoa")

    await asyncio.gather(*(one(person) for person in here.people))
    return asked


async def confirmed(here: Town, seconds: float) -> None:
    """Return once every customer has been told that somebody is coming."""
    await here.api.wait_for(
        lambda: all(here.api.shown(person.id) for person in here.people), seconds=seconds
    )


def waits(here: Town, asked: Mapping[int, float]) -> list[float]:
    """How long each customer waited for that."""
    first = {
        person.id: min(call.arrived for call in here.api.ledger.of("sendMessage", person.id))
        for person in here.people
    }
    return [first[id] - at for id, at in asked.items()]
