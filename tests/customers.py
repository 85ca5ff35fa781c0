"""Customers of a desk, on whatever channel: the same scenario is played on each of them.

`Desk` speaks through the HTTP API; `OnWhatsApp` has the same face, but each conversation is a
person with a phone, and what it hears is what the phone shows.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.app import App
from bot.model import ConversationKey
from tests.desk_in_process import KEY, Desk, running_desk
from tests.twilio_api import Person, StandIn
from tests.whatsapp_desk import HOOK

API, WHATSAPP = "api", "whatsapp"
CHANNELS = (API, WHATSAPP)
LONGEST = {API: 4_096, WHATSAPP: 1_600}  # characters that a customer can write at once


def sender_of(channel: str, conversation: str) -> str:
    """By what a business knows the customer of a conversation."""
    if channel == API:
        return conversation
    return f"+5511{900_000_000 + zlib.crc32(conversation.encode()) % 90_000_000}"


class OnWhatsApp(Desk):
    """The same desk, spoken to over WhatsApp."""

    def __init__(
        self, app: App, url: str, http: aiohttp.ClientSession, database: Path, api: StandIn
    ) -> None:
        super().__init__(app, url, http, database)
        self.phones = api
        self._people: dict[str, Person] = {}
        self._ids: dict[str, str] = {}  # Twilio's -> the scenario's

    def person(self, conversation: str) -> Person:
        """The one person of that conversation."""
        if conversation not in self._people:
            number = sender_of(WHATSAPP, conversation)
            self._people[conversation] = self.phones.person(number, conversation.title())
        return self._people[conversation]

    async def post(
        self, text: str, id: str, conversation: str = "c1", key: str = KEY
    ) -> tuple[int, dict[str, Any]]:
        said = await self.person(conversation).says(text)
        self._ids[said.sid] = id
        await self.phones.wait_delivered(10)
        return 202, {}

    async def messages(self, conversation: str = "c1", **query: Any) -> list[dict[str, Any]]:
        """What the phone shows, with what the ledger says of it."""
        person = self.person(conversation)
        rows = await asyncio.to_thread(self._rows, person)
        shown = {message.sid: message for message in self.phones.shown(person)}
        sent = [row for row in rows if row["direction"] == "in" or row["external_id"] in shown]
        named = {row["seq"]: self._name(row) for row in sent}
        return [
            {
                "id": named[row["seq"]],
                "direction": row["direction"],
                "author": row["author"],
                "text": row["text"] if row["direction"] == "in" else shown[row["external_id"]].text,
                "buttons": _json(row["buttons"]),
                "answers": [named.get(seq, "") for seq in _json(row["answers"])],
            }
            for row in sent
        ]

    def _name(self, row: dict[str, Any]) -> str:
        if row["direction"] == "in":
            return self._ids.get(row["external_id"], row["external_id"])
        return f"nd_{row['seq']}"

    def _rows(self, person: Person) -> list[dict[str, Any]]:
        key = ConversationKey(WHATSAPP, self.phones.number, person.number)
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as ledger:
            ledger.row_factory = sqlite3.Row
            found = ledger.execute(
                "SELECT * FROM messages WHERE conversation = ? AND (direction = 'in' OR"
                " (direction = 'out' AND state = 'sent')) ORDER BY seq",
                (str(key),),
            )
            return [dict(row) for row in found]


def _json(stored: str | None) -> list[Any]:
    return list(json.loads(stored)) if stored and stored != "null" else []


@asynccontextmanager
async def customers(
    channel: str, monkeypatch: pytest.MonkeyPatch, folder: Path, **overrides: str
) -> AsyncIterator[Desk]:
    """A running desk, and its customers on that channel; overrides are environment variables."""
    if channel == API:
        async with running_desk(monkeypatch, folder, **overrides) as desk:
            yield desk
        return
    async with StandIn() as api:
        settings = {
            "TWILIO_ACCOUNT_SID": api.account_sid,
            "TWILIO_AUTH_TOKEN": api.auth_token,
            "TWILIO_WHATSAPP_FROM": api.number,
            "TWILIO_API_BASE": api.base,
            "PUBLIC_URL": "{url}",
            **overrides,
        }
        async with running_desk(monkeypatch, folder, **settings) as desk:
            api.deliver_to(desk.url + HOOK)
            yield OnWhatsApp(desk.app, desk.url, desk.http, desk.database, api)
            api.deliver_to("")
        assert not api.violations
