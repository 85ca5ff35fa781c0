"""Whether a request is Twilio's: what the door's tests (tests/web) do not show over HTTP."""

from __future__ import annotations

import pytest

from bot.channels.whatsapp.form import Form
from bot.channels.whatsapp.signature import Signatures
from bot.errors import Forged
from tests.channels.whatsapp.genuine import SETTINGS, SHARED, written
from tests.channels.whatsapp.payloads import ACCOUNT
from tests.channels.whatsapp.signing import KEY, KEY_SECRET, MESSAGES, PUBLIC, TOKEN, Post, encoded

POST = written("Olá")


def why(signatures: Signatures, post: Post = POST) -> str:
    """Why it is refused; "" where it is not."""
    headers = [(b"x-twilio-signature", post.right)]
    headers += [(name.lower(), value) for name, value in post.headers]
    try:
        claim = signatures.claim(headers)
        signatures.check(claim, MESSAGES, post.query, Form.read(encoded(post.fields)))
    except Forged as forged:
        return str(forged)
    return ""


def test_each_token_of_two_is_good_and_no_other():
    both = Signatures(PUBLIC, ACCOUNT, (TOKEN, "next"))
    assert why(both) == ""
    assert why(both, POST.but(secret="next")) == ""
    assert why(both, POST.but(secret="past")) == "signature"


@pytest.mark.parametrize("tokens", [(), ("",), ("", "")])
def test_without_a_token_nobody_is_let_in(tokens):
    assert why(Signatures(PUBLIC, ACCOUNT, tokens), POST.but(secret="")) == "key"


def test_shared_keys_are_good_only_where_they_are_configured():
    shared = POST.but(**SHARED)
    assert why(Signatures(PUBLIC, ACCOUNT, (TOKEN,), {KEY: KEY_SECRET}), shared) == ""
    assert why(Signatures(PUBLIC, ACCOUNT, (TOKEN,), {"other": KEY_SECRET}), shared) == "key"
    assert why(Signatures(PUBLIC, ACCOUNT, (TOKEN,), {KEY: ""}), shared) == "key"
    assert why(Signatures(PUBLIC, ACCOUNT, (TOKEN,)), shared) == "key"
    nameless = Signatures(PUBLIC, ACCOUNT, (TOKEN,), {"": KEY_SECRET})
    assert why(nameless, shared.but(headers=((SETTINGS, b"algorithm=HMAC_SHA256"),))) == "key"


def test_spaces_and_case_in_the_settings_are_read_as_twilio_reads_them():
    signatures = Signatures(PUBLIC, ACCOUNT, (TOKEN,), {KEY: KEY_SECRET})
    said = f" algorithm=hmac_sha256 , key = {KEY} ".encode()
    assert why(signatures, POST.but(**{**SHARED, "headers": ((SETTINGS, said),)})) == ""


def test_another_account_is_refused_though_it_was_signed():
    assert why(Signatures(PUBLIC, "AC" + "0" * 32, (TOKEN,))) == "account"


@pytest.mark.parametrize(
    ("public", "signed", "good"),
    [
        ("https://x.example", "https://x.example:443", True),
        ("http://x.example", "http://x.example:80", True),
        ("https://x.example:444", "https://x.example", True),
        ("https://x.example:444", "https://x.example:443", False),
        ("https://x.example/a", "https://x.example:443/a", True),
        ("https://x.example/a", "https://x.example", False),
        ("http://[::1]:8000", "http://[::1]:8000", True),
        ("http://[::1]:8000", "http://[::1]", True),
        ("https://X.example", "https://X.example", True),
    ],
)
def test_the_configured_url_counts_with_and_without_its_port(public, signed, good):
    post = POST.but(url=signed + MESSAGES)
    assert (why(Signatures(public, ACCOUNT, (TOKEN,)), post) == "") is good


def test_nothing_secret_shows_when_it_is_printed():
    signatures = Signatures(PUBLIC, ACCOUNT, (TOKEN,), {KEY: KEY_SECRET})
    claim = signatures.claim([(b"x-twilio-signature", POST.right)])
    for printed in (repr(signatures), repr(claim), repr(Form.read(b"Body=segredo"))):
        assert TOKEN not in printed
        assert KEY_SECRET not in printed
        assert "segredo" not in printed
