"""What a person does, as Twilio writes it into the form of a message webhook."""

from __future__ import annotations

import json
from itertools import count

from tests.twilio_api.ledger import Message, new_sid

Form = dict[str, str]
TYPES = {
    "voice": "audio/ogg",
    "audio": "audio/mpeg",
    "photo": "image/jpeg",
    "sticker": "image/webp",
    "video": "video/mp4",
    "document": "application/pdf",
    "contact": "text/vcard",
}
_NAMES = {"voice": "audio", "photo": "image", "contact": "contacts"}  # of MessageType
_ads = count(120_210_000_000_000_001)


def head(message: Message, account: str) -> Form:
    """What every form has."""
    prefix, address = message.from_.split(":", 1)
    return {
        "SmsMessageSid": message.sid,
        "NumMedia": str(len(message.media)),
        "SmsSid": message.sid,
        "SmsStatus": "received",
        "Body": message.text,
        "To": message.to,
        "NumSegments": "1",
        "ReferralNumMedia": "0",
        "MessageSid": message.sid,
        "AccountSid": account,
        "ChannelMetadata": json.dumps({"type": prefix, "data": {"context": {}}}),
        "From": message.from_,
        "ApiVersion": "2010-04-01",
    } | ({"WaId": address.removeprefix("+")} if address.startswith("+") else {})


def quote(of: Message) -> Form:
    """That it replies to a message."""
    return {
        "OriginalRepliedMessageSid": of.sid,
        "OriginalRepliedMessageSender": of.from_,
    }


def press(label: str, payload: str, *, in_template: bool) -> Form:
    """A quick reply; on a template WhatsApp calls it a button, in a session interactive."""
    return {
        "MessageType": "button" if in_template else "interactive",
        "ButtonText": label,
        "ButtonPayload": payload,
        "ButtonType": "REPLY",
    }


def media(message: Message, kind: str, account: str, base: str) -> Form:
    """The addresses of its files; they need the account's credentials."""
    form = {"MessageType": _NAMES.get(kind, kind)}
    for index, (sid, media_type) in enumerate(message.media):
        path = f"/2010-04-01/Accounts/{account}/Messages/{message.sid}/Media/{sid}"
        form |= {f"MediaUrl{index}": base + path, f"MediaContentType{index}": media_type}
    return form


def location(latitude: float, longitude: float, label: str, address: str) -> Form:
    form = {
        "MessageType": "location",
        "Latitude": f"{latitude:.6f}",
        "Longitude": f"{longitude:.6f}",
    }
    return form | {n: v for n, v in (("Label", label), ("Address", address)) if v}


def advertisement(headline: str, body: str) -> Form:
    """What the person has clicked before writing."""
    source = str(next(_ads))
    return {
        "ReferralBody": body,
        "ReferralHeadline": headline,
        "ReferralSourceId": source,
        "ReferralSourceType": "ad",
        "ReferralSourceUrl": f"https://fb.me/{source}",
        "ReferralCtwaClid": new_sid("ARA"),
    }
