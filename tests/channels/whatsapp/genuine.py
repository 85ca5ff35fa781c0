"""Requests that are Twilio's, in every shape that they may come in."""

from __future__ import annotations

from typing import Any

from tests.channels.whatsapp.payloads import (
    HIDDEN,
    from_ad,
    place,
    press,
    said,
    sent_file,
    status,
)
from tests.channels.whatsapp.signing import (
    FORM,
    KEY,
    KEY_SECRET,
    NEXT_TOKEN,
    PUBLIC,
    STATUSES,
    Post,
    encoded,
    pairs,
)

WITH_PORT = "https://desk.example.com:8443"
WITH_PATH = "https://example.com/desk"
PLAIN = "http://desk.example.com"
SETTINGS = b"X-Twilio-Webhooks-Signature-Settings"
SHARED: dict[str, Any] = {
    "secret": KEY_SECRET,
    "algorithm": "HMAC_SHA256",
    "headers": ((SETTINGS, f"key={KEY},algorithm=HMAC_SHA256".encode()),),
}


def written(text: str = "oi", **fields: Any) -> Post:
    return Post(pairs(said(text, **fields)))


def told(what: str = "delivered", query: str = "m=12.1", **fields: Any) -> Post:
    return Post(pairs(status(what, **fields)), path=STATUSES, query=query)


RAW = (b"%C3%A7%C3%A3", "çã".encode())
_BLANK = written("", ProfileName="", ButtonText="", Label="", MediaUrl0="")
_MANY = Post((*pairs(said()), ("Extra", "b"), ("Extra", "a"), ("Extra", "b"), ("Extra", "")))
_LYING = (
    (b"X-Forwarded-Host", b"evil.example.com"),
    (b"X-Forwarded-Proto", b"http"),
    (b"X-Forwarded-Port", b"81"),
    (b"X-Original-URL", b"/other"),
    (b"Forwarded", b"host=evil.example.com;proto=http"),
)

MESSAGES_OF_THEIRS: dict[str, Post] = {
    "text": written("Abre domingo?"),
    "blank fields": _BLANK,
    "repeated fields": _MANY,
    "unicode": written("Olá, ção ñ ü 中文 עברית"),
    "emoji": written("👩🏽‍🚀🇧🇷❤️", ProfileName="Ana 🌻"),
    "plus and percent": written("1+1=2 & 100% %41 %zz %"),
    "newlines": written("uma\nduas\r\ntrês\n\n"),
    "nul": written("a\x00b"),
    "hidden number": written(sender=HIDDEN, ExternalUserId=HIDDEN),
    "unknown fields": written(**{"Brand.New[0]": "x", "αβγ": "δ", "": "nameless"}),
    "names in another case": written(messagesid="x", BODY="y"),
    "other order": Post(pairs(said())[::-1]),
    "press": Post(pairs(press("Sim", "0"))),
    "place": Post(pairs(place(Label="Praça da Sé"))),
    "file": Post(pairs(sent_file("audio/ogg", "ouça"))),
    "advertisement": Post(pairs(from_ad())),
    "rotated token": written().but(secret=NEXT_TOKEN),
    "port told when there is none": written().but(url=f"{PUBLIC}:443/hooks/whatsapp"),
    "port": written().but(public=WITH_PORT),
    "port not told": written().but(public=WITH_PORT, url=f"{PUBLIC}/hooks/whatsapp"),
    "path of its own": written().but(public=WITH_PATH),
    "plain http": written().but(public=PLAIN, url=f"{PLAIN}:80/hooks/whatsapp"),
    "lying proxies": written().but(headers=_LYING, host=b"evil.example.com:81"),
    "query": written().but(query="shop=a%20b&x=&y=%F0%9F%98%80&&z"),
    "charset": written("ção").but(media=(FORM.title() + b"; charset=UTF-8",)),
    "spaces as %20": (_ := written("a b c")).but(body=encoded(_.fields).replace(b"+", b"%20")),
    "raw utf-8": (_ := written("çã")).but(body=encoded(_.fields).replace(RAW[0], RAW[1])),
    "header in lower case": written().but(header=b"x-twilio-signature"),
    "repeat of Twilio's": written().but(headers=((b"I-Twilio-Idempotency-Token", b"x"),)),
    "shared key": written().but(**SHARED),
    "SHA1 named": written().but(headers=((SETTINGS, b"algorithm=HMAC_SHA1"),)),
    "settings blank": written().but(headers=((SETTINGS, b""),)),
    "no length": written("x").but(chunked=True),
    "long": written("é" * 10_000),  # far beyond the 1,600 that a customer can write
}  # fmt: skip
REPORTS_ON_OURS: dict[str, Post] = {
    "status": told(),
    "status without our number": told(query=""),
    "failure": told("failed", ErrorCode="63016"),
    "status under a path of its own": told().but(public=WITH_PATH),
    "status with a shared key": told("read").but(**SHARED),
}
