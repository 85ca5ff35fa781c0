"""The record: one row a turn, written with its settle; words of a customer are never in it."""

from __future__ import annotations

import json
from dataclasses import replace

from bot.model import Action, Fact
from bot.outcome import Erase, KeepDrafts, OpenCase, Outcome, Outgoing, Remember, Verdict
from bot.prompt import Asked, Attempt, RefusedDraft, Shown, Usage
from bot.record import record_of
from tests.builders import CHAT, NOON, OWNER, PUSHED, act, answered, arrival, incoming, settlement

DRAFT = RefusedDraft("Seu saldo é $127,549.32", ("amount",), ("$127,549.32",), NOON + 4)
ASKED = Asked(
    first="openai",
    attempts=(
        Attempt("openai", "timeout", 3.5, Usage(), cost=200),
        Attempt("anthropic", "answered", 0.81234, Usage(900, 400, 100, 60), cost=1_500),
        Attempt("local", "answered", 0.1, Usage(10, 0, 0, 5), cost=None),
        Attempt("spare", "breaker_open", called=False),
    ),
    refused=(DRAFT, replace(DRAFT, checks=("length",))),
    shown=Shown(lines=4, left_out=2, tokens=731, facts=("balance",)),
    answered_by="anthropic",
)


async def test_the_record_says_when_and_how_a_turn_was_answered(ledger, open_turn, rows):
    await ledger.accept(arrival(incoming("oi", id="1")))
    await ledger.accept(arrival(incoming("cadê", id="2", at=NOON + 0.4)))
    opened = await open_turn(NOON + 1.0)
    await ledger.settle(settlement(opened, answered(opened), at=NOON + 1.5))

    [turn] = await rows("SELECT * FROM turns")
    assert turn["messages"] == 2
    assert turn["accepted_at"] == NOON + 0.4  # the last of them
    assert (turn["opened_at"], turn["settled_at"]) == (NOON + 1.0, NOON + 1.5)
    assert turn["responded_at"] == NOON + 1.5  # on a page the row's being written is the sending
    assert (turn["answered_by"], turn["verdict"], turn["reason"]) == ("rule", "answered", "test")
    assert (turn["model"], turn["fallback"], turn["calls"], turn["cost"]) == ("", 0, 0, 0)


async def test_where_a_platform_is_called_the_response_is_when_the_first_part_has_left(
    ledger, open_turn, rows
):
    await ledger.accept(arrival(incoming(chat=PUSHED)))
    opened = await open_turn(NOON + 1, chat=PUSHED)
    long = "uma frase que não cabe numa parte só. " * 3
    await ledger.settle(settlement(opened, answered(opened, long), at=NOON + 2))
    assert [t["responded_at"] for t in await rows("SELECT * FROM turns")] == [None]

    for n in range(3):
        [parcel] = await ledger.take("w", NOON + 3 + n, NOON + 30, 8, ["wire"])
        await ledger.sent(parcel.seq, "w", str(n), NOON + 3 + n)
    assert [t["responded_at"] for t in await rows("SELECT * FROM turns")] == [NOON + 3]


async def test_what_staff_are_shown_is_no_response_to_the_customer(ledger, open_turn, rows):
    await ledger.accept(arrival(incoming(chat=PUSHED)))
    opened = await open_turn(NOON + 1, chat=PUSHED)
    await ledger.settle(settlement(opened, Outcome(Verdict.IGNORED, "noise"), at=NOON + 2))
    [turn] = await rows("SELECT * FROM turns")
    assert (turn["responded_at"], turn["answered_by"]) == (None, "")


async def test_what_models_took_is_counted_and_the_trail_has_every_attempt(ledger, open_turn, rows):
    await ledger.accept(arrival())
    opened = await open_turn(NOON + 1)
    outcome = replace(answered(opened, author="model"), trail={"step": "AskModels"}, asked=ASKED)
    await ledger.settle(settlement(opened, outcome))

    [turn] = await rows("SELECT *, json(trail) AS steps FROM turns")
    assert (turn["model"], turn["fallback"], turn["error_kind"]) == ("anthropic", 1, "timeout")
    assert (turn["calls"], turn["unpriced"], turn["cost"]) == (3, 1, 1_700)
    tokens = (turn["tokens_read"], turn["tokens_cached"], turn["tokens_written"])
    assert tokens == (910, 400, 65)
    assert turn["refused"] == 1  # the draft that was too long was nothing made up
    assert '"step":"AskModels"' in turn["steps"].replace(" ", "")
    assert '"result":"timeout"' in turn["steps"].replace(" ", "")
    assert '"facts":["balance"]' in turn["steps"].replace(" ", "")
    assert "127,549.32" not in turn["steps"]  # numbers of ours, never what was to be said


async def test_a_decision_that_came_too_late_still_counts_what_it_cost(ledger, open_turn, rows):
    await ledger.accept(arrival())
    slow = await open_turn(NOON + 1)
    quick = await open_turn(NOON + 40, owner="worker-2")
    late = replace(answered(slow, author="model"), asked=ASKED)
    assert (await ledger.settle(settlement(slow, late))).fenced
    await ledger.count_asked(record_of(slow.turn, late, NOON + 41))
    done = replace(answered(quick, author="model"), asked=ASKED)
    await ledger.settle(settlement(quick, done, owner="worker-2"))

    [turn] = await rows("SELECT * FROM turns")
    assert (turn["calls"], turn["cost"], turn["state"]) == (6, 3_400, "settled")
    assert await listed(rows) == (8, 4)  # of both: what each model took is read from the trail


