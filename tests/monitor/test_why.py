"""A message's way, for scripts in a fixed shape and for people in plain words."""

from __future__ import annotations

import json
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from bot.monitor.why import as_json, candidates_json
from bot.monitor.why_lines import candidate, lines
from bot.trace import CaseTrace, MessageTrace, Trace, TurnTrace
from tests.builders import NOON
from tests.monitor.rows import attempt

ZONE = ZoneInfo("America/Sao_Paulo")
KEYS = [
    "message",
    "turn",
    "signals",
    "limit",
    "batch",
    "context",
    "attempts",
    "checks",
    "cache",
    "sends",
    "human",
]
ASKED = MessageTrace(
    12, "q1", "web//ana", "in", "text", "customer", "done", "answered", NOON, 5,
    answered_by=14, limit="pass",
)  # fmt: skip
SECOND = replace(ASKED, seq=13, id="q2", at=NOON + 1)
SAID = MessageTrace(
    14, "nd_14", "web//ana", "out", "text", "model", "sent", "", NOON + 4, 5, receipt="read"
)
TURN = TurnTrace(
    5, "web//ana", "settled", 1, NOON + 2, NOON + 4, NOON + 1, NOON + 4.5, "answered", "model",
    "model", "anthropic", True,
    {
        "step": "AskModels",
        "context": {"lines": 4, "left_out": 1, "tokens": 812, "facts": ["balance"]},
        "attempts": [
            attempt(result="timeout", seconds=1.25, cost=None),
            attempt("anthropic", seconds=0.5, cost=1_500_000),
            attempt("third", result="breaker_open", seconds=9.0, called=False),
        ],
        "drafts": [["amount", "email"]],
    },
)  # fmt: skip
WHOLE = Trace(
    SECOND, TURN, (ASKED, SECOND), (SAID,), CaseTrace(3, "claimed", "asked", "Rita"), "Rita"
)
ALONE = Trace(replace(ASKED, turn=None, state="waiting", verdict=""))


def told(trace: Trace) -> str:
    return "\n".join(f"{step}: {said}" for step, said in lines(trace, ZONE))


def test_the_shape_is_fixed_whatever_is_known():
    for trace in (WHOLE, ALONE):
        shown = as_json(trace)
        assert list(shown) == KEYS
        json.dumps(shown)
    shown = as_json(WHOLE)
    assert shown["message"] == {
        "id": "q2",
        "seq": 13,
        "conversation": "web//ana",
        "direction": "in",
        "kind": "text",
        "state": "done",
        "verdict": "answered",
        "at": "2027-01-15T08:00:01+00:00",
    }
    assert shown["turn"] == {
        "id": 5,
        "state": "settled",
        "attempts": 1,
        "opened_at": "2027-01-15T08:00:02+00:00",
        "settled_at": "2027-01-15T08:00:04+00:00",
        "verdict": "answered",
        "reason": "model",
        "step": "AskModels",
        "stages": {"waiting": 1.0, "deciding": 2.0, "models": 1.75, "sending": 0.5},
    }
    assert (shown["signals"], shown["cache"]) == ([], None)
    assert shown["limit"] == {"verdict": "pass", "retry_after": 0.0}
    assert shown["batch"] == ["q1", "q2"]
    assert shown["context"]["tokens"] == 812
    assert [each["result"] for each in shown["attempts"]] == ["timeout", "answered", "breaker_open"]
    assert [each["cost_usd"] for each in shown["attempts"]] == [None, 0.0015, None]
    assert shown["checks"] == [["amount", "email"]]
    assert shown["sends"] == [
        {
            "id": "nd_14",
            "part": 0,
            "author": "model",
            "channel": "web",
            "state": "sent",
            "failure": None,
            "receipt": "read",
            "at": "2027-01-15T08:00:04+00:00",
        }
    ]
    assert shown["human"] == {"id": 3, "status": "claimed", "reason": "asked", "agent": "Rita"}


def test_what_has_no_turn_is_null_and_empty():
    shown = as_json(ALONE)
    assert [shown[key] for key in ("turn", "context", "human", "cache")] == [None] * 4
    assert [shown[key] for key in ("batch", "attempts", "checks", "sends", "signals")] == [[]] * 5


def test_an_answer_has_the_limit_of_the_message_that_it_answers():
    answer = replace(WHOLE, message=SAID)
    assert as_json(answer)["limit"] == {"verdict": "pass", "retry_after": 0.0}
    assert as_json(answer)["message"]["id"] == "nd_14"
    assert as_json(replace(answer, batch=()))["limit"] is None


@pytest.mark.parametrize(
    "trail", [{}, {"attempts": None, "drafts": None}, {"attempts": "?"}, {"attempts": [1, {}]}]
)
def test_a_trail_that_another_version_wrote_is_read_as_far_as_it_goes(trail):
    trace = replace(WHOLE, turn=replace(TURN, trail=trail))
    json.dumps(as_json(trace))
    assert "answered" in told(trace)


