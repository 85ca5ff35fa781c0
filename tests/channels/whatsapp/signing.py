"""Requests signed with Twilio's own arithmetic, and sent in bytes.

A client library would mend what we break, and our own `Form` would agree with itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote_plus

from twilio.request_validator import RequestValidator

TOKEN = "1f0c9d2e7b6a48539c1e0d2f3a4b5c6d"
NEXT_TOKEN = "9e8d7c6b5a4938271605f4e3d2c1b0a9"
KEY, KEY_SECRET = "webhooks_sharedkey_01", "c2VjcmV0IG9mIGEgc2hhcmVkIGtleQ"
PUBLIC = "https://desk.example.com"
MESSAGES, STATUSES = "/hooks/whatsapp", "/hooks/whatsapp/status"
FORM = b"application/x-www-form-urlencoded"

Pairs = tuple[tuple[str, str], ...]


class Multi(dict[str, list[str]]):
    """Fields as Twilio's validator knows them from web frameworks."""

    def getall(self, name: str) -> list[str]:
        return self[name]


def pairs(fields: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> Pairs:
    items = fields.items() if isinstance(fields, Mapping) else fields
    return tuple((name, value) for name, value in items if value is not None)


def encoded(fields: Pairs) -> bytes:
    return "&".join(f"{quote_plus(n)}={quote_plus(v)}" for n, v in fields).encode()


def sign(url: str, fields: Pairs, secret: str = TOKEN, algorithm: str | None = None) -> str:
    """The signature that Twilio would send."""
    values = Multi()
    for name, value in fields:
        values.setdefault(name, []).append(value)
    return RequestValidator(secret).compute_signature(url, values, algorithm)


@dataclass(frozen=True)
class Post:
    """One request, and what was signed of it."""

    fields: Pairs
    path: str = MESSAGES
    query: str = ""
    url: str | None = None  # what was signed; None: what the configuration says
    signed: Pairs | None = None  # None: the fields that are sent
    secret: str = TOKEN
    algorithm: str | None = None
    signature: bytes | None = None  # None: the right one for all that
    public: str = PUBLIC
    body: bytes | None = None  # None: the fields, encoded
    media: tuple[bytes, ...] = (FORM,)
    header: bytes = b"X-Twilio-Signature"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    host: bytes = b"desk"
    method: bytes = b"POST"
    chunked: bool = False
    length: int | None = None  # of the body, as announced; None: what it is

    def but(self, **changes: Any) -> Post:
        return replace(self, **changes)

    @property
    def right(self) -> bytes:
        url = self.url
        if url is None:
            url = self.public + self.path + (f"?{self.query}" if self.query else "")
        fields = self.fields if self.signed is None else self.signed
        return sign(url, fields, self.secret, self.algorithm).encode()

    def head(self, body: bytes) -> bytes:
        target = self.path + (f"?{self.query}" if self.query else "")
        signature = self.right if self.signature is None else self.signature
        lines = [
            self.method + b" " + target.encode() + b" HTTP/1.1",
            b"Host: " + self.host,
            b"Connection: close",
            *(b"Content-Type: " + media for media in self.media),
            *([self.header + b": " + signature] if self.header else []),
            *(name + b": " + value for name, value in self.headers),
            b"Transfer-Encoding: chunked"
            if self.chunked
            else b"Content-Length: " + str(self.length or len(body)).encode(),
        ]
        return b"\r\n".join(lines) + b"\r\n\r\n"


@dataclass
class Answer:
    """What came back; status 0 where the connection was closed on us."""

    status: int = 0
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def read(cls, raw: bytes) -> Answer:
        head, _, body = raw.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        if not lines[0]:
            return cls()
        split = (line.partition(b":") for line in lines[1:])
        headers = {name.strip().lower(): value.strip() for name, _, value in split}
        return cls(int(lines[0].split()[1]), headers, body)


async def send(port: int, post: Post) -> Answer:
    """Send it to a server on this machine."""
    body = encoded(post.fields) if post.body is None else post.body
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        with suppress(ConnectionError):
            writer.write(post.head(body))
            for at in range(0, len(body), 65_536):
                piece = body[at : at + 65_536]
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if post.chunked else piece)
                await writer.drain()
            if post.chunked:
                writer.write(b"0\r\n\r\n")
        async with asyncio.timeout(20):
            return Answer.read(await reader.read())
    except ConnectionError:  # the desk hung up while we were still sending
        return Answer()
    finally:
        writer.close()
