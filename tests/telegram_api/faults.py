"""What can go wrong between a bot and Telegram, and the switches for it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import StrEnum

from tests.telegram_api.errors import ApiError, bad_request, flood, forbidden


class Kind(StrEnum):
    """How a call fails."""

    REFUSE = "refuse"  # a proper answer that says no
    BAD_GATEWAY = "bad_gateway"  # 502 with a page of HTML
    NOT_JSON = "not_json"  # 200 with half an object
    CUT = "cut"  # the connection is reset
    DELAY = "delay"  # the answer is late
    HANG = "hang"  # the answer never comes


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail. `accepted`: the call takes effect all the same, before it goes wrong."""

    kind: Kind
    error: ApiError | None = None
    seconds: float = 0.0
    accepted: bool = False
    shuts: bool = False  # a 429 that is in force from then on


def flooded(retry_after: int = 5) -> Fault:
    return Fault(Kind.REFUSE, flood(retry_after), shuts=True)


def refused(text: str) -> Fault:
    return Fault(Kind.REFUSE, bad_request(text))


def blocked(text: str = "bot was blocked by the user") -> Fault:
    return Fault(Kind.REFUSE, forbidden(text))


def server_error(text: str = "Internal Server Error") -> Fault:
    return Fault(Kind.REFUSE, ApiError(500, text))


def migrated(to: int) -> Fault:
    text = "group chat was upgraded to a supergroup chat"
    return Fault(Kind.REFUSE, bad_request(text, migrate_to_chat_id=to))


def bad_gateway(*, accepted: bool = False) -> Fault:
    return Fault(Kind.BAD_GATEWAY, accepted=accepted)


def not_json(*, accepted: bool = True) -> Fault:
    return Fault(Kind.NOT_JSON, accepted=accepted)


def cut(*, accepted: bool) -> Fault:
    """Reset the connection: after the message was delivered, or before anything was done."""
    return Fault(Kind.CUT, accepted=accepted)


def delay(seconds: float, *, accepted: bool = False) -> Fault:
    """Wait first and then serve, or serve first and then keep the answer back."""
    return Fault(Kind.DELAY, seconds=seconds, accepted=accepted)


def hang(*, accepted: bool = False) -> Fault:
    return Fault(Kind.HANG, accepted=accepted)


@dataclass
class Switch:
    """When a fault strikes: the next `times` calls that fit, after the first `skip` of them."""

    method: str  # "" is any
    fault: Fault
    times: int | None = 1  # None: until taken out
    chat: int | None = None  # None is any
    skip: int = 0
    share: float = 1.0  # of the calls that fit, by a seeded chance
    hits: int = 0


@dataclass
class Faults:
    """The switches that are on, in the order in which they were set."""

    seed: int = 1
    switches: list[Switch] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def take(self, method: str, chat: int | None) -> Fault | None:
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
