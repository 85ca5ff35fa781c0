"""What a message holds besides text: files, which are never fetched here, and places.

Types are what Twilio read off the file, so they follow the sender's choice. Source of the types:
Twilio's "Request to your incoming message webhook".
"""

from __future__ import annotations

import re

from bot.channels.whatsapp.form import Form
from bot.model import Media

MOST = 10  # files in one message, as Twilio says
OTHER = "other"
LONGEST_URL = 2_000  # signs
LONGEST_TYPE = 100
LONGEST_PLACE = 200  # of a place's name, and of its address
# The whole type first, then what stands before the slash; what is in neither is a document.
KINDS = {
    "audio/ogg": "voice",
    "image/webp": "sticker",
    "text/vcard": "contact",
    "text/x-vcard": "contact",
    "text/directory": "contact",
    "audio": "audio",
    "image": "photo",
    "video": "video",
}
# How Twilio calls a message of a kind, where the file's type does not say it.
NAMED = {
    "audio": "audio",
    "contact": "contact",
    "contacts": "contact",
    "document": "document",
    "image": "photo",
    "location": "location",
    "sticker": "sticker",
    "video": "video",
    "voice": "voice",
}
_UNIQUE = re.compile(r"/(ME[0-9a-fA-F]{32})$")
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{1,20})?")


def files_of(form: Form) -> tuple[Media, ...]:
    """The files of a message, whatever `NumMedia` says; "other" for one that is announced only."""
    found = tuple(
        _file(url, mime, form)
        for url, mime in (
            (form.get(f"MediaUrl{n}"), form.get(f"MediaContentType{n}")) for n in range(MOST)
        )
        if url or mime
    )
    if not found and re.fullmatch(r"0*[1-9][0-9]*", form.get("NumMedia")):
        return (Media(_named(form)),)
    return found


def place_of(form: Form) -> tuple[Media, ...]:
    """The place that was shared, with its name and address where it has some."""
    names = [form.get(name).strip()[:LONGEST_PLACE] for name in ("Label", "Address")]
    named = ", ".join(name for name in names if name)
    place = _place(form.get("Latitude"), form.get("Longitude"))
    if not place:
        return ()
    return (Media("location", detail=f"{named} ({place})" if named else place),)


def unsupported(form: Form) -> Media:
    """Something of which Twilio tells us no more than that it came."""
    kind = _named(form)
    if kind != OTHER:
        return Media(kind)
    said = form.get("MessageType").lower()
    known = said != "text" and re.fullmatch(r"[a-z][a-z_ -]{0,31}", said)
    return Media(OTHER, detail=said.replace("_", " ") if known else "")


def _file(url: str, mime: str, form: Form) -> Media:
    essence = mime.partition(";")[0].strip().lower()
    kind = KINDS.get(essence) or KINDS.get(essence.partition("/")[0])
    if kind is None:
        kind = "document" if essence else _named(form)
    unique = _UNIQUE.search(url)
    return Media(
        kind,
        reference=url if len(url) <= LONGEST_URL else "",
        unique=unique[1] if unique else "",
        mime=mime[:LONGEST_TYPE],
    )


def _named(form: Form) -> str:
    return NAMED.get(form.get("MessageType").lower(), OTHER)


def _place(latitude: str, longitude: str) -> str:
    if not (_DEGREES.fullmatch(latitude) and _DEGREES.fullmatch(longitude)):
        return ""
    north, east = float(latitude), float(longitude)
    return f"{north:.6f}, {east:.6f}" if abs(north) <= 90 and abs(east) <= 180 else ""
