"""Forms as Twilio writes them, with the fields that a test does not care about filled in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from bot.channels.whatsapp.form import Form

ACCOUNT = "AC0123456789abcdef0123456789abcdef"
OURS = "+14155238886"
ANA = "+5511987654321"
HIDDEN = "BR.1502576394655843"
NOW = 1_795_000_000.5


def sid(number: int = 1, kind: str = "SM") -> str:
    """An id of a message."""
    return f"{kind}{number:032x}"


def whatsapp(chat: str) -> str:
    return f"whatsapp:{chat}"


def body(fields: dict[str, Any] | list[tuple[str, Any]]) -> bytes:
    """As it comes over the wire. A field that is None is not there."""
    pairs = fields.items() if isinstance(fields, dict) else fields
    return urlencode([(name, value) for name, value in pairs if value is not None]).encode()


def said(
    text: str = "oi", *, number: int = 1, sender: str = ANA, **fields: Any
) -> dict[str, str | None]:
    """A message of Ana's, unless `fields` say otherwise."""
    return {
        "SmsMessageSid": sid(number),
        "NumMedia": "0",
        "ProfileName": "Ana Souza",
        "MessageType": "text",
        "SmsSid": sid(number),
        "WaId": sender.removeprefix("+") if sender.startswith("+") else None,
        "SmsStatus": "received",
        "Body": text,
        "To": whatsapp(OURS),
        "NumSegments": "1",
        "ReferralNumMedia": "0",
        "MessageSid": sid(number),
        "AccountSid": ACCOUNT,
        "From": whatsapp(sender),
        "ApiVersion": "2010-04-01",
        **fields,
    }


def press(label: str = "Sim", payload: str | None = "0", *, under: int | None = 50, **fields: Any):
    """A press on a quick reply of our message number `under`."""
    return said(
        label,
        **{
            "MessageType": "button",
            "ButtonText": label,
            "ButtonPayload": payload,
            "ButtonType": "REPLY",
            "OriginalRepliedMessageSid": sid(under) if under is not None else None,
            "OriginalRepliedMessageSender": whatsapp(OURS) if under is not None else None,
            **fields,
        },
    )


def file_url(number: int = 1) -> str:
    return (
        f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}"
        f"/Messages/{sid(1, 'MM')}/Media/ME{number:032x}"
    )


def sent_file(mime: str, caption: str = "", **fields: Any) -> dict[str, str | None]:
    """A file with or without a caption."""
    return said(
        caption,
        **{
            "MessageSid": sid(1, "MM"),
            "MessageType": mime.partition("/")[0],
            "NumMedia": "1",
            "MediaUrl0": file_url(),
            "MediaContentType0": mime,
            **fields,
        },
    )


def place(**fields: Any) -> dict[str, str | None]:
    return said(
        "",
        **{
            "MessageType": "location",
            "Latitude": "-23.5613496",
            "Longitude": "-46.6565",
            **fields,
        },
    )


def from_ad(text: str = "oi", **fields: Any) -> dict[str, str | None]:
    """The first message of somebody who tapped an advertisement."""
    return said(
        text,
        **{
            "ReferralHeadline": "Mesas em promoção",
            "ReferralBody": "Até domingo",
            "ReferralSourceId": "120208",
            "ReferralSourceType": "ad",
            "ReferralSourceUrl": "https://fb.me/abc",
            "ReferralCtwaClid": "ARAkLkA8",
            **fields,
        },
    )


def status(what: str = "delivered", *, number: int = 50, **fields: Any) -> dict[str, str | None]:
    """What Twilio tells of a message of ours."""
    return {
        "ChannelPrefix": "whatsapp",
        "ApiVersion": "2010-04-01",
        "MessageStatus": what,
        "SmsSid": sid(number),
        "SmsStatus": what,
        "ChannelInstallSid": "XE0123456789abcdef0123456789abcdef",
        "To": whatsapp(ANA),
        "From": whatsapp(OURS),
        "MessageSid": sid(number),
        "AccountSid": ACCOUNT,
        "ChannelToAddress": "+551198765XXXX",
        **fields,
    }


def form(fields: dict[str, Any] | bytes) -> Form:
    """As the hook hands it on."""
    return Form.read(fields if isinstance(fields, bytes) else body(fields))
