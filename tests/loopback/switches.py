"""Switches for what is to go wrong: when each strikes, and how often."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Generic, TypeVar

F = TypeVar("F")


@dataclass
class Switch(Generic[F]):
    """When a fault strikes: the next `times` calls that fit, after the first `skip` of them."""

    method: str  # "" is any
    fault: F
    times: int | None = 1  # None: until taken out
    chat: int | str | None = None  # None is any
    skip: int = 0
    share: float = 1.0  # of the calls that fit, by a seeded chance
    hits: int = 0


@dataclass
class Switches(Generic[F]):
    """Those that are on, in the order in which they were set."""

    seed: int = 1
    switches: list[Switch[F]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def take(self, method: str, chat: int | str | None) -> F | None:
        """The fault that strikes this call, used up by it."""
        for switch in list(self.switches):
            if switch.method and switch.method.lower() != method.lower():
                continue
            if switch.chat is not None and switch.chat != chat:
                continue
            if switch.skip > 0:
                switch.skip -= 1
                continue
            if switch.share < 1 and self._random.random() >= switch.share:
                continue
            switch.hits += 1
            if switch.times is not None and switch.hits >= switch.times:
                self.switches.remove(switch)
            return switch.fault
        return None