async def listed(rows):
    [turn] = await rows("SELECT trail FROM turns")
    trail = json.loads(turn["trail"])
    return len(trail["attempts"]), len(trail["drafts"])


async def test_what_is_counted_after_another_has_settled_leaves_the_trail_as_it_was(
    ledger, open_turn, rows
):
    await ledger.accept(arrival())
    slow = await open_turn(NOON + 1)
    quick = await open_turn(NOON + 40, owner="worker-2")
    done = replace(answered(quick), trail={"step": "MatchRule"})
    await ledger.settle(settlement(quick, done, owner="worker-2"))
    late = replace(answered(slow, author="model"), asked=ASKED)
    await ledger.count_asked(record_of(slow.turn, late, NOON + 41))

    [turn] = await rows("SELECT * FROM turns")
    step = json.loads(turn["trail"])["step"]
    assert (step, turn["answered_by"], turn["cost"]) == ("MatchRule", "rule", 1_700)
    assert await listed(rows) == (4, 2)


async def test_a_fallback_is_a_turn_that_models_were_asked_for_and_the_first_did_not_answer():
    class Opened:
        turn = None

    def record(**changes):
        from tests.handlers.conftest import make_turn

        asked = replace(ASKED, **changes) if changes else None
        return record_of(make_turn("oi"), Outcome(Verdict.ANSWERED, "r", asked=asked), NOON)

    assert record(answered_by="anthropic").fallback
    assert record(answered_by="").fallback  # a rule or a person had to
    assert not record(answered_by="openai").fallback
    assert not record().fallback  # a command: no model was to answer


async def test_drafts_wait_for_the_person_who_takes_over(ledger, open_turn, rows):
    await ledger.accept(arrival())
    first = await open_turn(NOON + 1)
    await ledger.settle(settlement(first, answered(first, "?", KeepDrafts((DRAFT,))), at=NOON + 4))

    await ledger.accept(arrival(incoming("uma pessoa", id="2", at=NOON + 60)))
    second = await open_turn(NOON + 61)
    assert second.turn.drafts == (DRAFT,)
    opens = OpenCase("asked", drafts=second.turn.drafts)
    await ledger.settle(settlement(second, answered(second, "já", opens, KeepDrafts(()))))

    card = await ledger.card(1)
    assert card.drafts == (DRAFT,)
    await ledger.accept(arrival(incoming("oi?", id="3", at=NOON + 70)))
    third = await open_turn(NOON + 71)
    assert third.turn.drafts == ()
    more = [replace(DRAFT, text=f"nº {n}") for n in range(4)]
    joins = OpenCase("asked", drafts=tuple(more))
    await ledger.settle(settlement(third, answered(third, "já", joins)))
    assert [draft.text for draft in (await ledger.card(1)).drafts] == ["nº 1", "nº 2", "nº 3"]


async def test_an_old_draft_is_nobodys_concern(ledger, open_turn):
    await ledger.accept(arrival())
    first = await open_turn(NOON + 1)
    await ledger.settle(settlement(first, answered(first, "?", KeepDrafts((DRAFT,))), at=NOON + 4))
    await ledger.accept(arrival(incoming("oi", id="2", at=NOON + 4_000)))
    assert (await open_turn(NOON + 4_001)).turn.drafts == ()


async def test_forgetting_takes_the_drafts_too_and_leaves_the_numbers(ledger, open_turn, rows):
    await ledger.accept(arrival())
    first = await open_turn(NOON + 1)
    kept = answered(first, "?", KeepDrafts((DRAFT,)), OpenCase("asked", drafts=(DRAFT,)))
    fact = Remember(Fact("order", "text", "1", NOON, "customer"))
    kept = replace(kept, changes=(*kept.changes, fact), asked=ASKED)
    await ledger.settle(settlement(first, kept))
    await ledger.accept(arrival(incoming("/forget yes", id="2", at=NOON + 60)))
    second = await open_turn(NOON + 61)
    await ledger.settle(settlement(second, answered(second, "apagado", Erase()), at=NOON + 62))

    for table in ("conversations", "cases", "turns", "messages"):
        assert "127,549" not in str(await rows(f"SELECT * FROM {table}"))
    assert await rows("SELECT name, n FROM counters") == [{"name": "erased.in", "n": 1}]
    assert [t["cost"] for t in await rows("SELECT cost FROM turns ORDER BY id")] == [1_700, 0]


async def test_a_staff_act_has_a_record_without_a_message(ledger, open_turn, rows):
    await ledger.accept(arrival())
    opened = await open_turn(NOON + 1)
    await ledger.settle(settlement(opened, answered(opened, "já", OpenCase("asked"))))
    await ledger.accept_act(act(Action.REPLY, text="oi"), NOON + 10)
    reply = await open_turn(NOON + 11)
    said = Outgoing(CHAT, "oi", "staff")
    await ledger.settle(settlement(reply, Outcome(Verdict.RELAYED, "reply", (said,)), owner=OWNER))
    [_, turn] = await rows("SELECT * FROM turns ORDER BY id")
    assert (turn["messages"], turn["accepted_at"], turn["answered_by"]) == (0, None, "staff")
