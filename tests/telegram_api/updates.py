"""Updates that wait to be fetched or delivered, in queues as Telegram keeps them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.loopback.clock import Clock

DAY = 86_400.0
PRESS_LIVES = 150.0  # seconds
_ONLY_WHEN_ASKED = ("chat_member", "message_reaction", "message_reaction_count")


@dataclass
class Update:
    """One update. It is done when it was confirmed, accepted, or too old."""

    id: int
    kind: str  # "message", "callback_query" ...
    payload: dict[str, Any]
    queue: str
    expires: float  # Unix time after which it is dropped
    made: float = field(default_factory=time.monotonic)
    posted: list[float] = field(default_factory=list)  # monotonic, one a try
    answered: list[float] = field(default_factory=list)  # monotonic, one a try
    statuses: list[int] = field(default_factory=list)  # of the endpoint; 0: no answer
    done: bool = False


class Updates:
    """Every update, and which of them wait."""

    def __init__(self, clock: Clock, first_id: int = 870_000_001) -> None:
        self.clock = clock
        self.allowed: tuple[str, ...] = ()  # (): the default kinds
        self.copies = 1  # how often each update is delivered in all
        self.together = 1  # so many of them at the same instant
        self.log: list[Update] = []
        self.dropped: list[Update] = []  # too old
        self._pending: dict[int, Update] = {}
        self._queues: defaultdict[str, dict[int, Update]] = defaultdict(dict)
        self._held: set[str] = set()
        self._next = first_id
        self.listeners: list[Callable[[str], None]] = []  # told the queue that has changed

    def add(self, kind: str, body: Any, queue: str, *, lives: float = DAY) -> Update | None:
        """Queue it; None where the bot did not ask for its kind."""
        allowed = kind in self.allowed if self.allowed else kind not in _ONLY_WHEN_ASKED
        if not allowed:
            return None
        payload = {"update_id": self._next, kind: body}
        update = Update(self._next, kind, payload, queue, self.clock.now() + lives)
        self._next += 1
        self.log.append(update)
        self._pending[update.id] = self._queues[queue][update.id] = update
        self._tell(queue)
        return update

    @property
    def pending(self) -> list[Update]:
        """In order, those on hold included."""
        return list(self._pending.values())

    @property
    def queues(self) -> list[str]:
        """Those with something in them."""
        return [queue for queue, waiting in self._queues.items() if waiting]

    def first(self, queue: str) -> Update | None:
        """What may be delivered now from that queue."""
        while queue not in self._held and (waiting := self._queues[queue]):
            update = next(iter(waiting.values()))
            if update.expires >= self.clock.now():
                return update
            self.drop(update)
        return None

    def batch(self, limit: int) -> list[Update]:
        """What may be fetched now."""
        found: list[Update] = []
        for update in self.pending:
            if len(found) == limit:
                break
            if update.expires < self.clock.now():
                self.drop(update)
            elif update.queue not in self._held:
                found.append(update)
        return found

    def finish(self, update: Update) -> None:
        """It has arrived."""
        update.done = True
        self._pending.pop(update.id, None)
        self._queues[update.queue].pop(update.id, None)
        self._tell(update.queue)

    def drop(self, update: Update) -> None:
        """It is too old."""
        self.dropped.append(update)
        self.finish(update)

    def clear(self) -> None:
        """What `drop_pending_updates` does to the customers."""
        for update in self.pending:
            self.drop(update)

    def hold(self, queue: str) -> None:
        """Deliver nothing of that queue until it is released; what is under way arrives."""
        self._held.add(queue)

    def release(self, queue: str) -> None:
        self._held.discard(queue)
        self._tell(queue)

    def _tell(self, queue: str) -> None:
        for listener in list(self.listeners):
            listener(queue)
