"""Twilio's error codes as data: what happens next with a message that one of them befell.

The same code comes as the answer to a send and, later, with a status callback. Source: Twilio's
error and warning dictionary, a page per code.

| what it is about | codes | next |
|---|---|---|
| this message or this person | REFUSED | never again, with a stable word |
| too much at once | BUSY | again, later and later |
| our account | STOPPED | everything waits; one send now and then finds out |
| nobody knows | MYSTERY | never repeated blindly |
"""

from __future__ import annotations

from enum import Enum

from bot.delivery.ports import UNKNOWN, WINDOW_CLOSED
from bot.errors import DeliveryDelayed, DeliveryRefused, DeliveryUnknown

REFUSED = {
    63014: "blocked",  # the user has blocked us
    21610: "blocked",  # the user has opted out
    63003: "gone",  # not on WhatsApp
    63024: "gone",  # no valid recipient
    21211: "gone",  # no valid number
    21614: "gone",  # not a mobile number
    63016: WINDOW_CLOSED,
    63005: "policy",  # WhatsApp did not take the content
    63013: "policy",
    63021: "policy",
    63032: "limited",  # Meta's limits to this user
    63049: "limited",
    63015: "sandbox",  # the user has not joined the sandbox
    63007: "sender",  # no such sender in this account
    63019: "media",  # the file could not be fetched
    21620: "media",
    21617: "too_long",
    63030: "bug",  # a parameter that is not supported
}
BUSY = {
    20429: 1.0,  # seconds: too many API calls at once
    63018: 2.0,  # the rate of the sender
    63017: 5.0,  # the rate of the account
    21611: 10.0,  # the sender's queue is full
    30001: 10.0,
}
STOPPED = {
    20003: 30.0,  # seconds between two tries: wrong Auth Token
    20005: 30.0,  # the account is suspended or closed
    63001: 30.0,  # the channel could not authenticate
    63051: 30.0,  # the WhatsApp account is locked
    63038: 900.0,  # the account's limit for a day, which rolls on
}
MYSTERY = frozenset({30008})

ANY_RATE = 1.0  # seconds after HTTP 429 with a code that is not above
ANY_STOP = 30.0  # seconds after HTTP 401 with a code that is not above
LATER = 15.0  # seconds, at least, before what failed after it was taken is sent once more

# What a refused send may owe to its buttons rather than to its words or its reader: without them
# it may be sent. 21654 to 21661 are about ContentSid and ContentVariables.
CONTENT = frozenset({*range(21654, 21662), 63005, 63013, 63021, 63030})

# The same as reasons, where a status callback tells of it: `after_failure` knows no message.
CONTENT_REASONS = frozenset(REFUSED[code] for code in CONTENT if code in REFUSED)


class Whole(Enum):
    """What, beyond one message, an answer of Twilio's is about."""

    NOTHING = "nothing"
    PACE = "pace"  # everything that this sender sends goes slower
    ACCOUNT = "account"  # nothing goes until a person has acted, or a day has passed


def concerns(status: int, code: int | None) -> Whole:
    """What else has to wait after this answer to a send."""
    if code in STOPPED or (status == 401 and code not in REFUSED):
        return Whole.ACCOUNT
    if code in BUSY or (status == 429 and code not in REFUSED):
        return Whole.PACE
    return Whole.NOTHING


def meaning(status: int, code: int | None) -> DeliveryRefused | DeliveryDelayed | DeliveryUnknown:
    """What an answer of Twilio's own to a send means for the message.

    A 5xx or 408 says nothing of what became of it, whatever its code.
    """
    if status < 400 or status >= 500 or status == 408 or code in MYSTERY:
        return DeliveryUnknown(f"Twilio answered {status}")
    match concerns(status, code):
        case Whole.ACCOUNT:
            return DeliveryDelayed(STOPPED.get(code or 0, ANY_STOP))
        case Whole.PACE:
            return DeliveryDelayed(BUSY.get(code or 0, ANY_RATE))
        case Whole.NOTHING:
            return DeliveryRefused(REFUSED.get(code or 0, "refused"))


def after_failure(code: int | None) -> tuple[str, float | None]:
    """What a failed status callback means: the reason, and seconds until another attempt may help.

    None: no attempt will.
    """
    if code in BUSY:
        return "busy", max(BUSY[code], LATER)
    if code in STOPPED:
        return "stopped", STOPPED[code]
    if code in MYSTERY:
        return UNKNOWN, None
    return REFUSED.get(code or 0, "refused"), None
