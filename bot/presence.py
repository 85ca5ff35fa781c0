"""Signs of life for whoever watches a chat: something new to read, typing, erased.

Signs live in this process only and may be lost; everything that matters is in the ledger, and a
sign merely says that it is worth looking there. On platforms that must be called, typing is
pushed: repeated for as long as an answer is being made.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum

import structlog

from bot.model import ConversationKey

log = structlog.get_logger()

MOST_SIGNS = 50  # that wait for one watcher
PUSH_AFTER = 0.7  # seconds: a rule has mostly answered by then; typing is promised within one
PUSH_EVERY = 4.5  # seconds: platforms show it for five

Push = Callable[[ConversationKey], Awaitable[None]]
NO_PUSH: Mapping[str, Push] = {}


class Sign(StrEnum):
    """What a watcher is told."""

    NEWS = "news"  # the ledger has a new line
    TYPING = "typing"
    IDLE = "idle"  # no longer typing
    ERASED = "erased"  # the customer deleted the chat
    CLOSE = "close"  # the program stops


class Watcher:
    """One open page or terminal; a sign that is already waiting is not put a second time."""

    def __init__(self) -> None:
        self._signs: asyncio.Queue[Sign] = asyncio.Queue()
        self._last: Sign | None = None

    def put(self, sign: Sign) -> None:
        if self._signs.qsize() >= MOST_SIGNS and sign is not Sign.CLOSE:
            return  # who does not read has enough to come back to
        if self._signs.empty() or sign is not self._last:
            self._signs.put_nowait(sign)
            self._last = sign

    async def next(self, seconds: float) -> Sign | None:
        """The next sign; None after that many seconds without one."""
        try:
            async with asyncio.timeout(seconds):
                return await self._signs.get()
        except TimeoutError:
            return None


class Presence:
    """Who watches which chat, and where an answer is being made."""

    def __init__(self, pushed: Mapping[str, Push] = NO_PUSH) -> None:
        """`pushed` has, by channel, how typing is shown where nobody watches from here."""
        self._pushed = pushed
        self._pushing: dict[ConversationKey, asyncio.Task[None]] = {}
        self._watchers: defaultdict[ConversationKey, list[Watcher]] = defaultdict(list)
        self._typing: Counter[ConversationKey] = Counter()
        self._closed = False
        self.tell: Callable[[ConversationKey, Sign], None] = self.show  # of what happens here

    @contextmanager
    def watch(self, conversation: ConversationKey) -> Iterator[Watcher]:
        """Receive the signs of one chat; the first tells whether typing is going on."""
        watcher = Watcher()
        if self._closed:
            watcher.put(Sign.CLOSE)
        elif self._typing[conversation]:
            watcher.put(Sign.TYPING)
        self._watchers[conversation].append(watcher)
        try:
            yield watcher
        finally:
            self._watchers[conversation].remove(watcher)
            if not self._watchers[conversation]:
                del self._watchers[conversation]

    def show(self, conversation: ConversationKey, sign: Sign) -> None:
        """Tell everybody who watches this chat."""
        for watcher in self._watchers.get(conversation, ()):
            watcher.put(sign)

    def show_all(self, sign: Sign) -> None:
        """Tell everybody who watches any chat."""
        for conversation in list(self._watchers):
            self.show(conversation, sign)

    @contextmanager
    def typing(self, conversation: ConversationKey) -> Iterator[None]:
        """Show typing for as long as the block runs."""
        self._typing[conversation] += 1
        self.tell(conversation, Sign.TYPING)
        push = self._pushed.get(conversation.channel)
        if push is not None and conversation not in self._pushing and not self._closed:
            self._pushing[conversation] = asyncio.create_task(_push(push, conversation))
        try:
            yield
        finally:
            self._typing[conversation] -= 1
            if self._typing[conversation] <= 0:
                del self._typing[conversation]
                if pushing := self._pushing.pop(conversation, None):
                    pushing.cancel()
            self.tell(conversation, Sign.IDLE)

    def close(self) -> None:
        """Let every open page go, so that the server can stop."""
        self._closed = True
        for pushing in self._pushing.values():
            pushing.cancel()
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.put(Sign.CLOSE)


async def _push(push: Push, conversation: ConversationKey) -> None:
    """Show typing on a platform, again and again, until cancelled."""
    await asyncio.sleep(PUSH_AFTER)
    while True:
        try:
            await push(conversation)
        except Exception as error:  # noqa: BLE001  # nobody misses a sign, and the turn goes on
            log.info("typing_not_shown", channel=conversation.channel, error=type(error).__name__)
        await asyncio.sleep(PUSH_EVERY)
