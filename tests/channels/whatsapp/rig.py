"""A receiver over a real ledger; who people are and what they were told is written on slips."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bot.channels.whatsapp.receive import Receiver
from bot.clock import Clock
from bot.delivery.ports import Parcel
from bot.delivery.receipts import Heard, Noted, Report
from bot.errors import LedgerError
from bot.intake.accept import Intake
from bot.intake.ports import Pauses, Person
from bot.ledger.answers import Channels
from bot.ledger.ledger import Ledger
from bot.ledger.migrate import migrate
from bot.ledger.opening import Opening
from bot.ledger.sqlite import SqliteEngine, writing_engine
from bot.model import ConversationKey
from bot.outcome import Button, Outgoing
from bot.record import Responded
from tests.builders import BOOK
from tests.channels.whatsapp.payloads import ANA, NOW, OURS, form

CHAT = ConversationKey("whatsapp", OURS, ANA)
DESK = ConversationKey("desk", "", "")
OPENING = Opening(Pauses(True, 0.6, 4.0), lease_seconds=30, turn_seconds=8, history_messages=20)
TABLES = ("conversations", "messages", "deliveries", "charges", "cases", "counters", "quarantine")


@dataclass
class Slips:
    """Stands in for what the ledger knows of people, of what was said, and of what was sent."""

    homes: dict[str, Person] = field(default_factory=dict)  # by a name
    met_names: list[tuple[str, ...]] = field(default_factory=list)
    under: dict[tuple[ConversationKey, str], tuple[Button, ...]] = field(default_factory=dict)
    texts: dict[tuple[ConversationKey, str], str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    parcels: dict[str, Parcel] = field(default_factory=dict)  # by the platform's id
    noted: list[tuple[Report, float, Outgoing | None]] = field(default_factory=list)
    answer: Noted = field(default_factory=lambda: Noted(Heard.NEWS))
    fails: Exception | None = None
    failures: int = 10**9  # how often it fails

    def _may_fail(self) -> None:
        if self.fails and self.failures > 0:
            self.failures -= 1
            raise self.fails

    async def met(self, chat: ConversationKey, names: Sequence[str], at: float) -> Person:
        self._may_fail()
        self.met_names.append(tuple(names))
        known = next((self.homes[name] for name in names if name in self.homes), None)
        return known or Person(chat, chat.chat)

    async def offered(self, chat: ConversationKey, external_id: str = "") -> tuple[Button, ...]:
        self.asked.append(external_id)
        return self.under.get((chat, external_id), ())

    async def said(self, chat: ConversationKey, external_id: str) -> str:
        return self.texts.get((chat, external_id), "")

    async def parcel_of(self, report: Report) -> Parcel | None:
        self._may_fail()
        return self.parcels.get(report.external_id)

    async def note(self, report: Report, at: float, notice: Outgoing | None = None) -> Noted:
        self._may_fail()
        self.noted.append((report, at, notice))
        return self.answer


@dataclass
class Rig:
    """What a test drives and looks at."""

    ledger: Ledger
    engine: SqliteEngine
    slips: Slips = field(default_factory=Slips)
    rung: list[tuple[ConversationKey, bool]] = field(default_factory=list)
    heard: list[tuple[ConversationKey, str]] = field(default_factory=list)
    observed: list[Responded] = field(default_factory=list)
    told: list[tuple[Parcel, str]] = field(default_factory=list)
    woken: int = 0

    def __post_init__(self) -> None:
        clock = Clock(now=lambda: NOW)
        slips: Any = self.slips
        self.receiver = Receiver(
            intake=Intake(
                self.ledger, lambda: BOOK, None, b"secret", clock, lambda *e: self.rung.append(e)
            ),
            contacts=slips,
            transcripts=slips,
            receipts=slips,
            quarantine=self.ledger,
            clock=clock,
            after_failure=lambda code: (f"code {code}", None),
            notice=self._notice,
            heard=lambda *each: self.heard.append(each),
            observe=self.observed.append,
            wake_courier=self._wake,
        )

    def _notice(self, parcel: Parcel, reason: str) -> Outgoing | None:
        self.told.append((parcel, reason))
        return Outgoing(DESK, reason, "system")

    def _wake(self) -> None:
        self.woken += 1

    async def take(self, *fields: dict[str, Any] | bytes, query: str = "") -> None:
        """Take these one after the other."""
        for each in fields:
            await self.receiver.take(form(each), query)

    async def rows(self, sql: str, **values: object) -> list[dict[str, Any]]:
        """Look at the tables themselves."""

        def query(connection: Any) -> list[dict[str, Any]]:
            return [dict(row) for row in connection.execute(text(sql), values).mappings()]

        return await self.engine.read(query)

    async def counts(self) -> dict[str, int]:
        """How many rows there are of everything."""
        found = {}
        for table in TABLES:
            [row] = await self.rows(f"SELECT count(*) AS n FROM {table}")
            found[table] = row["n"]
        return found

    async def messages(self) -> list[dict[str, Any]]:
        return await self.rows("SELECT * FROM messages WHERE direction = 'in' ORDER BY seq")

    async def quarantined(self) -> list[dict[str, Any]]:
        return await self.rows("SELECT * FROM quarantine ORDER BY id")


def busy() -> LedgerError:
    return LedgerError("cannot write: SQLITE_BUSY")


@asynccontextmanager
async def rig_in(folder: Path) -> AsyncIterator[Rig]:
    """A rig over a new database in this folder."""
    file = folder / "desk.db"
    engine = writing_engine(file)
    migrate(engine)
    engine.dispose()
    running = SqliteEngine(file)
    ledger = Ledger(running, OPENING, Channels())
    yield Rig(ledger, running)
    await ledger.close()
