"""Customers with a phone, on either platform, and the team in its chat on Telegram."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from tests.telegram_api.people import User
from tests.telegram_desk import Stage, telegram_desk
from tests.twilio_api import Person, StandIn
from tests.whatsapp_desk import HOOK

TELEGRAM, WHATSAPP = "telegram", "whatsapp"
PLATFORMS = (TELEGRAM, WHATSAPP)
LONGEST = {TELEGRAM: 4_096, WHATSAPP: 1_600}  # UTF-16 units of one message of ours


class Phone(Protocol):
    """What a customer does, and what they see."""

    name: str

    async def says(self, text: str) -> str:
        """Write, and return the text of the next message that comes."""
        ...

    async def sends(self, text: str) -> None:
        """Write without waiting for anything."""
        ...

    async def sends_media(self, kind: str) -> None: ...

    async def hears(self, number: int) -> str:
        """The text of our message of that number, counted from 1."""
        ...

    async def presses(self, label: str) -> None:
        """Press the button that says this under the last message."""
        ...

    def labels(self) -> list[str]:
        """The buttons under the last message."""
        ...

    def texts(self) -> list[str]: ...


@dataclass
class OnTelegram:
    stage: Stage
    user: User

    @property
    def name(self) -> str:
        return self.user.first_name

    async def says(self, text: str) -> str:
        return await self.stage.says(self.user, text)

    async def sends(self, text: str) -> None:
        await self.user.says(self.stage.api.private(self.user), text)

    async def sends_media(self, kind: str) -> None:
        await self.user.sends_media(self.stage.api.private(self.user), kind)

    async def hears(self, number: int) -> str:
        return (await self.stage.hears(self.user, number)).text

    async def presses(self, label: str) -> None:
        shown = self.stage.api.shown(self.stage.api.private(self.user))
        await self.user.presses(shown[-1], label)

    def labels(self) -> list[str]:
        shown = self.stage.api.shown(self.stage.api.private(self.user))
        return list(shown[-1].labels)

    def texts(self) -> list[str]:
        return self.stage.api.texts(self.stage.api.private(self.user))


@dataclass
class OnWhatsApp:
    api: StandIn
    person: Person

    @property
    def name(self) -> str:
        return self.person.name

    async def says(self, text: str) -> str:
        before = len(self.api.shown(self.person))
        await self.person.says(text)
        return (await self.api.wait_shown(self.person, before + 1))[before].text

    async def sends(self, text: str) -> None:
        await self.person.says(text)

    async def sends_media(self, kind: str) -> None:
        await self.person.sends_media(kind)

    async def hears(self, number: int) -> str:
        return (await self.api.wait_shown(self.person, number))[number - 1].text

    async def presses(self, label: str) -> None:
        await self.person.presses(self.api.shown(self.person)[-1], label)

    def labels(self) -> list[str]:
        return list(self.api.shown(self.person)[-1].labels)

    def texts(self) -> list[str]:
        return self.api.texts(self.person)


@dataclass
class Town:
    """Two customers on one platform, and their team."""

    stage: Stage
    ana: Phone
    bia: Phone
    longest: int
    whatsapp: StandIn | None = None

    async def quiet(self) -> None:
        """Until nothing waits anywhere."""
        if self.whatsapp:
            await self.whatsapp.wait_delivered(30)
        await self.stage.quiet()
        if self.whatsapp:
            await self.whatsapp.wait_delivered(30)


@asynccontextmanager
async def town_on(
    platform: str, monkeypatch: pytest.MonkeyPatch, folder: Path, **overrides: str
) -> AsyncIterator[Town]:
    """A desk whose team is on Telegram and whose customers are on that platform."""
    if platform == TELEGRAM:
        async with telegram_desk(monkeypatch, folder, **overrides) as stage:
            ana, bia = OnTelegram(stage, stage.ana), OnTelegram(stage, stage.bia)
            yield Town(stage, ana, bia, LONGEST[platform])
        return
    async with StandIn() as api:
        settings = {
            "TWILIO_ACCOUNT_SID": api.account_sid,
            "TWILIO_AUTH_TOKEN": api.auth_token,
            "TWILIO_WHATSAPP_FROM": api.number,
            "TWILIO_API_BASE": api.base,
            **overrides,
        }
        async with telegram_desk(monkeypatch, folder, **settings) as stage:
            api.deliver_to(stage.desk.url + HOOK)
            people = (
                api.person(f"+551199000000{n}", name) for n, name in enumerate(("Ana", "Bia"))
            )
            ana, bia = (OnWhatsApp(api, person) for person in people)
            yield Town(stage, ana, bia, LONGEST[platform], api)
            api.deliver_to("")
        assert not api.violations
