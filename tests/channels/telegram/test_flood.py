"""The outbox, the courier and the sender together, in front of a Bot API that says 429."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.channels.telegram import CHANNEL
from bot.channels.telegram.send import TelegramSender
from bot.clock import Clock
from bot.delivery.courier import Courier
from bot.intake.ports import Opened, Pauses
from bot.ledger.answers import Channels
from bot.ledger.ledger import Ledger
from bot.ledger.migrate import migrate
from bot.ledger.opening import Opening
from bot.ledger.sqlite import SqliteEngine, writing_engine
from bot.model import ConversationKey
from bot.outcome import Outcome, Outgoing, Verdict
from tests.builders import BOOK, NOON, arrival, incoming, settlement
from tests.channels.telegram.tiny_api import BOT_ID, TinyApi, refused

RETRY_AFTER = 2
PARTS = 3


class FloodedApi(TinyApi):
    """Answers the first message to chat 1 with 429, and notes when each message came."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[tuple[float, str, str]] = []
        self.refusals = 0

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        chat, text = str(form["chat_id"]), str(form.get("text", ""))
        now = asyncio.get_running_loop().time()
        self.times.append((now, chat, text))
        if chat == "1" and not self.refusals:
            self.refusals += 1
            self.answers = [refused(429, "Too Many Requests", retry_after=RETRY_AFTER)]
        return await super()._answer(request)


@pytest.fixture
async def api() -> AsyncIterator[FloodedApi]:
    api = FloodedApi()
    await api.open()
    yield api
    await api.close()


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    engine = writing_engine(tmp_path / "x.db")
    migrate(engine)
    engine.dispose()
    opening = Opening(Pauses(False, 0, 0), 30, 8, 5)
    ledger = Ledger(SqliteEngine(tmp_path / "x.db"), opening, Channels())
    yield ledger
    await ledger.close()


async def queue(ledger: Ledger, chat: int) -> None:
    key = ConversationKey(CHANNEL, BOT_ID, str(chat))
    await ledger.accept(arrival(incoming(chat=key)))
    opened = await ledger.begin(key, "x", NOON, BOOK, 1)
    assert isinstance(opened, Opened)
    sends = tuple(Outgoing(key, f"{chat}.{part}", "rule") for part in range(PARTS))
    await ledger.settle(settlement(opened, Outcome(Verdict.ANSWERED, "x", sends), owner="x"))


async def nobody_moves(*_: object) -> None: ...


async def test_a_flooded_chat_waits_its_time_and_holds_up_no_other(api, bot, ledger):
    chats = range(1, 16)
    for chat in chats:
        await queue(ledger, chat)
    sender = TelegramSender(bot, BOT_ID, Clock(), nobody_moves)
    courier = Courier(ledger, {CHANNEL: sender}, Clock(), "w", at_once=8, send_seconds=2)
    running = asyncio.create_task(courier.run())
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with asyncio.timeout(8):
        while len(api.times) < len(chats) * PARTS + 1:
            await asyncio.sleep(0.02)
    await courier.stop()
    await running

    first, *later = [at for at, chat, _ in api.times if chat == "1"]
    assert all(at - first >= RETRY_AFTER for at in later)  # no call to that chat before its time
    assert min(later) - first < RETRY_AFTER + 2.0  # and not much after it
    for chat in chats:  # nothing lost, order kept
        texts = [text for _, to, text in api.times if to == str(chat)]
        assert texts[chat == 1 :] == [f"{chat}.{part}" for part in range(PARTS)]
    times = [at for at, _, _ in api.times]
    for earlier, now in zip(times, times[30:], strict=False):
        assert now - earlier > 0.6  # what leaves a second apart may arrive closer on a busy machine
    assert len([at for at in times if at < begun + RETRY_AFTER]) >= 20  # the others went on
