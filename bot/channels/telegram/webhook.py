"""Our address at Telegram: registered at every start, and watched as long as the desk is open."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial

import structlog
from telegram import Bot, WebhookInfo

from bot.channels.telegram.account import Account
from bot.channels.telegram.health import TelegramHealth
from bot.channels.telegram.trouble import Patience, Stopped, link_of
from bot.clock import Clock

log = structlog.get_logger()

# Said at every start: Telegram keeps the last list it was told.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
PATH = "/hooks/telegram"
MAX_CONNECTIONS = 40  # chats that Telegram may deliver side by side
CALL_SECONDS = 20.0
WATCH_SECONDS = 45.0


@dataclass(frozen=True, slots=True)
class Hook:
    """Where Telegram shall deliver, and what proves that it is Telegram."""

    public_url: str  # without a slash at its end
    secret: str

    @property
    def url(self) -> str:
        return self.public_url + PATH

    def __repr__(self) -> str:
        return f"Hook({self.public_url!r})"


class Registration:
    """Learns our name, registers the hook, and looks after both until it is stopped.

    Without a hook (`None`, when updates are polled) it only learns our name and watches the staff
    chat. Updates that wait at Telegram are never dropped.
    """

    def __init__(
        self,
        bot: Bot,
        hook: Hook | None,
        account: Account,
        health: TelegramHealth,
        clock: Clock,
        watch_seconds: float = WATCH_SECONDS,
    ) -> None:
        self._bot = bot
        self._hook = hook
        self._account = account
        self._health = health
        self._clock = clock
        self._watch_seconds = watch_seconds
        self._patience = Patience()
        self._registered_at = 0.0  # Unix time
        self._may_enter = True  # the staff chat, when last looked at
        self._ended = asyncio.Event()
        self._ended.set()

    async def run(self) -> None:
        """Keep the connection in order until `stop`."""
        self._ended.clear()
        try:
            await self._look_after()
        finally:
            self._ended.set()

    async def _look_after(self) -> None:
        patience = self._patience
        await patience.until_it_works(self._introduce, self._failed)
        await self._look_at_staff_chat()
        hook = self._hook
        if hook is not None:
            await patience.until_it_works(partial(self._register, hook), self._failed)
        while not patience.is_over:
            if hook is not None:
                await patience.until_it_works(partial(self._watch, hook), self._failed)
            await patience.rest(self._watch_seconds)
            if not patience.is_over:
                await self._look_at_staff_chat()

    async def stop(self) -> None:
        """End `run`, whatever it waits for. The hook stays registered: Telegram keeps messages."""
        self._patience.end()
        await self._ended.wait()

    async def _introduce(self) -> None:
        async with asyncio.timeout(CALL_SECONDS):
            user = await self._bot.get_me()
        self._account.is_called(user.username or "")
        self._health.username = user.username or ""
        if self._hook is None:
            self._health.last_contact = self._clock.now()
        log.info("telegram_introduced")

    async def _register(self, hook: Hook) -> None:
        async with asyncio.timeout(CALL_SECONDS):
            await self._bot.set_webhook(
                url=hook.url,
                secret_token=hook.secret,
                allowed_updates=ALLOWED_UPDATES,
                max_connections=MAX_CONNECTIONS,
                drop_pending_updates=False,
            )
        self._registered_at = self._clock.now()
        self._health.works(self._registered_at)
        log.info("telegram_hook_registered")

    async def _watch(self, hook: Hook) -> None:
        async with asyncio.timeout(CALL_SECONDS):
            info = await self._bot.get_webhook_info()
        failed_at = info.last_error_date.timestamp() if info.last_error_date else 0.0
        failure = info.last_error_message or ""
        self._health.reported(info.pending_update_count, failure, failed_at)
        # Turned away at our own door: the same address was registered with another secret.
        shut_out = "403" in failure and failed_at > self._registered_at
        if _is_ours(info, hook) and not shut_out:
            self._health.works(self._clock.now())
        else:
            log.warning("telegram_hook_changed")
            await self._register(hook)

    async def _look_at_staff_chat(self) -> None:
        chat = self._account.staff_chat
        if not chat or self._patience.is_over:
            return
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await self._patience.unless_over(self._bot.get_chat(int(chat)))
        except Stopped:
            return
        except Exception as error:  # noqa: BLE001  # it is looked at again
            if self._health.staff_chat is not False:
                log.error("telegram_staff_chat_unreachable", error=type(error).__name__)
            self._health.staff_chat = False
            self._may_enter = False
        else:
            # It can be seen. Where a message was refused, only a message tells that it is well.
            if self._health.staff_chat is None or not self._may_enter:
                self._health.staff_chat = True
            self._may_enter = True

    def _failed(self, error: Exception) -> None:
        self._health.fails(link_of(error))
        log.error("telegram_failed", doing="registration", error=type(error).__name__)


def _is_ours(info: WebhookInfo, hook: Hook) -> bool:
    """Telegram leaves the list out where it is the usual one, which has all that we read."""
    allowed = set(info.allowed_updates) or set(ALLOWED_UPDATES)
    return info.url == hook.url and allowed == set(ALLOWED_UPDATES)
