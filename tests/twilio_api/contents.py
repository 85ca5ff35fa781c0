"""Content resources: quick replies made on the way, and templates that WhatsApp has approved."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.twilio_api.errors import INVALID_PARAMETER, ApiError, bad_request
from tests.twilio_api.ledger import new_sid

BUTTONS_WHEN_APPROVED = 10
BUTTONS_IN_SESSION = 3
LONGEST_TITLE = 20
LONGEST_BUTTON_BODY = 1024
LONGEST_ID = 200
# Which of the numbers about contents Twilio uses where is not known: the stand-in's own choice.
BAD_VARIABLES = 21656
_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_TYPES = ("twilio/quick-reply", "twilio/call-to-action", "twilio/list-picker", "twilio/text")


@dataclass
class Content:
    """One Content resource."""

    name: str
    language: str
    types: dict[str, dict[str, Any]]
    variables: dict[str, str] = field(default_factory=dict)  # defaults
    approved: bool = False  # by WhatsApp, for use outside of the window
    status: str = "unsubmitted"  # of the approval
    sid: str = field(default_factory=lambda: new_sid("HX"))
    created: float = 0.0

    @property
    def body(self) -> str:
        """With its places for variables."""
        return str(self._main.get("body", ""))

    @property
    def buttons(self) -> tuple[tuple[str, str], ...]:
        """Title and id."""
        actions = self._main.get("actions") or self._main.get("items") or []
        return tuple(
            (str(a.get("title", a.get("item", ""))), str(a.get("id", ""))) for a in actions
        )

    @property
    def _main(self) -> dict[str, Any]:
        return next((self.types[kind] for kind in _TYPES if self.types.get(kind)), {})

    def render(self, given: str) -> str:
        """The text with the variables in their places. A 400 where one is not filled."""
        values = self.variables | _variables(given)

        def filled(place: re.Match[str]) -> str:
            value = values.get(place[1], "")
            if not value:
                raise bad_request(BAD_VARIABLES, "Content Variables parameter is invalid")
            return value

        return _PLACE.sub(filled, self.body)

    def flaw(self, rendered: str) -> str:
        """Why it cannot be sent; "" where it can."""
        most = BUTTONS_WHEN_APPROVED if self.approved else BUTTONS_IN_SESSION
        if len(self.buttons) > most:
            return f"{len(self.buttons)} buttons, where {most} may be"
        if any(len(title) > LONGEST_TITLE for title, _ in self.buttons):
            return f"a button with more than {LONGEST_TITLE} signs"
        if self.buttons and units(rendered) > LONGEST_BUTTON_BODY:
            return f"more than {LONGEST_BUTTON_BODY} signs above buttons"
        return ""

    def json(self, account: str, base: str) -> dict[str, Any]:
        """As the Content API tells it."""
        date = datetime.fromtimestamp(self.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        url = f"{base}/v1/Content/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": account,
            "friendly_name": self.name,
            "language": self.language,
            "variables": self.variables,
            "types": self.types,
            "url": url,
            "date_created": date,
            "date_updated": date,
            "links": {
                "approval_create": f"{url}/ApprovalRequests/whatsapp",
                "approval_fetch": f"{url}/ApprovalRequests",
            },
        }

    def approval(self, account: str, base: str) -> dict[str, Any]:
        """As the approval requests of it are told."""
        return {
            "sid": self.sid,
            "account_sid": account,
            "url": f"{base}/v1/Content/{self.sid}/ApprovalRequests",
            "whatsapp": {
                "type": "whatsapp",
                "name": re.sub(r"\W", "_", self.name.lower()),
                "category": "UTILITY",
                "content_type": next(iter(self.types), ""),
                "status": self.status,
                "rejection_reason": "",
                "allow_category_change": True,
            },
        }


def units(text: str) -> int:
    """UTF-16 units: the strictest way of counting signs."""
    return len(text.encode("utf-16-le")) // 2


def created(body: Any, at: float) -> Content:
    """From the JSON of a request. A 400 where it is none that Twilio would take."""
    if not isinstance(body, dict):
        raise _bad("the body must be a JSON object")
    types = body.get("types")
    if not isinstance(body.get("language"), str) or not isinstance(types, dict) or not types:
        raise _bad("language and types are required")
    unknown = [kind for kind in types if not kind.startswith(("twilio/", "whatsapp/"))]
    if unknown or not all(isinstance(made, dict) for made in types.values()):
        raise _bad("unknown content type")
    content = Content(
        str(body.get("friendly_name", "")),
        body["language"],
        types,
        dict(body.get("variables") or {}),
        created=at,
    )
    if "twilio/quick-reply" in types:
        _check_quick_reply(content)
    return content


def _check_quick_reply(content: Content) -> None:
    if not 1 <= units(content.body) <= LONGEST_BUTTON_BODY:
        raise _bad(f"body must have 1 to {LONGEST_BUTTON_BODY} signs")
    if not 1 <= len(content.buttons) <= BUTTONS_WHEN_APPROVED:
        raise _bad(f"actions must be 1 to {BUTTONS_WHEN_APPROVED}")
    for title, id in content.buttons:
        if not 1 <= len(title) <= LONGEST_TITLE or len(id) > LONGEST_ID:
            raise _bad(f"title must have 1 to {LONGEST_TITLE} signs")
    if len({title for title, _ in content.buttons}) < len(content.buttons):
        raise _bad("titles must differ")


def _variables(given: str) -> dict[str, str]:
    try:
        values = json.loads(given or "{}")
    except ValueError:
        values = None
    if not isinstance(values, dict) or not all(isinstance(v, str) for v in values.values()):
        raise bad_request(BAD_VARIABLES, "Content Variables parameter is invalid")
    return values


def _bad(reason: str) -> ApiError:
    return bad_request(INVALID_PARAMETER, f"Invalid parameter: {reason}")
