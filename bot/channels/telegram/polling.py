"""Long polling: where Telegram cannot reach us, we ask.

Telegram forgets an update as soon as a later offset is asked for, so the offset moves only after
everything of the last answer is stored. Updates of one chat are taken in order, chats side by side.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from telegram import Bot
from telegram.error import Conflict

from bot.channels.telegram.health import Link, TelegramHealth
from bot.channels.telegram.heard import NotYet
from bot.channels.telegram.parse import chat_number
from bot.channels.telegram.trouble import Patience, Stopped, link_of, rest_after
from bot.channels.telegram.webhook import ALLOWED_UPDATES
from bot.clock import Clock
from bot.errors import LedgerError

log = structlog.get_logger()

# Spelled so that the library hands out what Telegram said: its own get_updates loses the whole
# answer over one update that it cannot read, and under either of its names it points there.
GET_UPDATES = "get__updates"
WAIT_SECONDS = 25  # for which Telegram holds an answer back while there is nothing to tell
ANSWER_SECONDS = 10.0  # on top of that
MOST_UPDATES = 100
CALL_SECONDS = 20.0
FIRST_RETRY, LONGEST_RETRY = 0.25, 5.0  # seconds between two tries to store one update
NOT_OURS_SECONDS = 0.5  # between two looks at whether asking has become our part
STOP_SECONDS = 0.5  # for updates that are being stored when the program stops


class NotAList(Exception):
    """Telegram's answer is no list of updates."""


class Polling:
    """Asks for updates until it is stopped."""

    def __init__(
        self,
        bot: Bot,
        take: Callable[[bytes], Awaitable[None]],
        health: TelegramHealth,
        clock: Clock,
        wait_seconds: int = WAIT_SECONDS,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        """`take` stores one update; it raises LedgerError or NotYet for "again, please".

        Of several processes only the one that `leads` asks: Telegram answers one at a time.
        """
        self._bot = bot
        self._take = take
        self._health = health
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._leads = leads
        self._patience = Patience()
        self._ended = asyncio.Event()
        self._ended.set()

    async def run(self) -> None:
        """Take updates until `stop`."""
        self._ended.clear()
        try:
            await self._poll()
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """Let what is being stored be stored, and end within a second."""
        self._patience.end()
        await self._ended.wait()

    async def _poll(self) -> None:
        if not await self._patience.until_it_works(self._remove_webhook, self._failed):
            return
        offset: int | None = None  # asking with it confirms: never again once the program stops
        failures = 0
        wait = 0  # at first, and after a failure: whether it works should be known at once
        while not self._patience.is_over:
            if not self._leads():
                self._health.works(self._clock.now())
                offset, wait = None, 0  # whoever asks meanwhile moves it on
                await self._patience.rest(NOT_OURS_SECONDS)
                continue
            try:
                updates = await self._patience.unless_over(self._ask(offset, wait))
                following = _offset_after(updates)
                self._health.works(self._clock.now())
                await self._patience.unless_over(self._take_all(updates), STOP_SECONDS)
                offset = offset if following is None else following
                failures, wait = 0, self._wait_seconds
            except Stopped:
                return
            except Exception as error:  # noqa: BLE001  # polling outlives whatever it meets
                failures, wait = failures + 1, 0
                self._failed(error)
                await self._patience.rest(rest_after(error, failures))
                if isinstance(error, Conflict) and "webhook" in str(error).lower():
                    # Set by somebody since we began: this desk was told to poll.
                    await self._patience.until_it_works(self._remove_webhook, self._failed)

    async def _remove_webhook(self) -> None:
        async with asyncio.timeout(CALL_SECONDS):
            await self._bot.delete_webhook(drop_pending_updates=False)

    async def _ask(self, offset: int | None, wait: int) -> Sequence[Any]:
        """One question, answered within `wait` seconds and a few more."""
        updates = await self._bot.do_api_request(
            GET_UPDATES,
            api_kwargs={
                "offset": offset,
                "timeout": wait,
                "limit": MOST_UPDATES,
                "allowed_updates": list(ALLOWED_UPDATES),
            },
            read_timeout=wait + ANSWER_SECONDS,
        )
        if not isinstance(updates, list):
            raise NotAList
        return updates

    async def _take_all(self, updates: Sequence[Any]) -> None:
        chats: dict[int | None, list[Any]] = {}
        for update in updates:
            chats.setdefault(chat_number(update), []).append(update)
        async with asyncio.TaskGroup() as group:
            for of_one_chat in chats.values():
                group.create_task(self._take_in_order(of_one_chat))

    async def _take_in_order(self, updates: Sequence[Any]) -> None:
        for update in updates:
            body = json.dumps(update).encode()
            rest = FIRST_RETRY
            while not self._patience.is_over:
                try:
                    await self._take(body)
                    break
                except (LedgerError, NotYet) as error:
                    log.error("telegram_not_stored", error=type(error).__name__)
                    await self._patience.rest(rest)
                    rest = min(rest * 2, LONGEST_RETRY)
                except Exception as error:  # noqa: BLE001  # one update never stops the others
                    log.error("telegram_update_failed", error=type(error).__name__)
                    break

    def _failed(self, error: Exception) -> None:
        link = Link.UNREACHABLE if isinstance(error, NotAList) else link_of(error)
        self._health.fails(link)
        log.error("telegram_failed", doing="polling", error=type(error).__name__)


def _offset_after(updates: Sequence[Any]) -> int | None:
    """What to ask for next, so that all of these are forgotten; None when there were none.

    Raises NotAList where no update has a number: asking again would bring the same for ever.
    """
    numbers = [
        each["update_id"]
        for each in updates
        if isinstance(each, dict) and type(each.get("update_id")) is int
    ]
    if updates and not numbers:
        raise NotAList
    return max(numbers) + 1 if numbers else None
