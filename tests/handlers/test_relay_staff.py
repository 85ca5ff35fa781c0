"""Staff speak to the customer through the customer's own line, and notes never leak."""

from __future__ import annotations

import pytest

from bot.model import Action
from bot.outcome import CloseCase, Outcome, Outgoing, ReleaseCase, SetTries, Urgency, Verdict
from handlers.relay_staff import RelayStaff
from tests.handlers.conftest import CASE, CHAT, DESK, act, make_turn

step = RelayStaff()


async def test_a_customers_message_is_not_for_this_step():
    assert await step(make_turn("oi")) is None


async def test_a_reply_reaches_the_customer_word_for_word_and_answers_what_waited():
    turn = make_turn(act=act(Action.REPLY, " Já {{ vai }}! "), case=CASE, unanswered=(3, 4))
    assert await step(turn) == Outcome(
        Verdict.RELAYED,
        "reply",
        sends=(Outgoing(CHAT, " Já {{ vai }}! ", "staff", answers=(3, 4)),),
    )


async def test_a_note_reaches_nobody():
    turn = make_turn(act=act(Action.NOTE, "cliente difícil"), case=CASE)
    assert await step(turn) == Outcome(Verdict.RELAYED, "note")


async def test_a_claim_was_applied_when_it_was_accepted():
    assert await step(make_turn(act=act(Action.CLAIM), case=CASE)) == Outcome(
        Verdict.RELAYED, "claim"
    )


async def test_release_gives_the_chat_back_and_says_nothing():
    assert await step(make_turn(act=act(Action.RELEASE), case=CASE, tries=1)) == Outcome(
        Verdict.RELAYED, "release", changes=(ReleaseCase(7), SetTries(0))
    )


async def test_resolve_closes_the_case_and_tells_the_customer_in_their_language():
    turn = make_turn(act=act(Action.RESOLVE), case=CASE, language="en", unanswered=(3,))
    assert await step(turn) == Outcome(
        Verdict.RELAYED,
        "resolve",
        sends=(Outgoing(CHAT, "All done.", "system"),),
        changes=(CloseCase(7),),
    )


@pytest.mark.parametrize("text", ["", "  \n"])
async def test_an_empty_reply_reaches_only_its_author(text):
    turn = make_turn(act=act(Action.REPLY, text), case=CASE, language="en")
    assert await step(turn) == Outcome(
        Verdict.RELAYED,
        "staff_empty_reply",
        sends=(Outgoing(DESK, "Resposta vazia.", "system", urgency=Urgency.INSIDE),),
    )


@pytest.mark.parametrize("action", sorted(set(Action) - {Action.ASIDE}))
@pytest.mark.parametrize(("case", "number"), [(None, 0), (7, 7)])
async def test_an_act_without_an_open_case_reaches_only_its_author(action, case, number):
    turn = make_turn(act=act(action, "segredo", case=case))
    told = f"Caso {number} não está aberto."
    assert await step(turn) == Outcome(
        Verdict.RELAYED,
        "staff_no_case",
        sends=(Outgoing(DESK, told, "system", urgency=Urgency.INSIDE),),
    )


async def test_an_act_for_an_older_case_does_not_touch_the_one_that_is_open():
    outcome = await step(make_turn(act=act(Action.RESOLVE, case=3), case=CASE))
    assert outcome.changes == ()
    assert [send.to for send in outcome.sends] == [DESK]