def test_people_read_it_step_by_step():
    assert told(WHOLE).splitlines() == [
        "message: nd_13 (there: q2), text from a customer, done",
        ": in web//ana",
        "at: 2027-01-15 05:00:01",
        "limit: within the sender's budget",
        "turn: 5: opened after 1.00 s, joined with 1 more",
        "context: 4 earlier lines, 1 left out, about 812 tokens, facts: balance",
        "model: openai: timeout after 1.25 s, 100 tokens read, 20 written, price unknown",
        "model: anthropic: answered after 0.50 s, 100 tokens read, 20 written, $0.001500",
        "model: third: not asked (breaker_open)",
        "check: draft 1 was not let out: amount, email",
        "decided: answered (model, by AskModels)",
        ": took 2.00 s, of it 1.75 s for the models",
        "voice: model (anthropic), not the first model",
        "send: nd_14 by model to web: sent, read",
        "person: case 3 (asked for a person): claimed, with Rita",
        ": Rita holds this chat now: the bot is silent in it",
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": "waiting"}, "not yet: it waits in line"),
        ({"state": "limited"}, "too many messages, and told before"),
        ({"state": "dead"}, "given up, and a person was called"),
        ({"state": "done", "direction": "act", "action": "claim"}, "took effect at once (claim)"),
        ({"state": "done"}, "its record is gone"),
        ({"direction": "out", "state": "sent"}, "wrote this by itself"),
    ],
)
def test_a_message_without_a_turn_explains_itself(changes, said):
    trace = Trace(replace(ASKED, turn=None, **changes))
    assert said in told(trace)


def test_a_chat_that_rests_is_said_to_be_tried_again():
    assert "rests after a failure" in told(replace(ALONE, resting=NOON + 30))


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("notice", "over the sender's budget, and told"),
        ("silent", "over the sender's budget, or too many waiting, told"),
    ],
)
def test_a_limited_message_says_when_it_would_pass(limit, said):
    trace = Trace(replace(ASKED, limit=limit, retry_after=1_260.0, state="limited", turn=None))
    assert f"{said}" in told(trace)
    assert "free again after 21 min" in told(trace)


def test_a_turn_that_is_not_settled_says_how_far_it_is():
    running = replace(TURN, state="open", settled_at=None, attempts=3, trail={})
    text = told(replace(WHOLE, turn=running, sends=()))
    assert "opened 3 times" in text
    assert "decided: not yet" in text
    called_back = told(replace(WHOLE, turn=replace(running, state="superseded")))
    assert "called back before it was settled" in called_back
    assert "decided" not in called_back


@pytest.mark.parametrize(
    ("state", "failure", "said"),
    [
        ("failed", "blocked", "not sent (blocked: the customer has blocked us)"),
        ("failed", "new_word", "not sent (new_word)"),
        ("failed", "", "not sent"),
        (
            "failed",
            "window_closed",
            "not sent: the customer has not written for 24 hours; it is kept until they write",
        ),
        ("unknown", "looking", "may have arrived: it is being looked up at the platform"),
        ("unknown", "unknown", "may have arrived"),
        ("pending", "", "waits to be sent"),
        ("superseded", "", "taken back"),
    ],
)
def test_a_send_says_what_became_of_it(state, failure, said):
    send = replace(SAID, state=state, failure=failure, part=1, receipt="")
    line = f"send: nd_14 part 2 by model to web: {said}"
    assert any(each.startswith(line) for each in told(replace(WHOLE, sends=(send,))).splitlines())


def test_an_id_that_a_stranger_chose_steers_no_terminal():
    evil = "x\x1b[2J\nnd_1"
    trace = replace(ALONE, message=replace(ALONE.message, id=evil, conversation=evil))
    assert "\x1b" not in told(trace)
    assert len(told(trace).splitlines()) == len(told(ALONE).splitlines())


def test_messages_that_share_an_id_are_told_apart():
    assert candidates_json([ASKED]) == {
        "error": "ambiguous",
        "candidates": [
            {
                "id": "nd_12",
                "conversation": "web//ana",
                "direction": "in",
                "at": "2027-01-15T08:00:00+00:00",
            }
        ],
    }
    assert candidate(ASKED, ZONE) == "nd_12  2027-01-15 05:00:00  from a customer, web//ana"


def test_an_act_of_staff_is_not_passed_on_to_a_person():
    act = replace(ASKED, direction="act", action="reply", author="staff", limit="")
    turn = replace(TURN, verdict="relayed", reason="reply", trail={"step": "RelayStaff"})
    said = told(Trace(SAID, turn, (act,), (SAID,)))
    assert "decided: dealt with for staff (reply, by RelayStaff)" in said
    assert "passed on" not in said
    assert "passed on to a person" in told(Trace(ASKED, turn, (ASKED,), ()))


def test_a_clock_that_went_back_makes_no_negative_spans():
    shown = as_json(replace(WHOLE, turn=replace(TURN, accepted_at=NOON + 60)))
    assert shown["turn"]["stages"]["waiting"] == 0
