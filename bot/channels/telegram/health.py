"""How things stand between us and Telegram, for /readyz and `nightdesk status`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST_ERROR = 160  # signs of what Telegram says went wrong
RECENT_SECONDS = 300.0  # a failed delivery older than this, with nothing waiting, is history
QUIET_SECONDS = 180.0  # without a word from Telegram, whatever was true before is not known

_SECRET = re.compile(r"\d{3,}:[A-Za-z0-9_-]{8,}")  # the shape of a bot token


class Link(StrEnum):
    """Where a connection stands."""

    STARTING = "starting"
    NOT_LOADED = "not_loaded"  # the program's own part failed to load: see the log
    WORKING = "working"
    CONFLICT = "conflict"  # another program takes this bot's updates
    UNAUTHORIZED = "unauthorized"  # Telegram does not know the token
    REFUSED = "refused"  # Telegram does not take what we ask for
    LIMITED = "limited"  # Telegram asks for time
    UNREACHABLE = "unreachable"


@dataclass(slots=True)
class TelegramHealth:
    """Written by whoever speaks with Telegram, read by pages. Never holds a token or a secret."""

    mode: str  # "webhook" or "polling"
    username: str = ""
    link: Link = Link.STARTING
    pending: int = 0  # updates that wait at Telegram, when last asked
    last_error: str = ""  # what Telegram says of its last failed delivery
    last_error_at: float = 0.0  # Unix time
    last_contact: float = 0.0  # Unix time of Telegram's last answer
    staff_chat: bool | None = None  # whether we may write there; None: no such chat, or not known

    def works(self, at: float) -> None:
        """Telegram has answered, and all is as it should be."""
        self.link = Link.WORKING
        self.last_contact = at

    def fails(self, link: Link) -> None:
        """A call did not do what it should."""
        self.link = link

    def reported(self, pending: int, error: str, error_at: float) -> None:
        """What Telegram says about its deliveries."""
        self.pending = pending
        self.last_error = _SECRET.sub("…", error)[:LONGEST_ERROR]
        self.last_error_at = error_at

    def is_ok(self, now: float) -> bool:
        """Whether messages come through, as far as can be told."""
        if self.link is not Link.WORKING or now - self.last_contact > QUIET_SECONDS:
            return False
        failing = self.last_error and now - self.last_error_at < RECENT_SECONDS
        return not (failing and self.pending)

    def as_dict(self, now: float) -> dict[str, object]:
        """As shown; ages in seconds, None where there is nothing to tell."""
        return {
            "mode": self.mode,
            "username": self.username,
            "ok": self.is_ok(now),
            "link": self.link.value,
            "pending": self.pending,
            "last_error": self.last_error,
            "last_error_age": _age(self.last_error_at, now),
            "last_contact_age": _age(self.last_contact, now),
            "staff_chat": self.staff_chat,
        }


def _age(at: float, now: float) -> int | None:
    return max(int(now - at), 0) if at else None
