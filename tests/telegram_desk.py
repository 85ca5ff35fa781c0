"""A desk with Telegram: customers on their phones, the team in its chat, all on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.channels.telegram import send
from bot.delivery.ports import Rate
from tests.desk_in_process import Desk, running_desk
from tests.telegram_api.chats import Chat
from tests.telegram_api.ledger import Message
from tests.telegram_api.people import User
from tests.telegram_api.server import StandIn

TEAM = -1001700700700
WAYS = ("webhook", "polling")


@dataclass
class Stage:
    """Everybody who takes part."""

    desk: Desk
    api: StandIn
    team: Chat
    rita: User
    tom: User
    ana: User
    bia: User

    async def hears(self, user: User, number: int = 1) -> Message:
        """The bot's message of that number to this customer, counted from 1."""
        return (await self.api.wait_shown(self.api.private(user), number))[number - 1]

    async def says(self, user: User, text: str) -> str:
        """Say something in private and return the answer's text."""
        chat = self.api.private(user)
        before = len(self.api.shown(chat))
        await user.says(chat, text)
        return (await self.api.wait_shown(chat, before + 1))[before].text

    async def shown_to_team(self, *words: str, after: int = 0) -> Message:
        """The first message in the team's chat that has all these words."""

        def found() -> Message | None:
            shown = self.api.shown(self.team)[after:]
            return next((m for m in shown if all(word in m.text for word in words)), None)

        message = await self.api.wait_for(found)
        assert message is not None
        return message

    async def quiet(self) -> None:
        """Until nothing waits: neither at Telegram, nor in the line, nor in the outbox."""
        for _ in range(2):
            await self.api.wait_for(lambda: not self.api.updates.pending)
            async with self.desk.http.get(f"{self.desk.url}/readyz") as r:
                backlog = (await r.json())["backlog"]
            while backlog:
                await self.desk.app.ledger.backlog()
                async with self.desk.http.get(f"{self.desk.url}/readyz") as r:
                    backlog = (await r.json())["backlog"]

    async def status(self) -> dict[str, Any]:
        async with self.desk.local() as local, local.get("/status") as r:
            return dict(await r.json())


@asynccontextmanager
async def telegram_desk(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    way: str = "webhook",
    api: StandIn | None = None,
    *,
    quick: bool = True,
    **overrides: str,
) -> AsyncIterator[Stage]:
    """A desk whose bot is called by webhook, or asks for its messages."""
    async with api or StandIn() as api:
        rita, tom = api.user(501, "Rita"), api.user(502, "Tom")
        team = api.group(TEAM, "Equipe", [rita, tom], admin=True)
        staff = [{"name": "Rita", "telegram_id": 501}, {"name": "Tom", "telegram_id": 502}]
        settings = {
            "TELEGRAM_BOT_TOKEN": api.token,
            "TELEGRAM_API_BASE": api.base,
            "TELEGRAM_STAFF_CHAT": str(TEAM),
            "NIGHTDESK__DESK__STAFF": json.dumps(staff),
            **({"PUBLIC_URL": "{url}"} if way == "webhook" else {}),
            **overrides,
        }
        if quick:  # nobody in a test waits for the next second, as people do
            monkeypatch.setattr(send, "PER_CHAT", Rate(100, 1.0))
        async with running_desk(monkeypatch, folder, **settings) as desk:
            ana, bia = api.user(11, "Ana"), api.user(12, "Bia")
            stage = Stage(desk, api, team, rita, tom, ana, bia)
            for user in (ana, bia):
                api.private(user)
            yield stage
