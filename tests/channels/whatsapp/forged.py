"""Requests that are not Twilio's, or not any more, or not for us."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from tests.channels.whatsapp.genuine import SETTINGS, SHARED, told, written
from tests.channels.whatsapp.payloads import ACCOUNT, said, whatsapp
from tests.channels.whatsapp.signing import (
    FORM,
    KEY,
    KEY_SECRET,
    MESSAGES,
    PUBLIC,
    STATUSES,
    TOKEN,
    Pairs,
    Post,
    encoded,
    pairs,
)

G = written("Abre domingo?", ProfileName="", Repeated="a")
GOOD = G.right
URL = PUBLIC + MESSAGES
HEADER = b"X-Twilio-Signature"
OTHER_ACCOUNT = "AC" + "f" * 32


def without(name: str, fields: Pairs = G.fields) -> Pairs:
    return tuple(pair for pair in fields if pair[0] != name)


def having(name: str, value: str) -> Pairs:
    return tuple((n, value if n == name else v) for n, v in G.fields)


def tampered(fields: Pairs) -> Post:
    return G.but(fields=fields, signed=G.fields)


def settings(text: str, **changes: Any) -> Post:
    return G.but(**{**SHARED, "headers": ((SETTINGS, text.encode()),), **changes})


def sha256_of_token(body: str) -> bytes:
    return hmac.new(TOKEN.encode(), body.encode(), hashlib.sha256).hexdigest().encode()


def _json() -> Post:
    body = json.dumps(dict(G.fields)).encode()
    query = f"bodySHA256={hashlib.sha256(body).hexdigest()}"
    return Post((), query=query, body=body, media=(b"application/json",))


def _shifted() -> Post:
    """The query handed in as the beginning of the first field's name: the same signed text."""
    genuine = told()
    sid = next(value for name, value in genuine.fields if name == "AccountSid")
    fields = (("?m=12.1AccountSid", sid), *without("AccountSid", genuine.fields))
    return Post(fields, path=STATUSES, signature=genuine.right)


def _path_shifted() -> Post:
    genuine = told()
    first = ("/status?m=12.1AccountSid", ACCOUNT)
    return Post((first, *without("AccountSid", genuine.fields)), signature=genuine.right)


