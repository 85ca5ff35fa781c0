"""One bot's connection to Telegram, as one thing that the program opens and closes.

Telegram's SDK takes most of a second to load. The doors open without it: it is loaded in a thread
beside the running desk, and until then what is to be sent waits in the outbox.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.channels.telegram.account import Account
from bot.channels.telegram.health import Link, TelegramHealth
from bot.clock import Clock
from bot.delivery.ports import Parcel, Rate
from bot.errors import DeliveryDelayed
from bot.model import ConversationKey

if TYPE_CHECKING:
    from bot.channels.telegram.polling import Polling
    from bot.channels.telegram.send import TelegramSender
    from bot.channels.telegram.transport import QuietBot
    from bot.channels.telegram.webhook import Registration

log = structlog.get_logger()

LOADING_SECONDS = 0.3  # until a send is tried again while the SDK loads
NOT_LOADED_SECONDS = 30.0  # the same once it has failed to: nothing goes before a new start
PRESS_PATIENCE = 5.0  # seconds for which the answer to a press waits for the SDK
CLOSE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Access:
    """What a bot needs to speak with Telegram."""

    token: str
    api_base: str
    public_url: str  # "": ask for updates instead of being called
    secret: str  # proves to us that a delivery is Telegram's
    send_seconds: float  # how long one call may take

    def __repr__(self) -> str:
        return f"Access({self.api_base!r}, {self.public_url!r})"

    @property
    def mode(self) -> str:
        return "webhook" if self.public_url else "polling"


Moved = Callable[[ConversationKey, ConversationKey], Awaitable[None]]


class Telegram:
    """Sends, shows typing, answers presses; receives by webhook or by polling once it is opened."""

    def __init__(
        self,
        access: Access,
        account: Account,
        clock: Clock,
        moved: Moved,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        """`moved` is told when a group goes on under another id; who `leads` may poll."""
        self._access = access
        self._account = account
        self._clock = clock
        self._moved = moved
        self._leads = leads
        self.health = TelegramHealth(access.mode)
        self._loaded = asyncio.Event()
        self._bot: QuietBot | None = None
        self._sender: TelegramSender | None = None
        self._registration: Registration | None = None
        self._polling: Polling | None = None
        self._running: list[asyncio.Task[None]] = []
        self._rest = LOADING_SECONDS

    def open(self, take: Callable[[bytes], Awaitable[None]]) -> None:
        """Load and connect in the background; `take` stores one update."""
        self._running.append(asyncio.create_task(self._open(take)))

    async def stop_receiving(self) -> None:
        """Ask for no more updates. A webhook stays registered: Telegram keeps messages for it."""
        if self._polling is not None:
            await self._polling.stop()

    async def close(self) -> None:
        """End everything; whoever still waits for Telegram waits no longer."""
        for part in (self._polling, self._registration):
            if part is not None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(CLOSE_SECONDS):
                        await part.stop()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._bot is not None:
            await self._bot.shutdown()

    async def _open(self, take: Callable[[bytes], Awaitable[None]]) -> None:
        try:
            await self._load(await asyncio.to_thread(_sdk), take)
        except Exception as error:  # noqa: BLE001  # the other doors stay open
            log.error("telegram_not_loaded", error=type(error).__name__)
            self._rest = NOT_LOADED_SECONDS
            self.health.fails(Link.NOT_LOADED)
            return
        parts = (part for part in (self._registration, self._polling) if part is not None)
        self._running += [asyncio.create_task(part.run()) for part in parts]

    async def _load(self, sdk: _Sdk, take: Callable[[bytes], Awaitable[None]]) -> None:
        access = self._access
        bot = sdk.bot_of(access.token, access.api_base, send_seconds=access.send_seconds)
        hook = sdk.Hook(access.public_url, access.secret) if access.public_url else None
        self._bot = bot
        await bot.initialize()
        self._sender = sdk.TelegramSender(
            bot, self._account.me().id, self._clock, self._moved, self._staff_reached
        )
        self._registration = sdk.Registration(bot, hook, self._account, self.health, self._clock)
        if hook is None:
            self._polling = sdk.Polling(bot, take, self.health, self._clock, leads=self._leads)
        self._loaded.set()

    def _staff_reached(self, reached: bool) -> None:
        self.health.staff_chat = reached

    def rates(self, to: ConversationKey) -> Mapping[str, Rate]:
        """See `Sender.rates`. Until the SDK is loaded, one send now and then asks whether it is."""
        return self._sender.rates(to) if self._sender else {to.account: Rate(1, self._rest)}

    async def send(self, parcel: Parcel) -> str:
        """See `Sender.send`."""
        if self._sender is None:
            raise DeliveryDelayed(self._rest)
        return await self._sender.send(parcel)

    async def typing(self, to: ConversationKey) -> None:
        """Show that an answer is being made. Never raises."""
        if self._sender is not None:
            await self._sender.typing(to)

    async def answer_press(self, callback_id: str, text: str = "") -> None:
        """Stop the spinner of a pressed button. Never raises."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PRESS_PATIENCE):
                await self._loaded.wait()
        if self._sender is not None:
            await self._sender.answer_press(callback_id, text)


class _Sdk:
    """What needs Telegram's SDK, imported when this is made."""

    def __init__(self) -> None:
        from bot.channels.telegram.polling import Polling
        from bot.channels.telegram.send import TelegramSender
        from bot.channels.telegram.transport import bot_of
        from bot.channels.telegram.webhook import Hook, Registration

        self.Polling, self.TelegramSender = Polling, TelegramSender
        self.Hook, self.Registration, self.bot_of = Hook, Registration, bot_of


def _sdk() -> _Sdk:
    return _Sdk()
