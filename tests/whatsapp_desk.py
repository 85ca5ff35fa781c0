"""A desk with WhatsApp: customers on their phones, Twilio between, all on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.desk_in_process import Desk, running_desk
from tests.twilio_api.ledger import Message
from tests.twilio_api.people import Person
from tests.twilio_api.server import StandIn

HOOK = "/hooks/whatsapp"


@dataclass
class Stage:
    """Everybody who takes part."""

    desk: Desk
    api: StandIn
    ana: Person
    bia: Person

    async def hears(self, person: Person, number: int = 1) -> Message:
        """Our message of that number on this customer's phone, counted from 1."""
        return (await self.api.wait_shown(person, number))[number - 1]

    async def says(self, person: Person, text: str) -> str:
        """Say something and return the answer's text."""
        before = len(self.api.shown(person))
        await person.says(text)
        return (await self.api.wait_shown(person, before + 1))[before].text

    async def presses(self, person: Person, label: str) -> str:
        """Press a button of the last message and return the answer's text."""
        shown = self.api.shown(person)
        await person.presses(shown[-1], label)
        return (await self.api.wait_shown(person, len(shown) + 1))[len(shown)].text

    async def quiet(self) -> None:
        """Until nothing waits: neither at Twilio, nor in the line, nor in the outbox."""
        async with asyncio.timeout(30):
            for _ in range(2):
                await self.api.wait_delivered(30)
                while await self._backlog():
                    await asyncio.sleep(0.01)

    async def status(self) -> dict[str, Any]:
        async with self.desk.local() as local, local.get("/status") as r:
            return dict(await r.json())

    async def _backlog(self) -> dict[str, int]:
        """How many wait where; empty where nothing does."""
        async with self.desk.http.get(f"{self.desk.url}/readyz") as r:
            return dict((await r.json())["backlog"])


@asynccontextmanager
async def whatsapp_desk(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    api: StandIn | None = None,
    **overrides: str,
) -> AsyncIterator[Stage]:
    """A desk that Twilio calls; overrides are environment variables."""
    async with api or StandIn() as api:
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
            ana = api.person("+5511990000001", "Ana")
            bia = api.person("+5511990000002", "Bia")
            yield Stage(desk, api, ana, bia)
            api.deliver_to("")
