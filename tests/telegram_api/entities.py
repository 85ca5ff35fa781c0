"""What Telegram finds in a person's text by itself."""

from __future__ import annotations

import re
from typing import Any

from tests.telegram_api.markup import units

_PATTERNS = {
    "bot_command": re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/@])"),
    "email": re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "url": re.compile(
        r"(?<![\w@.])(?:https?://\S+|(?:[\w-]+\.)+(?:com|org|net|br|de|me)(?:/\S*)?)"
    ),
    "mention": re.compile(r"(?<![\w@./])@[A-Za-z0-9_]{3,32}(?![\w@])"),
}


def found(text: str) -> list[dict[str, Any]]:
    """Offsets and lengths in UTF-16 units, in order, not overlapping."""
    spans = sorted(
        (match.start(), match.end(), kind)
        for kind, pattern in _PATTERNS.items()
        for match in pattern.finditer(text)
    )
    entities, end = [], 0
    for begin, until, kind in spans:
        if begin >= end:
            offset, length = units(text[:begin]), units(text[begin:until])
            entities.append({"offset": offset, "length": length, "type": kind})
            end = until
    return entities


def commands(text: str) -> list[str]:
    """The commands in it, with their "@bot" where they have one."""
    return [match[0] for match in _PATTERNS["bot_command"].finditer(text)]


def mentions(text: str) -> list[str]:
    return [match[0].lower() for match in _PATTERNS["mention"].finditer(text)]
