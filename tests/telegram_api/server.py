"""The stand-in itself: a server on loopback that answers as api.telegram.org does."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any, Self

from aiohttp import web

from tests.loopback.clock import Clock
from tests.loopback.waiting import Waiting
from tests.telegram_api import door
from tests.telegram_api.chats import Chat
from tests.telegram_api.faults import Fault, Faults, Switch
from tests.telegram_api.ledger import Ledger, Message
from tests.telegram_api.limits import Limits
from tests.telegram_api.people import User
from tests.telegram_api.polling import Polling
from tests.telegram_api.updates import Update, Updates
from tests.telegram_api.webhook import Webhook

BOT_ID = 7001001001
TOKEN = f"{BOT_ID}:AAstand-in_token_of_no_value_0000000"


class StandIn(Waiting):
    """`async with StandIn() as api:` serves until the block ends; `api.base` is its address.

    All its parts are open to a test: `ledger`, `faults`, `limits`, `updates`, `webhook`, `clock`.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        username: str = "nightdesk_bot",
        clock: Clock | None = None,
        hurry: float = 20.0,
        port: int = 0,
        seed: int = 1,
    ) -> None:
        super().__init__()
        self.token = token
        number = int(token.partition(":")[0])
        self.bot = {"id": number, "is_bot": True, "first_name": "Desk", "username": username}
        self.clock = clock or Clock()
        self.ledger = Ledger()
        self.faults = Faults(seed)
        self.limits = Limits(self.clock)
        self.updates = Updates(self.clock)
        self.webhook = Webhook(self.updates, hurry)
        self.polling = Polling(self.updates)
        self.chats: dict[int, Chat] = {}
        self.users: dict[int, User] = {}
        self.presses: dict[str, float] = {}  # when each button was pressed
        self.privacy_mode = False  # of groups: on for a new bot, but a desk needs it off
        self.strict_entities = True
        self.base = ""
        self._port = port
        self._numbers = count(1)
        self.closing = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self.updates.listeners.append(self.tell)

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(door.application(self), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        port = self._runner.addresses[0][1]
        self.base = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.closing.set()
        await self.webhook.stop()
        self.polling.end()
        if self._runner is not None:
            await self._runner.cleanup()

    # People and chats

    def user(
        self, id: int, first_name: str = "Ana", language_code: str = "pt-br", **more: Any
    ) -> User:
        """That account; made when it is first asked for."""
        if id not in self.users:
            self.users[id] = User(self, id, first_name, language_code, **more)
        return self.users[id]

    def private(self, user: User) -> Chat:
        """Their chat with the bot, which bears their number."""
        if user.id not in self.chats:
            self.chats[user.id] = Chat(self, user.id, "private", self._numbers, owner=user)
        return self.chats[user.id]

    def group(
        self,
        id: int,
        title: str,
        members: list[User],
        *,
        is_forum: bool = False,
        admin: bool = False,
    ) -> Chat:
        """A supergroup if its number begins with -100, else a plain group."""
        is_super = str(id).startswith("-100")
        kind, numbers = ("supergroup", count(2)) if is_super else ("group", self._numbers)
        self.chats[id] = Chat(
            self, id, kind, numbers, title, members=members, is_forum=is_forum, bot_is_admin=admin
        )
        return self.chats[id]

    # What a test asks for

    def fail(
        self,
        method: str,
        fault: Fault,
        *,
        times: int | None = 1,
        chat: Chat | int | None = None,
        skip: int = 0,
        share: float = 1.0,
    ) -> Switch:
        """From now on calls fail so; see `Switch`. Take it out of `faults.switches` to end it."""
        where = chat.id if isinstance(chat, Chat) else chat
        switch = Switch(method, fault, times, where, skip, share)
        self.faults.switches.append(switch)
        return switch

    def hold(self, whose: Chat | User) -> None:
        """Keep back the messages of a chat, or the presses of a user."""
        self.updates.hold(whose.queue)

    def release(self, whose: Chat | User) -> None:
        self.updates.release(whose.queue)

    async def again(self, update: Update) -> int:
        """Deliver an update once more by webhook, however long ago it was accepted: a status."""
        return await self.webhook.post(update.payload)

    def shown(self, chat: Chat | int) -> list[Message]:
        """What the bot has said there, in order."""
        where = chat.id if isinstance(chat, Chat) else chat
        return [message for message in self.ledger.delivered if message.chat == where]

    def texts(self, chat: Chat | int) -> list[str]:
        return [message.text for message in self.shown(chat)]

    async def wait_shown(
        self, chat: Chat | int, number: int = 1, seconds: float = 5.0
    ) -> list[Message]:
        """At least that many messages of the bot in that chat."""

        def enough() -> list[Message]:
            shown = self.shown(chat)
            return shown if len(shown) >= number else []

        return await self.wait_for(enough, seconds)

    def in_words(self) -> str:
        last = [(call.method, call.chat, call.status) for call in self.ledger.calls[-8:]]
        return f"{len(self.updates.pending)} updates wait; last: {last}"
