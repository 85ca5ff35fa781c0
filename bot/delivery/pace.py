"""What the courier may take: each chat's budget, its channel's, and the platforms' own wishes."""

from __future__ import annotations

from collections.abc import Mapping

from bot.delivery.pacing import Pacing
from bot.delivery.ports import Rate, Sender
from bot.model import ConversationKey

ONLY_RESTS = Rate(1, 0.0)  # a name that limits nothing and can be told to rest
ALARM = 3  # chats delayed in a row, with nothing sent in between, after which all of them rest

_Chat = tuple[str, str, str]  # channel, account, chat: threads of a chat are one to a platform


class Pace:
    """Which rows may go now. Kept in memory: a restart starts with full budgets.

    What all chats of a channel have in common is that channel's own budget; while it is used up,
    nothing is taken for that channel.
    """

    def __init__(self, senders: Mapping[str, Sender]) -> None:
        self._senders = senders
        self._pacing = Pacing()
        self._resting: set[ConversationKey] = set()  # chats seen lately that may still not go
        self._example: dict[str, ConversationKey] = {}  # the first chat seen of each channel
        self._common: dict[str, frozenset[str]] = {}  # what the chats of a channel share, by name
        self._closed: set[str] = set()  # channels from which nothing could be taken last time
        self._delayed: dict[_Chat, tuple[float, Mapping[str, Rate]]] = {}

    def ready_at(self, to: ConversationKey, now: float) -> float:
        """When a message to this chat may go."""
        return self._pacing.ready_at(self._rates(to), now)

    def spend(self, to: ConversationKey, now: float) -> None:
        """A message leaves for this chat."""
        rates = self._rates(to)
        self._learn(to)
        self._pacing.spend(rates, now)
        if self._pacing.ready_at(rates, now) > now:
            self.hold(to)

    def hold(self, to: ConversationKey) -> None:
        """Take nothing of this chat until its budget allows it."""
        self._learn(to)
        self._resting.add(to)

    def went_through(self) -> None:
        """The platform took a message, or had a reason of its own not to."""
        self._delayed.clear()

    def delayed(self, to: ConversationKey, until: float) -> None:
        """This chat is to be left alone; several in a row mean that all of them are."""
        self._pacing.rest(_own(to), until)
        self._resting.add(to)
        self._delayed[to.channel, to.account, to.chat] = until, self._rates(to)
        if len(self._delayed) >= ALARM:
            shared = set.intersection(*(set(rates) for _, rates in self._delayed.values()))
            first = min(until for until, _ in self._delayed.values())
            for name in shared:
                self._pacing.rest(name, first)
            self._delayed.clear()

    def resting(self, now: float) -> frozenset[ConversationKey]:
        """Chats known not to be ready."""
        self._resting = {to for to in self._resting if self.ready_at(to, now) > now}
        return frozenset(self._resting)

    def may_take(self, free: int, now: float) -> tuple[tuple[str, ...], int]:
        """The channels that may be taken from, and how many rows at the most."""
        rooms = {name: self._room(name, free, now) for name in self._senders}
        self._closed = {name for name, room in rooms.items() if not room and free > 0}
        return tuple(name for name, room in rooms.items() if room), max(rooms.values(), default=0)

    def next_ready(self, now: float) -> float | None:
        """When the next of what was held back last time may go, maybe already; None if nothing."""
        waits = [self.ready_at(to, now) for to in self._resting]
        waits += [self._pacing.ready_at(self._shared(name), now) for name in self._closed]
        return min(waits, default=None)

    def _room(self, channel: str, free: int, now: float) -> int:
        room = self._pacing.room(self._shared(channel), now)
        return free if room is None else min(room, free)

    def _shared(self, channel: str) -> Mapping[str, Rate]:
        """That channel's own budget as it is now: it differs while a platform's SDK loads."""
        if not (common := self._common.get(channel)):
            return {}
        rates = self._senders[channel].rates(self._example[channel])
        return {name: rate for name, rate in rates.items() if name in common}

    def _rates(self, to: ConversationKey) -> Mapping[str, Rate]:
        return {**self._senders[to.channel].rates(to), _own(to): ONLY_RESTS}

    def _learn(self, to: ConversationKey) -> None:
        first = self._example.setdefault(to.channel, to)
        if (first.account, first.chat) != (to.account, to.chat) and not self._common.get(
            to.channel
        ):
            known = self._rates(first)
            self._common[to.channel] = frozenset(n for n in self._rates(to) if n in known)


def _own(to: ConversationKey) -> str:
    return f"chat {to}"
