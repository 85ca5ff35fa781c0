"""What may be sent to whom, and what becomes of it: Twilio's rules for a new message.

What is wrong with the request itself is refused at once. What is wrong with the way to the person
is told by status callback, after a 201; codes in `api.at_once` are refused at once instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.twilio_api.contents import Content, units
from tests.twilio_api.errors import INVALID_PARAMETER, ApiError, bad_request
from tests.twilio_api.ledger import Call
from tests.twilio_api.limits import SANDBOX
from tests.twilio_api.people import Person
from tests.twilio_api.statuses import Failure

if TYPE_CHECKING:
    from tests.twilio_api.server import StandIn

LONGEST = 1600
NO_TO, NO_FROM, NO_TEXT, BAD_TO, TO_IS_FROM = 21604, 21603, 21619, 21211, 21266
BAD_CALLBACK, TOO_LONG, BAD_SENDER = 21609, 21617, 63007
BAD_CONTENT = 21655  # the stand-in's own choice among Twilio's codes about contents
NOT_ON_WHATSAPP, NO_RECIPIENT, BLOCKED, NOT_JOINED = 63003, 63024, 63014, 63015
OUTSIDE_WINDOW, RATE, REFUSED_CONTENT = 63016, 63018, 63013
_ADDRESS = re.compile(r"whatsapp:(?:\+[0-9]{5,19}|[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]+)")
_MESSAGES = {
    OUTSIDE_WINDOW: "Failed to send freeform message because you are outside the allowed window",
    BLOCKED: "Channel user has blocked the sender",
    RATE: "Rate limit exceeded for Channel",
    REFUSED_CONTENT: "This message send failed because it violates Channel provider's policy",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A message that is accepted."""

    text: str
    buttons: tuple[tuple[str, str], ...]
    person: Person | None
    failure: Failure | None  # on its way


def plan_of(api: StandIn, call: Call) -> Plan:
    """What becomes of this request. Raises ApiError for what is refused at once."""
    fields = call.fields
    sender = _sender(api, fields)
    content = _content(api, fields)
    text = content.render(str(fields.get("ContentVariables", ""))) if content else ""
    text = text or str(fields.get("Body", ""))
    if units(text) > LONGEST:
        api.complain("too_long", f"{units(text)} signs")
        raise bad_request(
            TOO_LONG, "The concatenated message body exceeds the 1600 character limit"
        )
    person = api.find(str(fields["To"]))
    failure = _failure(api, sender, person, content, text)
    if failure is not None and failure.code in api.at_once:
        status = 429 if failure.code == RATE else 400
        raise ApiError(status, failure.code, _MESSAGES.get(failure.code, "Channel error"))
    return Plan(text, content.buttons if content else (), person, failure)


def _sender(api: StandIn, fields: dict[str, Any]) -> str:
    """Our number. A 400 for what is no request that Twilio would take."""
    to, from_ = str(fields.get("To", "")), str(fields.get("From", ""))
    if not to:
        raise bad_request(NO_TO, "A 'To' phone number is required.")
    if not from_:
        raise bad_request(NO_FROM, "A 'From' phone number is required.")
    number = from_.removeprefix("whatsapp:")
    if number == from_ or number not in api.numbers:
        api.complain("sender", "From is no sender of this account")
        text = "Twilio could not find a Channel with the specified From address"
        raise bad_request(BAD_SENDER, text)
    if not _ADDRESS.fullmatch(to):
        raise bad_request(BAD_TO, "The 'To' number is not a valid phone number.")
    if to == from_:
        raise bad_request(TO_IS_FROM, "'To' and 'From' number cannot be the same")
    seconds = str(fields.get("ValidityPeriod", "36000"))
    if not seconds.isdigit() or not 1 <= int(seconds) <= 36_000:
        api.complain("validity", "not within 1 and 36000 seconds")
        raise bad_request(INVALID_PARAMETER, "Invalid parameter: ValidityPeriod")
    callback = str(fields.get("StatusCallback", ""))
    if callback and urlsplit(callback).scheme not in ("http", "https"):
        raise bad_request(BAD_CALLBACK, "The 'StatusCallback' URL is not a valid URL")
    return number


def _content(api: StandIn, fields: dict[str, Any]) -> Content | None:
    sid = str(fields.get("ContentSid", ""))
    if not sid:
        if not fields.get("Body") and not fields.get("MediaUrl"):
            raise bad_request(NO_TEXT, "Message body, media URL or content SID is required")
        return None
    if "Body" in fields or "MediaUrl" in fields:
        api.complain("body_and_content", "they exclude each other")
        raise bad_request(BAD_CONTENT, "Body and ContentSid exclude each other")
    content = api.contents.get(sid)
    if content is None:
        api.complain("content", "no such ContentSid")
        raise bad_request(BAD_CONTENT, "The ContentSid is invalid")
    return content


def _failure(
    api: StandIn, number: str, person: Person | None, content: Content | None, text: str
) -> Failure | None:
    """Why it will not arrive."""
    if not api.limits.take(number):
        api.complain("rate", f"more than {number} may send")
        return Failure(RATE, "failed")
    if person is None:
        return Failure(NO_RECIPIENT)
    if not person.on_whatsapp:
        return Failure(NOT_ON_WHATSAPP)
    if number == SANDBOX and not person.joined:
        return Failure(NOT_JOINED, "failed")
    if content is not None and (flaw := content.flaw(text)):
        api.complain("content", flaw)
        return Failure(REFUSED_CONTENT, "failed")
    approved = content is not None and content.approved
    if not approved and not person.window_is_open(number):
        api.complain("window", "free text more than 24 hours after the person's last message")
        return Failure(OUTSIDE_WINDOW, "failed")
    if person.blocked:
        return Failure(BLOCKED)
    return api.statuses.failures.take("", person.key)
