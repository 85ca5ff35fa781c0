"""The line: one conversation at a time in order, all conversations side by side.

Each conversation with work has one task. It leases the line in the ledger, waits for the end of
the burst, decides the turn and settles it. A kill at any point leaves rows that the next start,
or the sweep, picks up again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

import structlog

from bot.book import Book
from bot.clock import Clock
from bot.errors import LedgerError
from bot.intake.around import NOTHING_AROUND, Around
from bot.intake.giving_up import given_up
from bot.intake.ports import (
    Joining,
    Later,
    LineLedger,
    Nothing,
    Opened,
)
from bot.intake.turns import MOST_ATTEMPTS, REST_SECONDS, Turns
from bot.model import ConversationKey
from bot.pipeline import Handler
from bot.presence import Presence

log = structlog.get_logger()

LONGEST_LEDGER_REST = 2.0  # seconds between two tries while the ledger takes nothing
LONGEST_BROKEN_REST = 300.0  # for a chat whose rows cannot be read at all
# Most of these wait for a model. Many more than the models take at once (`QUESTIONS_AT_ONCE`), or
# commands, fixed answers and what staff write would wait behind a model that hangs.
TURNS_AT_ONCE = 512
CONVERSATIONS_AT_ONCE = 2_000  # in memory; more wait in the database, for the sweep
REFILL = 1_500  # left when more are fetched: enough for every slot meanwhile
SWEEP_SECONDS = 1.0


@dataclass(slots=True)
class _Task:
    """One conversation being served."""

    hurry: asyncio.Event = field(default_factory=asyncio.Event)  # the burst may be over by now
    again: bool = False  # something arrived since the ledger was last asked
    task: asyncio.Task[None] | None = None


class Line:
    """Serves conversations until it is stopped."""

    def __init__(
        self,
        ledger: LineLedger,
        road: Sequence[Handler],
        book: Callable[[], Book],
        clock: Clock,
        presence: Presence,
        owner: str,
        wake_courier: Callable[[], None],
        around: Around = NOTHING_AROUND,
        serves: Callable[[ConversationKey], bool] = lambda _: True,
    ) -> None:
        """`serves`: whether a conversation is rather served here than by another worker."""
        self._ledger = ledger
        self._book = book
        self._clock = clock
        self._presence = presence
        self._owner = owner
        self._turns = Turns(
            ledger, road, clock, presence, owner, wake_courier, around, self._ring_at
        )
        self._serves = serves
        self._tasks: dict[ConversationKey, _Task] = {}
        self._slots = asyncio.Semaphore(TURNS_AT_ONCE)
        self._stopping = asyncio.Event()
        self._left_out = False  # some wait in the database: who comes now waits behind them
        self._room = asyncio.Event()  # for more of them, or another reason to sweep now

    def ring(self, conversation: ConversationKey, hurry: bool) -> None:
        """Something arrived in this conversation; `hurry` when it may end the burst."""
        if self._stopping.is_set():
            return
        running = self._tasks.get(conversation)
        if running is None and (self._left_out or len(self._tasks) >= CONVERSATIONS_AT_ONCE):
            self._left_out = True  # its row is in the database, and the sweep comes by
            return
        running = running or self._begin(conversation)
        running.again = True
        if hurry:
            running.hurry.set()

    def serving(self, conversation: ConversationKey) -> bool:
        """Whether this conversation is in hand here."""
        return conversation in self._tasks

    def look(self) -> None:
        """Sweep now: something may have been missed."""
        self._room.set()

    def _begin(self, conversation: ConversationKey) -> _Task:
        running = self._tasks[conversation] = _Task(again=True)
        running.task = asyncio.create_task(self._serve(conversation, running))
        return running

    async def run(self) -> None:
        """Pick up what a dead worker left behind, for as long as the program runs."""
        seen: frozenset[ConversationKey] = frozenset()  # what was due in the sweep before
        while not self._stopping.is_set():
            now = self._clock.now()
            self._room.clear()
            try:
                due = await self._ledger.due(now)
                # What another worker has not taken for a whole sweep is anybody's.
                self._fetch([each for each in due if each in seen or self._serves(each)])
                seen = frozenset(due)
            except Exception as error:  # noqa: BLE001  # the sweep must outlive whatever it meets
                log.error("sweep_failed", error=type(error).__name__)
            await _within(SWEEP_SECONDS, self._room)

    def _fetch(self, due: Sequence[ConversationKey]) -> None:
        """Begin with those that have waited longest, as far as there is room."""
        self._left_out = False
        for conversation in due:
            if self._stopping.is_set() or conversation in self._tasks:
                continue
            self._left_out = len(self._tasks) >= CONVERSATIONS_AT_ONCE
            if self._left_out:
                return
            self._begin(conversation)

    async def stop(self, grace: float) -> None:
        """Take no new turn, let running ones finish for `grace` seconds, put the rest back."""
        self._stopping.set()
        self._room.set()
        for running in self._tasks.values():
            running.hurry.set()
        tasks = [running.task for running in self._tasks.values() if running.task]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _serve(self, conversation: ConversationKey, running: _Task) -> None:
        try:
            rest = broken_rest = REST_SECONDS
            broken, last = 0, ""
            while running.again and not self._stopping.is_set():
                running.again = False
                try:
                    if broken < MOST_ATTEMPTS:
                        with ExitStack() as signs:
                            await self._next_turn(conversation, running, signs)
                    else:
                        await self._bury(conversation, running, last)
                    rest, broken = REST_SECONDS, 0
                except LedgerError as error:
                    # Nothing was lost: the line is still ours, so only we can try again at once.
                    log.error("line_failed", error=str(error))
                    running.again = True
                    await self._clock.sleep(rest)
                    rest = min(rest * 2, LONGEST_LEDGER_REST)
                except Exception as error:  # noqa: BLE001  # a row that no version of ours wrote
                    # Only this chat is held up, and it asks ever more seldom.
                    last = type(error).__name__
                    log.error("line_broken", chat=conversation.channel, error=last)
                    broken += 1
                    running.again = True
                    await _within(broken_rest, self._stopping)
                    broken_rest = min(broken_rest * 2, LONGEST_BROKEN_REST)
        finally:
            del self._tasks[conversation]
            if self._left_out and len(self._tasks) <= REFILL:
                self._room.set()

    async def _next_turn(
        self, conversation: ConversationKey, running: _Task, signs: ExitStack
    ) -> None:
        """Wait for the end of the burst, then decide and settle one turn."""
        typing = leased = False
        while True:
            running.hurry.clear()  # before looking: what arrives from now on is looked at again
            async with self._slots:
                if self._stopping.is_set():  # it may have waited long for its place
                    if leased:
                        await self._ledger.let_go(conversation, self._owner)
                    return
                begun = await self._ledger.begin(
                    conversation,
                    self._owner,
                    self._clock.now(),
                    self._book(),
                    self._clock.seed(),
                )
                if isinstance(begun, Opened):
                    if begun.visible and not typing:
                        signs.enter_context(self._presence.typing(conversation))
                    settled = await self._turns.finish(begun)
                    running.again = running.again or settled.more
                    return
            match begun:
                case Nothing():
                    return
                case Later(at):
                    self._ring_at(conversation, at)
                    return
                case Joining(closes_at, visible):
                    if self._stopping.is_set():
                        await self._ledger.let_go(conversation, self._owner)
                        return
                    leased = True
                    if visible and not typing:
                        typing = True
                        signs.enter_context(self._presence.typing(conversation))
                    await _within(max(closes_at - self._clock.now(), 0.0), running.hurry)

    async def _bury(self, conversation: ConversationKey, running: _Task, error: str) -> None:
        """What stands at the head of this line cannot be read: a person gets it unread."""
        opened = await self._ledger.bury(
            conversation, self._owner, self._clock.now(), self._book(), self._clock.seed()
        )
        match opened:
            case Opened():
                await self._turns.finish(opened, given_up(opened, error))
                running.again = True  # there may be more behind it
            case Later(at):
                self._ring_at(conversation, at)

    def _ring_at(self, conversation: ConversationKey, at: float) -> None:
        # A sleeping task would keep the conversation from being served by anything else.
        delay = max(at - self._clock.now(), 0.0) + 0.01
        asyncio.get_running_loop().call_later(delay, self.ring, conversation, False)


async def _within(seconds: float, event: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
