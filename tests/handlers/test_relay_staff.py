"""Staff speak to the customer through the customer's own line, and notes never leak."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from bot.checks.approve import STAFF_CHANNELS
from bot.desk.invitation import Approved, Invitations
from bot.model import Action, CaseStatus, ConversationKey, Ownership
from bot.outcome import CloseCase, Outcome, Outgoing, ReleaseCase, SetTries, Urgency, Verdict
from bot.pipeline import decide, road
from handlers.relay_staff import RelayStaff
from handlers.show_staff import show_staff
from tests.handlers.conftest import CASE, CHAT, DESK, Desk, act, make_turn

STAFF = ConversationKey("telegram_staff", "99", "-100")
WHATSAPP = ConversationKey("whatsapp", "+15550001111", "+5511999990000")
INVITATIONS = Invitations("whatsapp", {"pt": Approved("HX1", {"1": "name"})})
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
        sends=(Outgoing(CHAT, "All done.", "system", urgency=Urgency.ROUTINE),),
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


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("help", "Responda a uma mensagem."),
        ("not_a_reply", "Ficou aqui."),
        ("anonymous", "Quem é você?"),
        ("media", "Só texto."),
        ("edited", "Edição não vai."),
        ("unknown_command", "Que comando?"),
        ("failed", "Ficou aqui."),  # no reason that anybody gives: not the text of that name
        ("", "Ficou aqui."),
    ],
)
async def test_what_is_no_act_is_explained_to_its_author_alone(why, told):
    aside = replace(act(Action.ASIDE, "segredo"), why=why, surface=STAFF)
    for case in (None, CASE):
        name = "staff_not_a_reply" if told == "Ficou aqui." else f"staff_{why}"
        assert await step(make_turn(act=aside, case=case)) == Outcome(
            Verdict.RELAYED,
            name,
            sends=(Outgoing(STAFF, told, "system", urgency=Urgency.INSIDE),),
        )


@pytest.mark.parametrize(
    ("agent", "number"),
    [("telegram:777", "777"), ("777", "777"), ("Zé: o tal", "0"), ("", "0"), ("x:²", "0")],
)
async def test_a_stranger_is_told_the_number_to_be_let_in_by(agent, number):
    aside = replace(act(Action.ASIDE, "oi"), why="stranger", agent=agent, surface=STAFF)
    outcome = await step(make_turn(act=aside))
    assert [send.text for send in outcome.sends] == [f"Seu número: {number}."]


async def test_an_empty_note_is_not_called_noted():
    outcome = await step(make_turn(act=act(Action.NOTE, " "), case=CASE))
    assert outcome.reason == "staff_empty_reply"
    assert [send.to for send in outcome.sends] == [DESK]


CASES = (None, CASE, replace(CASE, id=8), replace(CASE, status=CaseStatus.CLAIMED, agent="rui"))
TEXTS = ("", "segredo", "/note x", "/reply oi")
WHYS = ("", "stranger", "edited", "resolved")
ROAD = road(Desk(), invitations=INVITATIONS)


@pytest.mark.parametrize("action", list(Action))
async def test_a_customer_gets_a_reply_with_text_or_the_closing_line_and_nothing_else(action):
    """Whatever staff do, in every state, with all that the staff chat is shown of it."""
    tried = 0
    for case, surface, ownership, text, why, chat in itertools.product(
        CASES, (DESK, STAFF), Ownership, TEXTS, WHYS, (CHAT, WHATSAPP)
    ):
        written = replace(act(action, text), surface=surface, why=why)
        turn = make_turn(
            act=written, case=case, ownership=ownership, unanswered=(3,), conversation=chat
        )
        outcome = show_staff(turn, await decide(turn, ROAD), STAFF)
        to_customer = [send for send in outcome.sends if send.to.channel not in STAFF_CHANNELS]
        allowed: list[tuple[str, str]] = []
        if case is not None and case.id == written.case:
            if action is Action.REPLY and text:
                allowed = [("staff", text)]
            elif action is Action.RESOLVE:
                allowed = [("system", "Caso resolvido.")]
            elif action is Action.INVITE and chat is WHATSAPP:
                allowed = [("staff", "[pedimos que escreva]")]
        assert [(send.author, send.text) for send in to_customer] == allowed
        assert all(send.to == chat for send in to_customer)
        assert all(send.template is None or action is Action.INVITE for send in outcome.sends)
        tried += 1
    assert tried == 512
