"""What a model is to answer next."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field

from tests.model_api.faults import Player, Reply
from tests.model_api.ledger import Asked

HELLO = "Olá! Como posso ajudar?"


@dataclass
class Script:
    """First what was put in line, then by chance, then the same always."""

    seed: int = 1
    default: Reply | Player = HELLO
    latency: tuple[float, float] = (0.0, 0.0)  # seconds, at least and at most
    refuses: set[str] = field(default_factory=set)  # fields that this server does not know
    _line: deque[Reply | Player] = field(default_factory=deque)
    _chances: list[tuple[float, Reply | Player]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def then(self, *replies: Reply | Player) -> None:
        """The next answers, in this order."""
        self._line.extend(replies)

    def always(self, reply: Reply | Player) -> None:
        """What is answered when nothing else is."""
        self.default = reply

    def sometimes(self, share: float, reply: Reply | Player) -> None:
        """A share of the answers, by a seeded chance."""
        self._chances.append((share, reply))

    def heal(self) -> None:
        """Answer soundly and at once from now on."""
        self.default, self.latency = HELLO, (0.0, 0.0)
        self._line.clear()
        self._chances.clear()
        self.refuses.clear()

    def wait(self) -> float:
        """Seconds until the next answer."""
        return self._random.uniform(*self.latency)

    def take(self, asked: Asked) -> Reply:
        """The answer to this, used up by it."""
        reply = self._line.popleft() if self._line else self._by_chance()
        return reply if not callable(reply) else reply(asked)

    def _by_chance(self) -> Reply | Player:
        for share, reply in self._chances:
            if self._random.random() < share:
                return reply
        return self.default
