"""How updates reach a bot that fetches them."""

from __future__ import annotations

import asyncio

import pytest
from telegram import Bot
from telegram.error import Conflict

from tests.telegram_api import Chat, StandIn, User


async def test_polling_confirms_by_offset(api: StandIn, bot: Bot, ana: User, chat: Chat):
    for text in "abc":
        await ana.says(chat, text)
    first, second, _ = await bot.get_updates()
    assert [u.update_id for u in await bot.get_updates(limit=1)] == [first.update_id]
    rest = await bot.get_updates(offset=second.update_id)
    assert [u.message.text for u in rest if u.message] == ["b", "c"]
    waiting = asyncio.create_task(bot.get_updates(offset=rest[-1].update_id + 1, timeout=5))
    await api.wait_for(lambda: api.polling.is_waiting)
    await ana.says(chat, "d")
    assert [u.message.text for u in await waiting if u.message] == ["d"]
    api.hold(chat)
    assert await bot.get_updates() == ()
    api.release(chat)
    assert len(await bot.get_updates()) == 1


async def test_one_poll_at_a_time(api: StandIn, bot: Bot):
    first = asyncio.create_task(bot.get_updates(timeout=5))
    await api.wait_for(lambda: api.polling.is_waiting)
    second = asyncio.create_task(bot.get_updates(timeout=5))
    with pytest.raises(Conflict, match="terminated by other getUpdates"):
        await first
    await bot.set_webhook(f"{api.base}/hook")
    with pytest.raises(Conflict, match="terminated by setWebhook"):
        await second
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_a_poll_brings_copies_too(api: StandIn, bot: Bot, ana: User, chat: Chat):
    api.updates.copies = 3
    await ana.says(chat, "a")
    assert [update.update_id for update in await bot.get_updates()] == [api.updates.log[0].id] * 3
