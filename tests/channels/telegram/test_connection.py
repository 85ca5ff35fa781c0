"""The connection as a whole, while Telegram's SDK is not there yet, and when it never comes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.channels.telegram import connection as room
from bot.channels.telegram.account import Account
from bot.channels.telegram.connection import Access, Telegram
from bot.channels.telegram.health import Link
from bot.clock import Clock
from bot.delivery.ports import Parcel
from bot.errors import DeliveryDelayed
from bot.model import ConversationKey

ANA = ConversationKey("telegram", "7001", "11")


async def nothing(*_: object) -> None:
    pass


@pytest.fixture
def telegram() -> Telegram:
    access = Access("7001:AAaa", "http://127.0.0.1:9", "", "s", 1.0)
    return Telegram(access, Account("7001", (), {}), Clock(), nothing)


async def delay_of(telegram: Telegram) -> float:
    with pytest.raises(DeliveryDelayed) as delayed:
        await telegram.send(Parcel(1, ANA, "Olá", "rule", ()))
    return delayed.value.retry_after


async def test_before_the_sdk_is_there_one_send_at_a_time_asks_for_it(telegram):
    """A backlog of thousands of chats is not taken and put back three times a second."""
    mine, hers = telegram.rates(ANA), telegram.rates(replace(ANA, chat="12"))
    assert mine == hers
    assert [(rate.most, rate.seconds) for rate in mine.values()] == [(1, await delay_of(telegram))]
    assert await delay_of(telegram) < 1


async def test_an_sdk_that_fails_to_load_is_said_and_seldom_asked_for(telegram, monkeypatch):
    def broken() -> None:
        raise ImportError("no such thing")

    monkeypatch.setattr(room, "_sdk", broken)
    telegram.open(nothing)
    await asyncio.wait(telegram._running)
    assert telegram.health.link is Link.NOT_LOADED
    assert not telegram.health.is_ok(0.0)
    assert await delay_of(telegram) >= 10
    await telegram.typing(ANA)
    await telegram.close()
