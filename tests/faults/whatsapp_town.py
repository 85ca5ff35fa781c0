"""Customers on WhatsApp who write to the real program, with Twilio in between.

`async with town(bench, people=0) as team, whatsapp_town(bench, **team.settings) as here:` is a
town whose team has its chat on Telegram.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.delivery.receipts import rank_of
from bot.ledger.file import socket_path
from bot.model import ConversationKey
from tests.faults.crowd import KEPT, Crowd, Mark, Verdict, free_port
from tests.faults.rig import ONE_BY_ONE, QUESTION, Bench
from tests.twilio_api.ledger import Call, Message
from tests.twilio_api.people import Person
from tests.twilio_api.server import StandIn
from tests.twilio_api.webhook import Delivery
from tests.whatsapp_desk import HOOK

__all__ = ["KEPT", "Verdict", "WhatsAppTown", "whatsapp_town"]

REPEATING = "#rc=3&rp=all"  # what operators are advised to set
LONG_AGO = 86_400.0 + 600.0  # seconds: outside of the window


@dataclass(kw_only=True)
class WhatsAppTown(Crowd[Person]):
    """The stand-in and its people."""

    api: StandIn
    coming: str = "whatsapp/%"
    going: str = "whatsapp/%"

    async def says(self, person: Person, text: str = QUESTION) -> None:
        message = await person.says(text)
        self.said[person.chat].append(message.sid)

    def busy(self) -> bool:
        """Messages and status callbacks on their way."""
        return self.api.webhook.busy

    def promised(self) -> Iterable[tuple[str, str]]:
        """What was answered with 200: Twilio keeps nothing that was not."""
        taken = {each.form["MessageSid"] for each in self.deliveries if each.accepted}
        return ((chat, id) for chat, ids in self.said.items() for id in ids if id in taken)

    def on_phones(self) -> Iterable[Mark]:
        """By our own number, which is in the address of every status callback."""
        return ((_chat(message), _number(message)) for message in self._shown())

    def mark(self, row: dict[str, Any]) -> str:
        return str(row["seq"])

    def order(self, chat: str) -> Sequence[int]:
        mine = (message for message in self._shown() if _chat(message) == chat)
        return [int(_number(message)) for message in mine if _number(message)]

    @property
    def deliveries(self) -> list[Delivery]:
        """Messages on their way to the program, or there."""
        return [each for each in self.api.webhook.deliveries if each.kind == "message"]

    @property
    def shown(self) -> int:
        """How many messages of ours are on phones."""
        return sum(1 for _ in self._shown())

    @property
    def creates(self) -> list[Call]:
        """Every attempt at sending."""
        return self.api.ledger.of("messages.create")

    async def delivered_again(self) -> int:
        """Whatever met a dead program comes once more, as from a Twilio with more patience."""
        lost = self.api.webhook.lost
        for delivery in lost:
            assert await self.api.again(delivery) == 200
        return len(lost)

    def wrote_long_ago(self, person: Person) -> None:
        """The last that this customer wrote is from the day before yesterday, for everybody."""
        person.heard = {number: at - LONG_AGO for number, at in person.heard.items()}
        key = str(ConversationKey("whatsapp", self.api.number, person.chat))
        with closing(sqlite3.connect(self.bench.database, timeout=10)) as other, other:
            changed = other.execute(
                "UPDATE conversations SET last_in_at = last_in_at - ? WHERE key = ?",
                (LONG_AGO, key),
            )
            assert changed.rowcount == 1

    async def act(self, action: str, case: int, text: str = "") -> None:
        """Do something as Rita at the desk of this machine."""
        body = {"id": f"{action}-{text}", "case": case, "agent": "Rita"}
        async with self._local() as local:
            order = {**body, "action": action, "text": text}
            async with local.post("/desk/acts", json=order) as response:
                assert response.status == 202

    async def status(self) -> dict[str, Any]:
        """What `nightdesk status` is told."""
        async with self._local() as local, local.get("/status") as response:
            return dict(await response.json())

    def _local(self) -> aiohttp.ClientSession:
        connector = aiohttp.UnixConnector(str(socket_path(self.bench.database)))
        return aiohttp.ClientSession("http://desk", connector=connector)

    def _shown(self) -> Iterable[Message]:
        return (message for message in self.api.ledger.outbound if message.shown)


@dataclass
class Watch:
    """Looks at every answer all the time: what is known of one never becomes less."""

    here: WhatsAppTown
    looks: int = 0
    fallen: list[str] = field(default_factory=list)
    _highest: dict[tuple[int, int], tuple[int, bool]] = field(default_factory=dict)

    def look(self) -> None:
        self.looks += 1
        for row in self.here.answers("1"):
            of_one_attempt = row["seq"], row["attempt"]
            known = rank_of(row["receipt"]), row["state"] == "sent"
            before = self._highest.setdefault(of_one_attempt, known)
            if known[0] < before[0] or known[1] < before[1]:
                self.fallen.append(f"{of_one_attempt}: {before} became {known}")
            self._highest[of_one_attempt] = known


@asynccontextmanager
async def watched(here: WhatsAppTown) -> AsyncIterator[Watch]:
    """Look for as long as the block runs."""
    watch = Watch(here)

    async def go_on_looking() -> None:
        while True:
            watch.look()
            await asyncio.sleep(0.01)

    looking = asyncio.create_task(go_on_looking())
    try:
        yield watch
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        watch.look()


def _chat(message: Message) -> str:
    return message.to.removeprefix("whatsapp:")


def _number(message: Message) -> str:
    return message.m.partition(".")[0]


@asynccontextmanager
async def whatsapp_town(
    bench: Bench, people: int = 6, *, seed: int = 1, **settings: str
) -> AsyncIterator[WhatsAppTown]:
    """The stand-in, some people, and the settings for a program that serves them."""
    port = settings.get("PORT") or str(free_port())
    url = settings.get("PUBLIC_URL") or f"http://127.0.0.1:{port}"
    async with StandIn(seed=seed) as api:
        wired = {
            **ONE_BY_ONE,
            "PORT": port,
            "PUBLIC_URL": url,
            "TWILIO_ACCOUNT_SID": api.account_sid,
            "TWILIO_AUTH_TOKEN": api.auth_token,
            "TWILIO_WHATSAPP_FROM": api.number,
            "TWILIO_API_BASE": api.base,
            **settings,
        }
        api.deliver_to(url + HOOK + REPEATING)
        found = WhatsAppTown(api=api, bench=bench, settings=wired)
        found.people += [api.person(f"+55119900{n:05}", f"P{n}") for n in range(people)]
        yield found
