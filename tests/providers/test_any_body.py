"""Whatever a server sends, reading it ends in the tree of errors or in a clean answer."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ProviderBroken, ProviderError, ProviderRefused, ProviderUnavailable
from bot.prompt import Completion
from bot.providers import anthropic, openai
from bot.providers.reading import known_id
from tests.providers.rig import NOW, heard, row_of

READERS = pytest.mark.parametrize("read", [openai.completion_of, anthropic.completion_of])
WORDS = st.sampled_from(
    "choices message content finish_reason stop_reason usage prompt_tokens error code type text "
    "refusal tool_calls input_tokens stop end_turn thinking length message innererror".split()
)
ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS
ANYTHING = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
# Bodies that look right from outside, so that every reader gets to the inside.
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "choices": st.lists(
            st.fixed_dictionaries({}, optional={
                "message": st.dictionaries(WORDS, ANYTHING, max_size=3) | ANYTHING,
                "finish_reason": WORDS | ATOMS,
                "error": ANYTHING,
            }) | ANYTHING,
            max_size=2,
        ),
        "content": st.lists(st.dictionaries(WORDS, ANYTHING, max_size=3) | ANYTHING, max_size=3),
        "stop_reason": WORDS | ATOMS,
        "usage": st.dictionaries(WORDS, ATOMS, max_size=3) | ANYTHING,
        "type": WORDS,
        "error": ANYTHING,
    },
)  # fmt: skip
STATUSES = st.sampled_from([200, 200, 301, 400, 401, 404, 413, 429, 500, 529])
TREE = (ProviderUnavailable, ProviderRefused, ProviderBroken)


def check(outcome: Completion | ProviderError) -> None:
    usage = outcome.usage
    assert min(usage.read, usage.cached, usage.cache_written, usage.written) >= 0
    assert usage.cached + usage.cache_written <= usage.read
    if isinstance(outcome, Completion):
        assert outcome.text == outcome.text.strip() != ""
        outcome.text.encode()
        controls = {sign for sign in outcome.text if unicodedata.category(sign) == "Cc"}
        assert controls <= {"\n", "\t"}
    else:
        assert isinstance(outcome, TREE)
        assert outcome.kind.replace("_", "").isalpha()
        assert str(outcome) == outcome.kind


@READERS
@given(found=ANYTHING | NEARLY, status=STATUSES)
def test_any_json_ends_in_the_tree(read: Any, found: Any, status: int):
    check(read(heard(json.dumps(found), status), "m", NOW))


@READERS
@given(body=st.binary(max_size=60), status=STATUSES, header=st.text(max_size=20))
def test_any_bytes_end_in_the_tree(read: Any, body: bytes, status: int, header: str):
    check(read(heard(body, status, retry_after=header, x_should_retry=header), "m", NOW))


@READERS
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 400_000,
        b'{"choices":' * 100_000,
        b'{"usage": ' + b"9" * 10_000 + b"}",
        b"\xef\xbb\xbf{}",
        '{"choices": []}'.encode("utf-16"),
        b"\x00",
        b"data: {}\n\n",
    ],
)
def test_hostile_bodies_are_garbled(read: Any, body: bytes):
    assert row_of(read(heard(body), "m", NOW)) == ("Refused", "garbled")
    read(heard(body, 400), "m", NOW)


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("req_011CSHoEeqs5C35K2UUqR7Fy", "req_011CSHoEeqs5C35K2UUqR7Fy"),
        ("a-b.c:d", "a-b.c:d"),
        ("", ""),
        (None, ""),
        ("x" * 129, ""),
        ("meu CPF", ""),
        ("a\nb", ""),
    ],
)
def test_a_request_id_that_is_none_is_not_kept(value, known):
    """It gets into logs, and comes from outside."""
    assert known_id(value) == known
