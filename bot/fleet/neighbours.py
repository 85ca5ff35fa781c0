"""What a process knows of the others, and tells them. On SQLite there are none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.model import ConversationKey
from bot.presence import Presence, Sign

Ring = Callable[[ConversationKey, bool], None]


@dataclass(frozen=True, slots=True)
class Household:
    """What of this process is woken by news, its own and the others'."""

    presence: Presence
    ring: Ring | None  # the line's; None: no turns are decided here
    serving: Callable[[ConversationKey], bool]  # whether the line has that conversation in hand
    wake_courier: Callable[[], None]
    look_around: Callable[[], None]  # the line's sweep, now
    look_for_missed: Callable[[], None]  # soon, in the lists of platforms that keep one
    forget: Callable[[], None]  # drops what is remembered of texts: somebody had theirs deleted


def nowhere_to_look() -> None:
    """No platform keeps a list of what was missed."""


class Neighbours(Protocol):
    """Who else is there."""

    @property
    def owner(self) -> str:
        """This process's own name, which no other ever has."""
        ...

    def leads(self) -> bool:
        """Whether this process does what only one may do."""
        ...

    def workers(self) -> int:
        """How many processes decide turns right now, as far as is known."""
        ...

    def serves(self, conversation: ConversationKey) -> bool:
        """Whether this conversation's turns are rather decided here than elsewhere."""
        ...

    def meet(self, household: Household) -> None:
        """Wake these from now on."""
        ...

    def arrived(self, conversation: ConversationKey, hurry: bool) -> None:
        """Something was accepted into this conversation; `hurry`: it ends its burst."""
        ...

    def wake_courier(self) -> None:
        """Something waits to be sent."""
        ...

    def refused(self) -> None:
        """What a platform brought was not stored: whoever leads looks for it."""
        ...

    def show(self, conversation: ConversationKey, sign: Sign) -> None:
        """Tell whoever watches this chat, wherever they do."""
        ...

    async def open(self) -> None:
        """Be there. Raises LedgerError."""
        ...

    async def retire(self) -> None:
        """No new turn is decided here: others get the conversations."""
        ...

    async def leave(self) -> None:
        """Take part no more: what this process led, another one leads at once."""
        ...

    async def close(self) -> None:
        """Hear and tell nothing more."""
        ...


class Alone:
    """The only process of its database."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self._household: Household | None = None

    def leads(self) -> bool:
        return True

    def workers(self) -> int:
        return 1

    def serves(self, conversation: ConversationKey) -> bool:
        return True

    def meet(self, household: Household) -> None:
        self._household = household

    def arrived(self, conversation: ConversationKey, hurry: bool) -> None:
        if (household := self._household) is None:
            return
        household.presence.show(conversation, Sign.NEWS)
        if household.ring is not None:
            household.ring(conversation, hurry)

    def wake_courier(self) -> None:
        if self._household is not None:
            self._household.wake_courier()

    def refused(self) -> None:
        if self._household is not None:
            self._household.look_for_missed()

    def show(self, conversation: ConversationKey, sign: Sign) -> None:
        if self._household is not None:
            self._household.presence.show(conversation, sign)
            if sign is Sign.ERASED:
                self._household.forget()

    async def open(self) -> None:
        pass

    async def retire(self) -> None:
        pass

    async def leave(self) -> None:
        pass

    async def close(self) -> None:
        pass
