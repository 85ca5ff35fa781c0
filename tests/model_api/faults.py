"""What a model may answer, and every way in which it may fail to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.model_api.ledger import Asked


@dataclass(frozen=True, slots=True)
class Say:
    """A proper answer; what is not given is made up plausibly."""

    text: str
    usage: Mapping[str, Any] | None = None  # as that API writes it
    seconds: float = 0.0  # until it comes


@dataclass(frozen=True, slots=True)
class Refuse:
    """A proper error, in the shape of the API that is asked."""

    status: int
    type: str = "invalid_request_error"
    message: str = "The request was refused."
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Raw:
    """Any answer at all."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)  # the type is JSON unless given


class Fault(StrEnum):
    """Failures by name. The first ones happen on the wire, the next are statuses, the last are
    answers of status 200 that are none."""

    HANG = "hang"  # no answer, and the connection stays
    DRIP = "drip"  # a good answer, a byte a second
    NEVER_ENDS = "never_ends"  # a good answer whose end is never told
    ENDLESS = "endless"  # bytes for ever, fast
    RESET = "reset"  # the connection is cut instead of an answer
    RESET_WITHIN = "reset_within"  # and in the middle of one
    NO_HTTP = "no_http"  # something else than HTTP comes back

    RATE_LIMITED = "rate_limited"  # 429 that does not say for how long
    RATE_LIMITED_SHORT = "rate_limited_short"  # 429, a second
    RATE_LIMITED_LONG = "rate_limited_long"  # 429, an hour
    OVERLOADED = "overloaded"  # 529
    UNAVAILABLE = "unavailable"  # 503
    SERVER_ERROR = "server_error"  # 500
    BAD_GATEWAY = "bad_gateway"  # 502, a page of HTML
    TIMED_OUT = "timed_out"  # 408
    QUOTA = "quota"  # an empty account
    BAD_KEY = "bad_key"  # 401
    FORBIDDEN = "forbidden"  # 403
    GONE = "gone"  # 404, the model was shut down
    BAD_REQUEST = "bad_request"  # 400
    TOO_LONG = "too_long"  # 400, the context
    REDIRECT = "redirect"  # 301 to another host

    HTML = "html"  # the page of a proxy
    CUT_JSON = "cut_json"
    NO_UTF8 = "no_utf8"
    GZIP_GARBAGE = "gzip_garbage"
    GZIP_BOMB = "gzip_bomb"
    HUGE = "huge"  # a sound answer of many megabytes
    EMPTY = "empty"
    BLANK = "blank"  # white space only
    ALL_THOUGHT = "all_thought"  # every token went into reasoning
    THINKING_FIRST = "thinking_first"  # sound: a thought before the text
    REFUSAL = "refusal"
    FILTERED = "filtered"  # OpenAI's content_filter; at Anthropic the same as a refusal
    TRUNCATED = "truncated"
    NO_FINISH = "no_finish"  # without a reason why it ended
    NO_CHOICES = "no_choices"


Reply = str | Say | Fault | Refuse | Raw
Player = Callable[[Asked], Reply]

ON_THE_WIRE = frozenset(
    {
        Fault.HANG,
        Fault.DRIP,
        Fault.NEVER_ENDS,
        Fault.ENDLESS,
        Fault.RESET,
        Fault.RESET_WITHIN,
        Fault.NO_HTTP,
    }
)