FORGED: dict[str, Post] = {
    "no header": G.but(header=b""),
    "empty header": G.but(signature=b""),
    "blank header": G.but(signature=b"   "),
    "two headers": G.but(headers=((HEADER, GOOD),)),
    "a wrong header behind": G.but(headers=((HEADER, b"x"),)),
    "a wrong header before": G.but(signature=b"x", headers=((HEADER, GOOD),)),
    "an empty header behind": G.but(headers=((HEADER, b""),)),
    "two in one header": G.but(signature=GOOD + b"," + GOOD),
    "truncated": G.but(signature=GOOD[:-1]),
    "truncated by much": G.but(signature=GOOD[:6]),
    "longer": G.but(signature=GOOD + b"="),
    "upper case": G.but(signature=GOOD.upper()),
    "swapped case": G.but(signature=GOOD.swapcase()),
    "reversed": G.but(signature=GOOD[-2::-1] + b"="),
    "first sign": G.but(signature=(b"A" if GOOD[:1] != b"A" else b"B") + GOOD[1:]),
    "last sign": G.but(signature=GOOD[:-2] + (b"A" if GOOD[-2:-1] != b"A" else b"E") + b"="),
    "no ASCII": G.but(signature=b"\xff\xfe" + GOOD),
    "no ASCII of the right length": G.but(signature=b"\xe9" * 28),
    "utf-8": G.but(signature="ç".encode() * 14),
    "quoted": G.but(signature=b'"' + GOOD + b'"'),
    "a word": G.but(signature=b"null"),
    "long": G.but(signature=b"A" * 8_000),
    "hex": G.but(signature=sha256_of_token(URL)),
    "zeros": G.but(signature=b"A" * 27 + b"="),
    "in another header": G.but(header=b"X-Twilio-Signature2"),
    "under a proxy's name": G.but(header=b"X-Forwarded-Twilio-Signature"),
    "with underscores": G.but(header=b"X_Twilio_Signature"),
    "in the query": G.but(header=b"", query="X-Twilio-Signature=" + GOOD.decode()),
    "in the form": G.but(header=b"", fields=(*G.fields, ("X-Twilio-Signature", GOOD.decode()))),
    "another token": G.but(secret="0" * 32),
    "an empty token": G.but(secret=""),
    "the account's id as token": G.but(secret=ACCOUNT),
    "token in upper case": G.but(secret=TOKEN.upper()),
    "token and a space": G.but(secret=TOKEN + " "),
    "text changed": tampered(having("Body", "Abre sábado?")),
    "text with a space": tampered(having("Body", "Abre domingo? ")),
    "sender changed": tampered(having("From", whatsapp("+5511900000000"))),
    "id changed": tampered(having("MessageSid", "SM" + "0" * 32)),
    "field added": tampered((*G.fields, ("ButtonPayload", "0"))),
    "field removed": tampered(without("NumSegments")),
    "blank field removed": tampered(without("ProfileName")),
    "nameless field added": tampered((*G.fields, ("", "x"))),
    "value added": tampered((*G.fields, ("Repeated", "b"))),
    "value added before": tampered((("Body", "sim"), *G.fields)),
    "blanks dropped": G.but(signed=without("ProfileName")),
    "name in another case": tampered((*without("Body"), ("body", "Abre domingo?"))),
    "spaces not meant": G.but(body=encoded(G.fields).replace(b"domingo", b"domin%20go")),
    "no utf-8": G.but(body=encoded(G.fields).replace(b"domingo", b"%ff%fe\xff\xc3(")),
    "cut": G.but(body=encoded(G.fields)[:-9]),
    "semicolons": G.but(body=encoded(G.fields).replace(b"&", b";")),
    "empty body, signed as such": Post(()),
    "empty body": G.but(body=b""),
    "query added": G.but(query="m=1.1", url=URL),
    "query removed": G.but(url=URL + "?m=1.1"),
    "status of another number": told(query="m=13.1").but(url=PUBLIC + STATUSES + "?m=12.1"),
    "status of another attempt": told(query="m=12.2").but(url=PUBLIC + STATUSES + "?m=12.1"),
    "query spelled otherwise": told(query="m=12%2E1").but(url=PUBLIC + STATUSES + "?m=12.1"),
    "status at the door for messages": told(query="").but(path=MESSAGES, url=PUBLIC + STATUSES),
    "message at the door for statuses": G.but(path=STATUSES, url=URL),
    "query as a field": _shifted(),
    "path as a field": _path_shifted(),
    "http for https": G.but(url=URL.replace("https", "http")),
    "slash at the end": G.but(url=URL + "/"),
    "fragment": G.but(url=URL + "#rc=3&rp=all"),
    "question mark": G.but(url=URL + "?"),
    "host in upper case": G.but(url=URL.replace("desk.", "DESK.")),
    "another host": G.but(url="https://evil.example.com" + MESSAGES, host=b"evil.example.com",
                          headers=((b"X-Forwarded-Host", b"evil.example.com"),)),
    "the host of the request": G.but(url="http://desk" + MESSAGES),
    "a proxy's scheme": G.but(url="http://desk.example.com" + MESSAGES,
                              headers=((b"X-Forwarded-Proto", b"http"),)),
    "another port": G.but(url="https://desk.example.com:8443" + MESSAGES),
    "a path before ours": G.but(url=PUBLIC + "/desk" + MESSAGES),
    "another account": G.but(fields=having("AccountSid", OTHER_ACCOUNT)),
    "no account": G.but(fields=without("AccountSid")),
    "blank account": G.but(fields=having("AccountSid", "")),
    "two accounts": G.but(fields=(*G.fields, ("AccountSid", OTHER_ACCOUNT))),
    "account in another case": G.but(fields=having("AccountSid", ACCOUNT.upper())),
    "SHA256 with the Auth Token": settings(f"key={KEY},algorithm=HMAC_SHA256", secret=TOKEN),
    "SHA256 with the Auth Token, no key": settings("algorithm=HMAC_SHA256", secret=TOKEN),
    "SHA256, not named": G.but(algorithm="HMAC_SHA256"),
    "unknown key": settings("key=webhooks_sharedkey_02,algorithm=HMAC_SHA256"),
    "no key": settings("algorithm=HMAC_SHA256"),
    "empty key": settings("key=,algorithm=HMAC_SHA256", secret=""),
    "unknown key, empty secret": settings("key=x,algorithm=HMAC_SHA256", secret=""),
    "two keys": settings(f"key={KEY},key=x,algorithm=HMAC_SHA256"),
    "key that is not ASCII": settings("key=ç,algorithm=HMAC_SHA256"),
    "shared key with SHA1": settings(f"key={KEY},algorithm=HMAC_SHA1", algorithm="HMAC_SHA1"),
    "shared key, not named": G.but(secret=KEY_SECRET),
    "shared key in the wrong algorithm": settings(
        f"key={KEY},algorithm=HMAC_SHA256", algorithm="HMAC_SHA1"),
    "unknown algorithm": settings(f"key={KEY},algorithm=HMAC_MD5"),
    "no algorithm at all": settings(f"key={KEY},algorithm=none"),
    "two settings": G.but(**{**SHARED, "headers": (*SHARED["headers"], *SHARED["headers"])}),
    "shared key, tampered": settings(
        f"key={KEY},algorithm=HMAC_SHA256", signed=having("Body", "outra coisa")),
}  # fmt: skip
NO_FORM: dict[str, Post] = {
    "JSON": _json(),
    "JSON without a hash": Post((), body=b"{}", media=(b"application/json",)),
    "JSON, signed as a form": G.but(body=b"{}", media=(b"application/json",)),
    "multipart": G.but(media=(b"multipart/form-data; boundary=x",)),
    "no media type": G.but(media=()),
    "text": G.but(media=(b"text/plain",)),
    "two media types": G.but(media=(FORM, b"application/json")),
    "two in one": G.but(media=(FORM + b", application/json",)),
    "almost": G.but(media=(FORM + b"x",)),
    "no ASCII": G.but(media=(b"\xff\xfe",)),
}
_FIELDS = tuple((f"f{n}", "x") for n in range(10_000))
TOO_LARGE: dict[str, Post] = {
    "a megabyte, signed": Post(pairs(said("x" * 1_000_000))),
    "just too much, signed": Post(pairs(said("x" * (256 * 1024)))),
    "no length": Post(pairs(said("x" * 300_000)), chunked=True),
    "ten thousand fields": Post(_FIELDS),
    "ten thousand fields of one name": Post((("a", "x"),) * 10_000),
}
