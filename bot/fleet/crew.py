"""Who works in a fleet right now, and whose conversation is whose. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum


class Stage(Enum):
    """What a process is to the others."""

    DOORS = "doors"  # takes messages in, decides nothing
    WORKS = "works"
    RETIRES = "retires"  # ends what it has begun


@dataclass(frozen=True, slots=True)
class Crew:
    """The workers that have been heard of lately, as one process knows them."""

    me: str
    workers: frozenset[str] = frozenset()
    leads: bool = False  # whether I do what only one process may do

    def serves(self, conversation: str) -> bool:
        """Whether this conversation is mine.

        Each conversation has one worker while nobody comes or goes, so that workers do not ask
        for the same line; when one goes, only its conversations change hands (rendezvous
        hashing, Thaler and Ravishankar 1998). Nothing depends on it but speed: who may decide a
        turn is told by the lease of its line.
        """
        if self.me not in self.workers:
            return not self.workers
        return self.me == max(self.workers, key=lambda worker: _weight(worker, conversation))


def _weight(worker: str, conversation: str) -> bytes:
    return hashlib.blake2b(f"{worker}\n{conversation}".encode(), digest_size=8).digest()
