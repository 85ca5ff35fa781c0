"""Whether a bot's token, its webhook and its staff chat are as they should be. Changes nothing.

Importing this file loads Telegram's SDK.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

from telegram.error import (
    BadRequest,
    ChatMigrated,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from bot.channels.telegram.health import RECENT_SECONDS, TelegramHealth
from bot.channels.telegram.transport import QuietBot, bot_of
from bot.channels.telegram.webhook import PATH
from bot.clock import Clock
from bot.desk.card import harmless, waiting
from bot.finding import TRY_SECONDS, Finding, fine, tried, unreachable, unsure, wrong

TOKEN, HOOK, STAFF_CHAT = "Telegram token", "Telegram webhook", "Telegram staff chat"
_SHARE = 0.9  # of a try, for one call: that it was silent is then told by the call itself
_TEAM = "add the bot to the group, and set TELEGRAM_STAFF_CHAT to the number in the log line "


async def checkup(
    token: str,
    api_base: str,
    public_url: str,
    staff_chat: int | None,
    clock: Clock,
    seconds: float = TRY_SECONDS,
) -> list[Finding]:
    """Try everything side by side, each within `seconds`."""
    bot = bot_of(token, api_base, send_seconds=seconds * _SHARE)
    tries = [(TOKEN, _me(bot)), (HOOK, _hook(bot, public_url, clock))]
    if staff_chat is not None:
        tries.append((STAFF_CHAT, _staff_chat(bot, staff_chat, token.partition(":")[0])))
    async with bot:
        return list(
            await asyncio.gather(
                *(tried(name, "Telegram", _told(name, work), seconds) for name, work in tries)
            )
        )


async def _told(name: str, work: Awaitable[Finding]) -> Finding:
    """A failed call in words. What the library says may hold the token and is not repeated."""
    try:
        return await work
    except (InvalidToken, EndPointNotFound):
        advice = "copy it again from @BotFather into TELEGRAM_BOT_TOKEN"
        return wrong(name, "Telegram does not know this token", advice)
    except RetryAfter:
        return unsure(name, "Telegram asks for time", "try again in a minute")
    except TelegramError:
        return unreachable(name, "Telegram")


async def _asked(bot: QuietBot, method: str, **asked: object) -> Mapping[str, Any]:
    """A call whose answer is read here: the library's own reading demands what it does not need.

    `method` is spelled with two `_`, so that the library does not point to its own (see polling).
    """
    answer = await bot.do_api_request(method, api_kwargs=asked or None)
    return answer if isinstance(answer, Mapping) else {}


async def _me(bot: QuietBot) -> Finding:
    me = await _asked(bot, "get__me")
    return fine(TOKEN, f"works, the bot is @{harmless(str(me.get('username', '?')))}")


async def _hook(bot: QuietBot, public_url: str, clock: Clock) -> Finding:
    info = await _asked(bot, "get__webhook_info")
    url = str(info.get("url", ""))
    shown = harmless(url.partition("?")[0])
    if not public_url:
        if not url:
            return fine(HOOK, "none, as it should be: the desk asks Telegram for messages")
        message = f"Telegram calls {shown}, but PUBLIC_URL is not set"
        return unsure(HOOK, message, "the desk removes that address when it starts to ask")
    if url != public_url + PATH:
        message = f"Telegram calls {shown}, not this desk" if url else "is not registered yet"
        return unsure(HOOK, message, "the desk registers its own address when it starts")
    pending, at = int(info.get("pending_update_count", 0)), info.get("last_error_date")
    health = TelegramHealth("webhook")
    health.reported(pending, str(info.get("last_error_message", "")), float(at or 0))
    there = f"is ours, {pending} waiting at Telegram"
    ago = clock.now() - health.last_error_at
    if not at or (ago > RECENT_SECONDS and not pending):
        return fine(HOOK, there)
    message = f"{there}; the last failed delivery was {waiting(max(ago, 0))} ago"
    return unsure(
        HOOK,
        f"{message}: {harmless(health.last_error)}",
        "is the desk open, and does its proxy pass /hooks/telegram on?",
    )


async def _staff_chat(bot: QuietBot, chat: int, me: str) -> Finding:
    try:
        found = await _asked(bot, "get__chat", chat_id=chat)
        if found.get("type") in ("private", "channel"):
            message = f"{chat} is no group, but a {found['type']} chat"
            return wrong(STAFF_CHAT, message, f"{_TEAM}telegram_in_group")
        member = await _asked(bot, "get__chat_member", chat_id=chat, user_id=int(me))
    except ChatMigrated as error:
        message = f"{chat} has become a supergroup with the number {error.new_chat_id}"
        return wrong(STAFF_CHAT, message, f"set TELEGRAM_STAFF_CHAT={error.new_chat_id}")
    except (BadRequest, Forbidden):
        return wrong(STAFF_CHAT, f"the bot is not in {chat}", f"{_TEAM}telegram_in_group")
    title = harmless(str(found.get("title", "")))[:64]
    if member.get("status") in ("left", "kicked"):
        return wrong(STAFF_CHAT, f"the bot is not in '{title}'", "add it to the group")
    if not _may_write(found, member):
        advice = "let it send messages, or make it an admin"
        return wrong(STAFF_CHAT, f"the bot may not write in '{title}'", advice)
    return fine(STAFF_CHAT, f"the bot may write in '{title}'")


def _may_write(chat: Mapping[str, Any], member: Mapping[str, Any]) -> bool:
    match member.get("status"):
        case "administrator" | "creator":
            return True
        case "restricted":
            return bool(member.get("can_send_messages"))
        case _:
            return bool((chat.get("permissions") or {}).get("can_send_messages", True))
