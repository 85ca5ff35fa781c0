"""How much this process has on its hands, and when that is too much.

Messages on their way into the ledger stand in memory until they are committed. When the database
takes none for a while they would pile up: beyond a bound they are refused at the door, before
they cost anything, and whoever asks hears that the desk is overloaded well before that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.errors import Overloaded

MOST_UNDER_WAY = 2_000  # messages: some seconds of work, and less than 100 MiB
HIGH, LOW = 0.5, 0.25  # shares of it: overloaded from the first on, no more from the second on
LATE_SECONDS, CAUGHT_UP_SECONDS = 60.0, 20.0  # the same for what waits in the line


@dataclass(slots=True)
class Load:
    """What is under way in one process. One object, shared by doors, line and health."""

    most: int = MOST_UNDER_WAY
    under_way: int = 0  # messages on their way into the ledger
    behind: float = 0.0  # seconds for which many chats have waited; see `Pressure`
    _over: bool = False

    @contextmanager
    def taking(self) -> Iterator[None]:
        """One more message is on its way into the ledger. Raises Overloaded: not this one."""
        if self.under_way >= self.most:
            raise Overloaded("too much is on its way into the ledger")
        self.under_way += 1
        self._look()
        try:
            yield
        finally:
            self.under_way -= 1
            self._look()

    def waited(self, seconds: float) -> None:
        """Many chats have waited for so long."""
        self.behind = seconds
        self._look()

    @property
    def overloaded(self) -> bool:
        """Whether others should take what comes. It does not flicker at the border."""
        return self._over

    def _look(self) -> None:
        if self.under_way >= self.most * HIGH or self.behind >= LATE_SECONDS:
            self._over = True
        elif self.under_way <= self.most * LOW and self.behind <= CAUGHT_UP_SECONDS:
            self._over = False
