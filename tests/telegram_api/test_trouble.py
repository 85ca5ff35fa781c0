"""Limits and faults, as the real client library meets them."""

from __future__ import annotations

import pytest
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from tests.telegram_api import Chat, StandIn, User
from tests.telegram_api.conftest import client
from tests.telegram_api.faults import (
    Fault,
    bad_gateway,
    blocked,
    cut,
    delay,
    flooded,
    hang,
    migrated,
    not_json,
    refused,
    server_error,
)

pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")


async def send(bot: Bot, chats: list[Chat], times: int) -> None:
    for i in range(times):
        await bot.send_message(chats[i % len(chats)].id, f"{i}")


async def test_a_chat_takes_one_a_second(api: StandIn, bot: Bot, chat: Chat):
    api.limits.enforce(chat_burst=3)
    for i in range(3):
        await bot.send_message(chat.id, f"{i}")
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(chat.id, "3")
    assert caught.value.retry_after == 1
    assert list(api.ledger.violations) == []
    with pytest.raises(RetryAfter):
        await bot.send_message(chat.id, "3")
    await bot.send_chat_action(chat.id, "typing")
    assert [call.method for call in api.ledger.violations] == ["sendMessage", "sendChatAction"]
    api.clock.advance(1)
    await bot.send_message(chat.id, "3")
    assert api.texts(chat) == ["0", "1", "2", "3"]


async def test_a_group_takes_twenty_a_minute(api: StandIn, bot: Bot, ana: User, chat: Chat):
    group = api.group(-10055, "Desk", [ana])
    api.limits.enforce(chat_per_second=None)
    await send(bot, [group], 20)
    api.clock.advance(20)
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(group.id, "21")
    assert caught.value.retry_after == 40
    await bot.send_message(chat.id, "the others go on")
    api.clock.advance(40)
    await send(bot, [group], 20)


async def test_all_chats_take_thirty_a_second(api: StandIn, bot: Bot):
    api.limits.enforce()
    chats = [api.private(api.user(6000 + i)) for i in range(31)]
    await send(bot, chats, 30)
    with pytest.raises(RetryAfter):
        await bot.send_message(chats[30].id, "31")
    with pytest.raises(RetryAfter):
        await bot.send_message(chats[0].id, "32")
    assert len(list(api.ledger.violations)) == 1


@pytest.mark.parametrize(
    ("fault", "error", "delivered"),
    [
        (flooded(17), RetryAfter, 0),
        (refused("message thread not found"), BadRequest, 0),
        (blocked(), Forbidden, 0),
        (server_error(), NetworkError, 0),
        (migrated(-1005), ChatMigrated, 0),
        (bad_gateway(), NetworkError, 0),
        (bad_gateway(accepted=True), NetworkError, 1),
        (not_json(), TelegramError, 1),
        (cut(accepted=True), NetworkError, 1),
        (cut(accepted=False), NetworkError, 0),
        (delay(5, accepted=True), TimedOut, 1),
        (delay(5), TimedOut, 0),
        (hang(), TimedOut, 0),
        (hang(accepted=True), TimedOut, 1),
    ],
)
async def test_a_fault_strikes_once(
    api: StandIn, chat: Chat, fault: Fault, error: type[Exception], delivered: int
):
    other = api.private(api.user(5002))
    async with client(api, seconds=0.3) as bot:
        api.fail("sendMessage", fault, chat=chat)
        await bot.send_message(other.id, "untouched")
        with pytest.raises(error) as caught:
            await bot.send_message(chat.id, "um")
        assert caught.type is error or error in (NetworkError, TelegramError)
        assert len(api.shown(chat)) == delivered
        assert (api.ledger.of("sendMessage", chat.id)[0].message is not None) == bool(delivered)
        api.clock.advance(17)
        await bot.send_message(chat.id, "dois")
        assert len(api.shown(chat)) == delivered + 1


async def test_a_share_of_calls_fails_by_a_seeded_chance(api: StandIn, bot: Bot, chat: Chat):
    switch = api.fail("sendMessage", server_error(), times=None, share=0.2, skip=2)
    for i in range(40):
        try:
            await bot.send_message(chat.id, f"{i}")
        except NetworkError:
            assert i >= 2
    assert 2 < switch.hits < 20
    assert len(api.shown(chat)) == 40 - switch.hits
