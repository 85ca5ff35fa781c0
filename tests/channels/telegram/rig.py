"""A receiver over a real ledger, with everything around it written down instead of done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from sqlalchemy import text

from bot.book import Sentence
from bot.channels.telegram.account import Account
from bot.channels.telegram.receive import Receiver
from bot.clock import Clock
from bot.intake.accept import Intake
from bot.intake.ports import Pauses
from bot.ledger.answers import Channels
from bot.ledger.ledger import Ledger
from bot.ledger.migrate import migrate
from bot.ledger.opening import Opening
from bot.ledger.sqlite import SqliteEngine, writing_engine
from bot.model import ConversationKey, Edit
from bot.outcome import Outgoing
from tests.builders import BOOK
from tests.channels.telegram.payloads import ANA, BOT, GROUP, ME, NOW, STAFF_CHAT

CHAT = ConversationKey("telegram", str(BOT), str(ANA["id"]))
IN_GROUP = ConversationKey("telegram", str(BOT), str(GROUP))
SURFACE = ConversationKey("telegram_staff", str(BOT), str(STAFF_CHAT))
OPENING = Opening(Pauses(True, 0.6, 4.0), lease_seconds=30, turn_seconds=8, history_messages=20)
GONE = Sentence("texts.button_gone", {"pt": ("Já passou",), "en": ("Gone",), "es": ("Ya no",)})
TABLES = ("conversations", "messages", "deliveries", "charges", "cases", "counters", "quarantine")


@dataclass
class Rig:
    """What a test drives and looks at."""

    ledger: Ledger
    engine: SqliteEngine
    rung: list[tuple[ConversationKey, bool]] = field(default_factory=list)
    answered: list[tuple[str, str]] = field(default_factory=list)
    woken: int = 0
    press_fails: bool = False
    notice: Outgoing | None = None

    def __post_init__(self) -> None:
        self.account = Account(ME.id, sorted(ME.staff_chats), ME.agents)
        self.account.is_called(ME.username)
        book = replace(BOOK, texts={"button_gone": GONE})
        clock = Clock(now=lambda: NOW)
        self.intake = Intake(
            self.ledger, lambda: book, None, b"secret", clock, lambda *each: self.rung.append(each)
        )
        self.receiver = Receiver(
            me=self.account.me,
            intake=self.intake,
            transcripts=self.ledger,
            contacts=self.ledger,
            quarantine=self.ledger,
            staff_chat=self.ledger,
            book=lambda: book,
            clock=clock,
            answer_press=self._answer_press,
            confirm=lambda case: Outgoing(SURFACE, f"claimed {case}", "system"),
            send_seconds=2.0,
            wake_courier=self._wake,
            staff_moved=self.account.staff_moved,
            edit_notice=self._edit_notice,
        )

    async def _answer_press(self, callback: str, words: str) -> None:
        if self.press_fails:
            raise RuntimeError("query is too old")
        self.answered.append((callback, words))

    def _wake(self) -> None:
        self.woken += 1

    def _edit_notice(self, edit: Edit) -> Outgoing | None:
        return self.notice

    async def take(self, *bodies: bytes) -> None:
        """Take these one after the other, and let what follows happen."""
        for body in bodies:
            await self.receiver.take(body)
        await self.receiver.close()

    async def rows(self, sql: str, **values: object) -> list[dict[str, Any]]:
        """Look at the tables themselves."""

        def query(connection: Any) -> list[dict[str, Any]]:
            return [dict(row) for row in connection.execute(text(sql), values).mappings()]

        return await self.engine.read(query)

    async def put(self, table: str, **values: object) -> int:
        """Write one row as another room would have."""
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"
        return await self.engine.write(
            lambda connection: cast(int, connection.execute(text(sql), values).lastrowid)
        )

    async def counts(self) -> dict[str, int]:
        """How many rows there are of everything."""
        found = {}
        for table in TABLES:
            [row] = await self.rows(f"SELECT count(*) AS n FROM {table}")
            found[table] = row["n"]
        return found

    async def messages(self, direction: str = "in") -> list[dict[str, Any]]:
        return await self.rows(
            "SELECT * FROM messages WHERE direction = :d ORDER BY seq", d=direction
        )

    async def quarantined(self) -> list[dict[str, Any]]:
        return await self.rows("SELECT * FROM quarantine ORDER BY id")

    async def sent(self, to: ConversationKey = CHAT, **values: object) -> int:
        """A row that left for this chat."""
        row = {"text": "Posso ajudar?", "author": "rule", "state": "sent", "at": NOW - 10}
        return await self.put(
            "messages", conversation=str(to), direction="out", **{**row, **values}
        )

    async def case(self, chat: ConversationKey = CHAT, **values: object) -> int:
        """An open case of this chat."""
        await self.put("conversations", key=str(chat), last_in_at=NOW - 60)
        row = {"status": "waiting", "reason": "asked", "details": "{}", "opened_at": NOW - 60}
        return await self.put("cases", conversation=str(chat), **{**row, **values})

    async def shown(self, case: int, message: int = 50) -> int:
        """A message in the staff chat that shows this case."""
        return await self.sent(
            SURFACE, external_id=str(message), case_id=case, author="system", inside=True
        )

    async def told(self) -> list[str]:
        """What waits to be said in the staff chat."""
        found = await self.rows(
            "SELECT text FROM messages WHERE conversation = :c AND state = 'pending'",
            c=str(SURFACE),
        )
        return [row["text"] for row in found]


@asynccontextmanager
async def rig_in(folder: Path) -> AsyncIterator[Rig]:
    """A rig over a new database in this folder."""
    file = folder / "desk.db"
    engine = writing_engine(file)
    migrate(engine)
    engine.dispose()
    running = SqliteEngine(file)
    ledger = Ledger(running, OPENING, Channels())
    rig = Rig(ledger, running)
    yield rig
    await rig.receiver.close()
    await ledger.close()


async def until(condition: Any, seconds: float = 5) -> bool:
    """Wait until `condition` holds; returns whether it does."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.005)
    return bool(condition())
