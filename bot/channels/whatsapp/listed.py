"""A customer's message as Twilio lists it, and the form that says the same to `parse`.

A list holds less than a webhook: no name, no place, no ids that hide a number, no quotes, and of
what was pressed its label alone. Source: twilio 9.13, `rest/api/v2010/account/message`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from bot.channels.whatsapp.form import Form


@dataclass(frozen=True, slots=True)
class Listed:
    """One message of somebody's to a number of ours."""

    sid: str
    sender: str  # with "whatsapp:"
    to: str
    body: str = field(repr=False)
    files: int
    sent_at: float  # Unix time of Twilio's clock, in whole seconds


@dataclass(frozen=True, slots=True)
class File:
    """A file of a message."""

    url: str
    mime: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at the list has shown."""

    messages: tuple[Listed, ...]  # in the order in which they were sent
    whole: bool  # nothing that was asked for lies beyond


def form_of(listed: Listed, files: Sequence[File] = ()) -> Form:
    """What the webhook would have posted, as far as the list tells."""
    values = {
        "MessageSid": listed.sid,
        "From": listed.sender,
        "To": listed.to,
        "Body": listed.body,
        "NumMedia": str(listed.files),
    }
    for n, file in enumerate(files):
        values |= {f"MediaUrl{n}": file.url, f"MediaContentType{n}": file.mime}
    raw = urlencode(values, errors="replace").encode()
    return Form(raw, {name: [value] for name, value in values.items()})
