"""How Twilio writes people and senders: `whatsapp:` and a number, or an id that hides the number.

An id (BSUID) is a country, a dot and letters or digits: BR.1502576394655843. It changes when the
person changes number. Source: Twilio's changelog on WhatsApp user names, 2026.
"""

from __future__ import annotations

import re

PREFIX = "whatsapp:"
_NUMBER = re.compile(r"\+[0-9]{5,19}")
_HIDDEN = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")


def chat_of(address: str) -> str | None:
    """The number or id in `whatsapp:+5511...`; None for what is no address on WhatsApp."""
    if not address.startswith(PREFIX):
        return None
    chat = address.removeprefix(PREFIX)
    return chat if _NUMBER.fullmatch(chat) or _HIDDEN.fullmatch(chat) else None


def address_of(chat: str) -> str:
    """What `chat_of` reads back."""
    return PREFIX + chat


def is_number(chat: str) -> bool:
    """Whether this is a telephone number rather than an id that hides one."""
    return bool(_NUMBER.fullmatch(chat))


def is_hidden(chat: str) -> bool:
    """Whether this is an id that hides a telephone number."""
    return bool(_HIDDEN.fullmatch(chat))
