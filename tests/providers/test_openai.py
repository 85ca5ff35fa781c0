"""What is particular to OpenAI's API and to the servers that speak it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.prompt import Completion, Usage
from bot.providers.openai import completion_of, fields_of
from tests.model_api import StandIn
from tests.providers.rig import NOW, heard, model_of, outcome_of, prompt, row_of

ANSWERED = ("Completion",)


def answer_of(choice: Any, **more: Any) -> Any:
    body = {"choices": [choice], "usage": {"prompt_tokens": 50, "completion_tokens": 9}, **more}
    return completion_of(heard(json.dumps(body)), "m", NOW)


def choice(content: Any, finish: Any = "stop", **message: Any) -> dict[str, Any]:
    said = {"role": "assistant", "content": content, **message}
    return {"index": 0, "finish_reason": finish, "message": said}


def text(*parts: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": part} for part in parts]


@pytest.mark.parametrize(
    ("found", "row"),
    [
        (choice("Oi"), ANSWERED),
        (choice("Oi", "STOP"), ANSWERED),
        (choice("Oi", "eos_token"), ANSWERED),
        (choice(text("O", "i")), ANSWERED),
        (choice("Oi", refusal=None, tool_calls=[]), ANSWERED),
        (choice("Oi", "length"), ("Refused", "truncated")),
        (choice("Oi", "model_length"), ("Refused", "truncated")),
        (choice("Oi", "tool_calls"), ("Refused", "truncated")),
        (choice(None, "tool_calls", tool_calls=[{"id": "1"}]), ("Refused", "truncated")),
        (choice(None, "stop", tool_calls=[{"id": "1"}]), ("Refused", "truncated")),
        (choice(None, "length"), ("Refused", "empty")),
        (choice("", "stop", reasoning_content="Hmm"), ("Refused", "empty")),
        (choice(" \u200b\ufeff\n"), ("Refused", "empty")),
        (choice("\x00\x07"), ("Refused", "empty")),
        (choice([]), ("Refused", "empty")),
        (choice([{"type": "thinking", "thinking": "Hmm"}]), ("Refused", "empty")),
        (choice("<think>Hmm, the customer", "length"), ("Refused", "empty")),
        (choice("Não posso", refusal="Não posso"), ("Refused", "refused")),
        (choice([{"type": "refusal", "refusal": "x"}]), ("Refused", "refused")),
        (choice("Oi", "content_filter"), ("Refused", "refused")),
        (choice(None, "SAFETY"), ("Refused", "refused")),
        (choice("Oi", None), ("Refused", "garbled")),
        (choice("Oi", "because"), ("Refused", "garbled")),
        (choice("Oi", 7), ("Refused", "garbled")),
        (choice(7), ("Refused", "garbled")),
        (choice({"text": "Oi"}), ("Refused", "garbled")),
        ({"finish_reason": "stop", "text": "Oi"}, ("Refused", "garbled")),
        ({"finish_reason": "stop", "message": "Oi"}, ("Refused", "garbled")),
        (None, ("Refused", "garbled")),
        ("Oi", ("Refused", "garbled")),
        (
            choice("O", "error") | {"error": {"code": 429, "message": "slow down"}},
            ("Unavailable", "rate_limited", False),
        ),
    ],
)
def test_an_odd_success_is_told_from_an_answer(found, row):
    outcome = answer_of(found)
    assert row_of(outcome) == row
    if row[0] != "Unavailable":
        assert outcome.usage == Usage(read=50, written=9)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<think>\nThe customer\n</think>\n\nOlá!", "Olá!"),
        ("The template began it.\n</think>\nOlá!", "Olá!"),
        ([{"type": "thinking", "thinking": []}, *text("Olá", "!")], "Olá!"),
        ([{"type": "output_text", "text": "Olá!"}, {"type": "image"}, 7], "Olá!"),
        ("\x00O\x1bl\x85á\x7f!\r\nTudo\tbem?\r\x07", "Olá!\nTudo\tbem?"),
        ("O\ud83dlá!", "Olá!"),
        ("I <think> so", "I <think> so"),
    ],
)
def test_only_what_is_said_is_heard(content, said):
    assert answer_of(choice(content)).text == said


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        (
            {
                "prompt_tokens": 2000,
                "completion_tokens": 30,
                "prompt_tokens_details": {"cached_tokens": 1500, "cache_write_tokens": 400},
                "completion_tokens_details": {"reasoning_tokens": 20},
            },
            Usage(read=2000, cached=1500, cache_written=400, written=30),
        ),
        ({"prompt_tokens": 10, "prompt_tokens_details": None}, Usage(read=10)),
        ({"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 11}}, Usage(10, 10)),
        ({"prompt_tokens": -1, "completion_tokens": True}, Usage()),
        ({"prompt_tokens": "9", "completion_tokens": 1.5}, Usage()),
        ({"prompt_tokens": 10**12, "completion_tokens": 4}, Usage(written=4)),
        (None, Usage()),
        ([], Usage()),
    ],
)
def test_tokens_are_counted_as_the_house_counts_them(usage, counted):
    assert answer_of(choice("Oi"), usage=usage).usage == counted


def access_of(**more: Any) -> Any:
    return StandIn().access("openai", **more)


def test_a_request_is_the_smallest_that_says_all():
    asked = prompt("Oi", standing="House.", personal="Ana.")
    assert fields_of(asked, access_of(effort="low")) == {
        "model": "stand-in-1",
        "messages": [
            {"role": "system", "content": "House.\n\nAna."},
            {"role": "user", "content": "Oi"},
        ],
        "max_completion_tokens": 600,
        "store": False,
        "reasoning_effort": "low",
    }


@pytest.mark.parametrize("effort", ["none", "minimal", "low", "medium", "high"])
def test_every_effort_is_passed_on(effort):
    assert fields_of(prompt(), access_of(effort=effort))["reasoning_effort"] == effort


def test_without_effort_the_model_decides():
    assert "reasoning_effort" not in fields_of(prompt(), access_of())


def test_what_a_server_does_not_take_is_left_out_but_never_the_question():
    omit = ("store", "reasoning_effort", "model", "messages", "nonsense")
    fields = fields_of(prompt(), access_of(effort="low", omit=omit))
    assert fields.keys() == {"model", "messages", "max_completion_tokens"}


async def test_a_server_that_knows_the_older_names_is_asked_by_them():
    """Without any bound on the answer its price would have none."""
    async with StandIn() as api:
        api.openai.refuses = {"store", "max_completion_tokens"}
        model = model_of(api.access("openai", omit=("store", "max_completion_tokens")))
        assert isinstance(await outcome_of(model), Completion)
        assert api.ledger[0].body["max_tokens"] == 600
        await model.close()
        model = model_of(api.access("openai"))
        assert row_of(await outcome_of(model)) == ("Refused", "bad_request")
        await model.close()
