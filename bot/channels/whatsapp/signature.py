"""Whether a request is Twilio's, and about our account.

Twilio signs the URL that it was told to call and every field of the form: an HMAC under the
account's Auth Token (SHA-1), or under a SharedKey (SHA-256, named in a header of its own). The URL
is built from configuration: what a request says of its host or scheme is for anybody to choose.
Source: twilio.request_validator of twilio-python 9.13, whose arithmetic is used here.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

from twilio.request_validator import (
    HMAC_SHA1,
    HMAC_SHA256,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from bot.channels.whatsapp.form import Form
from bot.errors import Forged

_SIGNATURE = SIGNATURE_HEADER.lower().encode()
_SETTINGS = SIGNATURE_SETTINGS_HEADER.lower().encode()
# Base64 of 20 and of 32 bytes: anything else is turned away before its body is read.
_SHAPES = {
    HMAC_SHA1: re.compile(rb"[A-Za-z0-9+/]{27}="),
    HMAC_SHA256: re.compile(rb"[A-Za-z0-9+/]{43}="),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What the headers say of the signature, and the secrets that could bear it out."""

    signature: bytes
    algorithm: str
    secrets: Sequence[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signatures:
    """Tells Twilio's requests from everybody else's."""

    public_url: str  # as Twilio calls us, without a slash at its end; may have a path of its own
    account_sid: str
    auth_tokens: Sequence[str] = field(repr=False)  # two while the token is being changed
    shared_keys: Mapping[str, str] = field(repr=False, default_factory=dict)  # secrets by id

    def claim(self, headers: Iterable[tuple[bytes, bytes]]) -> Claim:
        """Read the headers, whose names are in lower case. Raises Forged, named by a word."""
        signatures: list[bytes] = []
        settings: list[bytes] = []
        for name, value in headers:
            if name == _SIGNATURE:
                signatures.append(value)
            elif name == _SETTINGS:
                settings.append(value)
        if len(signatures) != 1 or len(settings) > 1:
            raise Forged("headers")
        said = settings[0].decode("latin-1") if settings else ""
        algorithm = get_signature_algorithm(said).upper()
        if algorithm not in _SHAPES:
            raise Forged("algorithm")
        if not _SHAPES[algorithm].fullmatch(signatures[0]):
            raise Forged("shape")
        known = self.auth_tokens if algorithm == HMAC_SHA1 else self._shared(_key_named(said))
        secrets = tuple(secret for secret in known if secret)  # anybody can sign with ""
        if not secrets:
            raise Forged("key")
        return Claim(signatures[0], algorithm, secrets)

    def _shared(self, key: str) -> Sequence[str]:
        return (self.shared_keys[key],) if key and key in self.shared_keys else ()

    def check(self, claim: Claim, path: str, query: str, form: Form) -> None:
        """Raises Forged, named by a word.

        The signed text has no seams: what stood in the query could be handed in as the beginning
        of a field's name. The account's own field, which comes first, must be whole.
        """
        rest = f"{path}?{query}" if query else path
        # Not all: which secret or spelling fits may be seen from the time, the signature may not.
        if not any(
            hmac.compare_digest(_computed(secret, base + rest, form, claim), claim.signature)
            for secret in claim.secrets
            for base in _bases(self.public_url)
        ):
            raise Forged("signature")
        if set(form.getlist("AccountSid")) != {self.account_sid}:
            raise Forged("account")


def _computed(secret: str, url: str, form: Form, claim: Claim) -> bytes:
    signature = RequestValidator(secret).compute_signature(url, form, claim.algorithm)
    return str(signature).encode()


def _key_named(settings: str) -> str:
    """The id of the SharedKey in `key=...,algorithm=...`; "" unless exactly one is named."""
    parts = (part.partition("=") for part in settings.split(","))
    keys = [value.strip() for name, _, value in parts if name.strip() == "key"]
    return keys[0] if len(keys) == 1 else ""


@lru_cache(maxsize=4)
def _bases(public_url: str) -> tuple[str, str]:
    """The URL with and without its port: Twilio is known to sign either."""
    parts = urlsplit(public_url)
    if parts.port:
        other = parts.netloc.removesuffix(f":{parts.port}")
    else:
        other = f"{parts.netloc}:{443 if parts.scheme == 'https' else 80}"
    return public_url, parts._replace(netloc=other).geturl()
