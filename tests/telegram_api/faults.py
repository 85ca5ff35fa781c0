"""What can go wrong between a bot and Telegram, and the switches for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tests.loopback import switches
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


class Switch(switches.Switch[Fault]):
    """When a fault strikes."""


class Faults(switches.Switches[Fault]):
    """The switches that are on."""
