"""What can go wrong between a client and Twilio's API, and the switches for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tests.loopback import switches
from tests.twilio_api.errors import SERVER_ERROR, TOO_MANY_REQUESTS, ApiError

MESSAGES = {
    TOO_MANY_REQUESTS: "Too Many Requests",
    SERVER_ERROR: "An internal server error has occurred",
    20503: "Service is unavailable",
}


class Kind(StrEnum):
    """How a call fails."""

    REFUSE = "refuse"  # an answer of Twilio's own that says no
    PAGE = "page"  # a page of HTML, as proxies write it
    NOT_JSON = "not_json"  # a success with half an object
    CUT = "cut"  # the connection is reset
    DELAY = "delay"  # the answer is late
    HANG = "hang"  # the answer never comes
    DRIP = "drip"  # the answer comes byte by byte


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail. `accepted`: the call takes effect all the same, before it goes wrong."""

    kind: Kind
    error: ApiError | None = None
    status: int = 0  # of a page
    seconds: float = 0.0
    accepted: bool = False


def refused(status: int = 400, code: int = 21211, message: str = "Refused") -> Fault:
    """An answer of Twilio's own."""
    return Fault(Kind.REFUSE, ApiError(status, code, message))


def flooded(code: int = TOO_MANY_REQUESTS) -> Fault:
    """A 429; when to come again is said in no header that the SDK would show."""
    return Fault(Kind.REFUSE, ApiError(429, code, MESSAGES.get(code, "Too Many Requests")))


def server_error(status: int = 500, *, accepted: bool = False) -> Fault:
    """500, 502, 503 ... with JSON: 20500, 20502, 20503 ..."""
    code = 20_000 + status
    error = ApiError(status, code, MESSAGES.get(code, "Internal Server Error"))
    return Fault(Kind.REFUSE, error, accepted=accepted)


def page(status: int = 502, *, accepted: bool = False) -> Fault:
    """The same as a page of HTML."""
    return Fault(Kind.PAGE, status=status, accepted=accepted)


def not_json(*, accepted: bool = True) -> Fault:
    return Fault(Kind.NOT_JSON, accepted=accepted)


def cut(*, accepted: bool) -> Fault:
    """Reset the connection: after the message was accepted, or before anything was done."""
    return Fault(Kind.CUT, accepted=accepted)


def delay(seconds: float, *, accepted: bool = False) -> Fault:
    """Wait first and then serve, or serve first and then keep the answer back."""
    return Fault(Kind.DELAY, seconds=seconds, accepted=accepted)


def hang(*, accepted: bool = False) -> Fault:
    return Fault(Kind.HANG, accepted=accepted)


def drip(seconds: float = 0.1) -> Fault:
    """Accepted, and a byte of the answer every so many seconds: no pause is a long one."""
    return Fault(Kind.DRIP, seconds=seconds, accepted=True)


class Switch(switches.Switch[Fault]):
    """When a fault strikes. `method` is an operation such as "messages.create"."""


class Faults(switches.Switches[Fault]):
    """The switches that are on."""
