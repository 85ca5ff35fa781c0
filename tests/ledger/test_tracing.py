"""A message is found by any of its names, and what surrounds it is its own turn's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest

from bot.ledger import tracing
from bot.model import Action, ConversationKey, Kind, Limit
from bot.outcome import CloseCase, OpenCase, Outcome, Outgoing, Urgency, Verdict
from bot.trace import CaseTrace, MessageTrace, Trace
from tests.builders import (
    CHAT,
    NOON,
    OWNER,
    PUSHED,
    act,
    answered,
    arrival,
    incoming,
    settlement,
)
from tests.builders import incoming as written


@pytest.fixture
def find(engine) -> Callable[..., Any]:
    async def found(named: str) -> list[MessageTrace]:
        return await engine.read(lambda connection: tracing.candidates(connection, named))

    return found


@pytest.fixture
def trace(engine, find) -> Callable[..., Any]:
    async def traced(named: str) -> Trace:
        [message] = await find(named)
        return await engine.read(lambda connection: tracing.trace(connection, message))

    return traced


@pytest.fixture
async def talked(ledger, open_turn):
    """A burst of two that was answered in two parts on a platform that must be called."""
    for n in (1, 2):
        message = incoming(f"pergunta {n}", id=f"q{n}", chat=PUSHED, at=NOON + n / 10)
        await ledger.accept(arrival(message))
    turn = await open_turn(NOON + 9, PUSHED)
    outcome = answered(turn, "resposta. " * 6)
    await ledger.settle(settlement(turn, replace(outcome, trail={"step": "MatchRule"})))
    taken = await ledger.take(OWNER, NOON + 10, NOON + 40, 8, ("wire",))
    await ledger.sent(taken[0].seq, OWNER, "platform-77", NOON + 11)


async def test_every_name_of_a_turn_leads_to_the_same_turn(trace, talked):
    for named in ("q1", "q2", "nd_1", "nd_3", "platform-77", "1", "nd_4"):
        found = await trace(named)
        assert found.turn is not None, named
        assert (found.turn.id, found.turn.verdict, found.turn.trail) == (
            1,
            "answered",
            {"step": "MatchRule"},
        )
        assert [each.id for each in found.batch] == ["q1", "q2"]
        assert [(each.id, each.part, each.state) for each in found.sends] == [
            ("nd_3", 0, "sent"),
            ("nd_4", 1, "pending"),
        ]


async def test_whatever_names_nothing_finds_nothing(find, talked):
    for named in ("", "nd_", "nd_99", "q9", "99", "9" * 40, "Q1", "%", "nd_1 "):
        assert await find(named) == []


async def test_an_id_in_two_chats_is_ambiguous_the_newest_first(ledger, find, talked):
    await ledger.accept(arrival(incoming(id="q1", at=NOON + 60)))
    found = await find("q1")
    assert [(each.conversation, each.direction, each.at) for each in found] == [
        (str(CHAT), "in", NOON + 60),
        (str(PUSHED), "in", NOON + 0.1),
    ]


async def test_our_own_id_is_never_ambiguous_and_a_number_is_first_the_platforms(
    ledger, find, talked
):
    await ledger.accept(arrival(incoming(id="nd_1")))
    await ledger.accept(arrival(incoming(id="2", at=NOON + 60)))
    assert [each.seq for each in await find("nd_1")] == [1]
    assert [each.seq for each in await find("2")] == [6]
    assert [each.seq for each in await find("1")] == [1]


async def test_nothing_that_was_said_is_read(trace, ledger, open_turn):
    await ledger.accept(arrival(incoming("Canária", id="c")))
    turn = await open_turn()
    await ledger.settle(settlement(turn, answered(turn, "Canária diz", OpenCase("asked"))))
    assert "Canária" not in str(await trace("c"))
    assert "text" not in {each.name for each in fields(MessageTrace)}


async def test_the_case_is_the_one_that_was_open_then(ledger, open_turn, trace):
    async def turn(id: str, at: float, *changes: Any) -> None:
        await ledger.accept(arrival(incoming(id=id, at=at)))
        opened = await open_turn(at + 1)
        await ledger.settle(settlement(opened, answered(opened, "ok", *changes), at=at + 2))

    await turn("before", NOON)
    await turn("opens", NOON + 10, OpenCase("asked"))
    await turn("during", NOON + 20)
    await turn("closes", NOON + 30, CloseCase(1))
    await turn("after", NOON + 40)
    await turn("again", NOON + 50, OpenCase("form"))
    cases = {name: (await trace(name)).case for name in ("before", "opens", "during", "after")}
    first = CaseTrace(1, "resolved", "asked", "")
    assert cases == {"before": None, "opens": first, "during": first, "after": None}
    assert (await trace("again")).case == CaseTrace(2, "waiting", "form", "")


async def test_what_waits_and_what_was_limited_have_no_turn(ledger, trace, engine):
    await ledger.accept(arrival(incoming(id="waits")))
    waits = await trace("waits")
    assert (waits.turn, waits.batch, waits.sends, waits.message.state) == (None, (), (), "waiting")

    def limit(connection: Any) -> None:
        from sqlalchemy import update

        from bot.ledger.tables import messages

        connection.execute(
            update(messages).values(state="limited", limit_verdict="silent", retry_after=90.0)
        )

    await engine.write(limit)
    limited = (await trace("waits")).message
    assert (limited.limit, limited.retry_after) == (Limit.SILENT, 90.0)


async def test_an_act_of_staff_says_what_it_was_and_who_holds_the_chat(ledger, open_turn, trace):
    await ledger.accept(arrival(incoming(id="p", kind=Kind.COMMAND)))
    turn = await open_turn()
    await ledger.settle(settlement(turn, answered(turn, "chamo", OpenCase("asked"))))
    await ledger.accept_act(act(Action.CLAIM, id="claim-1"), NOON + 9)
    found = await trace("claim-1")
    assert (found.message.direction, found.message.action, found.message.limit) == (
        "act",
        "claim",
        "",
    )
    assert (found.turn, found.holder) == (None, "Rita")
    assert found.case == CaseTrace(1, "claimed", "asked", "Rita")


async def test_a_chat_that_rests_after_a_failure_is_seen(ledger, open_turn, trace):
    await ledger.accept(arrival(written(id="hard")))
    opened = await open_turn()
    await ledger.postpone(opened, OWNER, NOON + 30)
    found = await trace("hard")
    assert found.resting == NOON + 30
    assert found.turn is not None
    assert (found.turn.state, found.turn.attempts, found.turn.settled_at) == ("open", 1, None)


async def test_a_turn_that_said_nothing_has_no_sends(ledger, open_turn, trace):
    await ledger.accept(arrival(incoming("ok", id="noise")))
    turn = await open_turn()
    await ledger.settle(settlement(turn, Outcome(Verdict.IGNORED, "noise")))
    found = await trace("noise")
    assert found.sends == ()
    assert found.message.verdict == "ignored"


async def test_a_card_leads_to_the_customers_turn_and_case(ledger, open_turn, trace):
    staff = ConversationKey("telegram_staff", "shop", "-1")
    await ledger.accept(arrival(incoming(id="p")))
    turn = await open_turn()
    card = Outgoing(staff, "Canária pede", "system", urgency=Urgency.INSIDE, shows_case=True)
    outcome = answered(turn, "chamo", OpenCase("asked"))
    await ledger.settle(settlement(turn, replace(outcome, sends=(*outcome.sends, card))))
    found = await trace("nd_3")
    assert found.message.conversation == str(staff)
    assert found.case == CaseTrace(1, "waiting", "asked", "")
    assert [each.id for each in found.batch] == ["p"]


async def test_a_notice_that_answers_nobody_is_its_own_send(ledger, trace):
    staff = ConversationKey("telegram_staff", "shop", "-1")
    await ledger.tell(Outgoing(staff, "Oi, equipe", "system"), None, NOON)
    found = await trace("nd_1")
    assert (found.turn, [each.id for each in found.sends]) == (None, ["nd_1"])
