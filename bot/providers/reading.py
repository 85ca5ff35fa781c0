"""Reading what a model server says: its JSON, its numbers, its text. Nothing here trusts anything.

A body is whatever a server, or a proxy in front of it, happened to send. Reading it never raises.
"""

from __future__ import annotations

import json
import re
from typing import Any

from bot.errors import ProviderRefused
from bot.prompt import Usage

MOST_TOKENS = 1_000_000_000  # a count beyond it is no count
REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
# The C0 and C1 controls but tab and line feed, and halves of surrogate pairs, which JSON can carry.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def document(body: bytes) -> dict[str, Any] | None:
    """The JSON object of a body; None if it is none: HTML, half an object, bytes of no encoding."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def part(of: object, name: str) -> dict[str, Any]:
    """The object under that name; {} if there is none."""
    found = of.get(name) if isinstance(of, dict) else None
    return found if isinstance(found, dict) else {}


def word(of: object, name: str) -> str:
    """The string under that name; "" if there is none."""
    found = of.get(name) if isinstance(of, dict) else None
    return found if isinstance(found, str) else ""


def count(of: object, name: str) -> int:
    """The number of tokens under that name; 0 if what stands there cannot be one."""
    found = of.get(name) if isinstance(of, dict) else None
    if not isinstance(found, int) or isinstance(found, bool):
        return 0
    return found if 0 <= found <= MOST_TOKENS else 0


def cleaned(text: str) -> str:
    """The text without blanks around it and without signs that no message should carry."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNPRINTABLE.sub("", lines).strip()


def says_something(text: str) -> bool:
    """Whether anybody would see anything of it: blanks and invisible signs are no answer."""
    return any(sign.isprintable() and not sign.isspace() for sign in text)


def known_id(value: str | None) -> str:
    """A request id that may be logged; "" if a server put something else in its place."""
    return value if value and REQUEST_ID.fullmatch(value) else ""


def no_answer(kind: str, usage: Usage, request_id: str) -> ProviderRefused:
    """An answer of status 200 that is none, with what it cost nevertheless."""
    return ProviderRefused(kind, usage=usage, request_id=request_id)
