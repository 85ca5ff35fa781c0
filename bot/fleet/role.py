"""What a process does of a desk's work."""

from __future__ import annotations

from enum import Enum


class Role(Enum):
    """`nightdesk serve` does both; a fleet may have processes for one or the other."""

    DESK = "desk"
    WEB = "web"  # takes messages in, shows pages; decides nothing and calls no platform to send
    WORKER = "worker"  # decides turns and sends; nobody can connect to it

    GUEST = "guest"  # a command, where no other process works: it answers, but never leads

    @property
    def answers(self) -> bool:
        """Whether turns are decided and messages sent here."""
        return self is not Role.WEB

    @property
    def alone(self) -> bool:
        """Whether it needs no other process."""
        return self in (Role.DESK, Role.GUEST)
