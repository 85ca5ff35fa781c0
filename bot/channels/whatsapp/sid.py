"""Twilio's ids of messages: SM or MM, and 32 hexadecimal digits."""

from __future__ import annotations

import re

from bot.channels.whatsapp.form import Form
from bot.errors import Unreadable

# The two others are older names of the same value.
NAMES = ("MessageSid", "SmsMessageSid", "SmsSid")
_MESSAGE = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")


def sid_of(form: Form) -> str:
    """The id of the message that a delivery is about. Raises Unreadable: "wrong_sid"."""
    sid = next((form.get(name) for name in NAMES if form.get(name)), "")
    if not is_sid(sid):
        raise Unreadable("there is no id of a message", code="wrong_sid")
    return sid


def is_sid(text: str) -> bool:
    """Whether this is an id of a message."""
    return bool(_MESSAGE.fullmatch(text))
