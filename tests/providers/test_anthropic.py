"""What is particular to Anthropic's API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.prompt import Usage
from bot.providers.anthropic import address_of, completion_of, fields_of
from tests.model_api import StandIn
from tests.providers.rig import NOW, heard, prompt, row_of

ANSWERED = ("Completion",)
THOUGHT = {"type": "thinking", "thinking": "Hmm", "signature": "x"}


def text(*parts: str) -> list[Any]:
    return [{"type": "text", "text": part} for part in parts]


def answer_of(content: Any, stop: Any = "end_turn", **more: Any) -> Any:
    usage = {"input_tokens": 50, "output_tokens": 9}
    body = {"type": "message", "content": content, "stop_reason": stop, "usage": usage, **more}
    return completion_of(heard(json.dumps(body)), "m", NOW)


@pytest.mark.parametrize(
    ("content", "stop", "row"),
    [
        (text("Oi"), "end_turn", ANSWERED),
        (text("Oi"), "stop_sequence", ANSWERED),
        ([THOUGHT, *text("O", "i")], "end_turn", ANSWERED),
        ([{"type": "new_thing"}, 7, None, *text("Oi")], "end_turn", ANSWERED),
        (text("Oi"), "max_tokens", ("Refused", "truncated")),
        (text("Oi"), "pause_turn", ("Refused", "truncated")),
        ([{"type": "tool_use"}], "tool_use", ("Refused", "truncated")),
        ([THOUGHT], "max_tokens", ("Refused", "empty")),
        ([THOUGHT], "end_turn", ("Refused", "empty")),
        (text(" \u200b\n"), "end_turn", ("Refused", "empty")),
        (text("Oi"), "refusal", ("Refused", "refused")),
        ([], "refusal", ("Refused", "refused")),
        (text("Oi"), "model_context_window_exceeded", ("Refused", "context_too_long")),
        (text("Oi"), None, ("Refused", "garbled")),
        (text("Oi"), "because", ("Refused", "garbled")),
        ("Oi", "end_turn", ("Refused", "garbled")),
        (None, "end_turn", ("Refused", "garbled")),
        ([{"type": "text", "text": 7}], "end_turn", ("Refused", "empty")),
    ],
)
def test_an_odd_success_is_told_from_an_answer(content, stop, row):
    outcome = answer_of(content, stop)
    assert row_of(outcome) == row
    assert outcome.usage == Usage(read=50, written=9)


def test_blocks_are_joined_as_they_are():
    assert answer_of([THOUGHT, *text(" Abrimos ", "às 9h.\r\n", "\x00Sim. ")]).text == (
        "Abrimos às 9h.\nSim."
    )


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        (
            {
                "input_tokens": 100,
                "cache_read_input_tokens": 1500,
                "cache_creation_input_tokens": 400,
                "output_tokens": 30,
            },
            Usage(read=2000, cached=1500, cache_written=400, written=30),
        ),
        (
            {"input_tokens": 10, "cache_read_input_tokens": None, "output_tokens": 3},
            Usage(read=10, written=3),
        ),
        ({"input_tokens": -1, "output_tokens": False}, Usage()),
        ("many", Usage()),
        (None, Usage()),
    ],
)
def test_tokens_are_counted_as_the_house_counts_them(usage, counted):
    assert answer_of(text("Oi"), usage=usage).usage == counted


def access_of(**more: Any) -> Any:
    return StandIn().access("anthropic", **more)


def test_a_request_is_the_smallest_that_says_all():
    """Only the standing part is marked for the cache: what is behind the mark may change."""
    asked = prompt("Oi", standing="House.", personal="Ana.")
    assert fields_of(asked, access_of(effort="low")) == {
        "model": "stand-in-1",
        "max_tokens": 600,
        "messages": [{"role": "user", "content": "Oi"}],
        "system": [
            {"type": "text", "text": "House.", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "Ana."},
        ],
        "output_config": {"effort": "low"},
    }


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", "https://api.anthropic.com"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("http://127.0.0.1:9/v1/", "http://127.0.0.1:9"),
        ("https://gate.example/a/v1", "https://gate.example/a"),
    ],
)
def test_an_address_may_be_written_like_openais(written, meant):
    assert address_of(written) == meant


@pytest.mark.parametrize(
    ("effort", "sent"),
    [
        (None, None),
        ("none", None),
        ("minimal", None),
        ("low", {"effort": "low"}),
        ("high", {"effort": "high"}),
    ],
)
def test_an_effort_that_the_api_does_not_know_is_left_out(effort, sent):
    assert fields_of(prompt(), access_of(effort=effort)).get("output_config") == sent


def test_nothing_is_marked_where_nothing_stands():
    system = fields_of(prompt(standing=""), access_of())["system"]
    assert system == [{"type": "text", "text": "Answer in pt."}]
    assert "system" not in fields_of(prompt(standing="", personal=" "), access_of())


def test_what_a_server_does_not_take_is_left_out_but_never_the_question():
    omit = ("cache_control", "output_config", "model", "messages", "max_tokens")
    fields = fields_of(prompt(), access_of(effort="low", omit=omit))
    assert fields.keys() == {"model", "messages", "max_tokens", "system"}
    assert "cache_control" not in fields["system"][0]
