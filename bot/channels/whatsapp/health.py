"""How things stand between us and Twilio, for /readyz and `nightdesk status`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

QUIET_SECONDS = 600.0  # without a word from Twilio, whatever was true before is not known


class Link(StrEnum):
    """Where a connection stands."""

    STARTING = "starting"
    NOT_LOADED = "not_loaded"  # the program's own part failed to load: see the log
    WORKING = "working"
    UNAUTHORIZED = "unauthorized"  # Twilio does not know the Auth Token
    LIMITED = "limited"  # Twilio asks for time
    STOPPED = "stopped"  # the account or the sender may not send: a person has to act
    REFUSED = "refused"  # Twilio does not take what we ask for
    UNREACHABLE = "unreachable"


@dataclass(slots=True)
class WhatsAppHealth:
    """Written by whoever speaks with Twilio, read by pages. Never holds a secret."""

    number: str
    link: Link = Link.STARTING
    last_error_code: int | None = None  # Twilio's, or an HTTP status where it gave none
    last_error_at: float = 0.0  # Unix time
    last_contact: float = 0.0  # Unix time of Twilio's last answer
    looked_at: float = 0.0  # Unix time at which what was missed was last looked for, by us
    missed: int = 0  # messages found that way since the start

    def works(self, at: float) -> None:
        """Twilio has answered, and all is as it should be."""
        self.link = Link.WORKING
        self.last_contact = at

    def fails(self, link: Link, at: float = 0.0, code: int | None = None) -> None:
        """A call did not do what it should; `code` is what Twilio answered, if it did."""
        self.link = link
        if code is not None:
            self.last_error_code = code
            self.last_error_at = at
            self.last_contact = at

    def is_ok(self, now: float) -> bool:
        """Whether messages come through, as far as can be told."""
        return self.link is Link.WORKING and now - self.last_contact <= QUIET_SECONDS

    def as_dict(self, now: float) -> dict[str, object]:
        """As shown; ages in seconds, None where there is nothing to tell."""
        return {
            "number": self.number,
            "ok": self.is_ok(now),
            "link": self.link.value,
            "last_error_code": self.last_error_code,
            "last_error_age": _age(self.last_error_at, now),
            "last_contact_age": _age(self.last_contact, now),
            "missed_looked_for_age": _age(self.looked_at, now),
            "missed_found": self.missed,
        }


def _age(at: float, now: float) -> int | None:
    return max(int(now - at), 0) if at else None
