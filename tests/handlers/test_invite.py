"""Asking a customer to write again: an approved message, at a staff member's wish alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.checks.approve import invite
from bot.desk.invitation import Approved, Invitations
from bot.model import Action, ConversationKey
from bot.outcome import Outcome, Outgoing, Template, Urgency, Verdict
from handlers.relay_staff import RelayStaff
from handlers.show_staff import show_staff
from tests.handlers.conftest import CASE, DESK, act, make_turn

CHAT = ConversationKey("whatsapp", "+15550001111", "BR.1502576394655843")
STAFF = ConversationKey("telegram_staff", "99", "-100")
INVITATIONS = Invitations(
    "whatsapp",
    {
        "pt": Approved("HXpt", {"1": "name", "2": "house"}),
        "en": Approved("HXen", {"1": "name"}),
    },
)
step = RelayStaff(INVITATIONS)


def inviting(text="", **changes):
    given = {"conversation": CHAT, "case": CASE, "name": "Ana\nSouza", "unanswered": (3, 4)}
    return make_turn(act=act(Action.INVITE, text), **{**given, **changes})


def asked(text, template):
    """It answers nothing: what waits for a person goes on waiting."""
    return Outcome(
        Verdict.RELAYED,
        "invite",
        sends=(Outgoing(CHAT, text, "staff", template=template),),
    )


async def test_the_approved_message_goes_out_in_the_customers_language():
    assert await step(inviting(language="en")) == asked(
        "[we asked you to write]", Template("HXen", {"1": "Ana Souza"})
    )
    assert await step(inviting()) == asked(
        "[pedimos que escreva]", Template("HXpt", {"1": "Ana Souza", "2": "Padaria Sol"})
    )


async def test_a_language_without_one_gets_that_of_the_house():
    only_pt = RelayStaff(Invitations("whatsapp", {"pt": INVITATIONS.approved["pt"]}))
    assert await only_pt(inviting(language="en", name="")) == asked(
        "[we asked you to write]", Template("HXpt", {"1": "cliente", "2": "Padaria Sol"})
    )


@pytest.mark.parametrize(
    ("step", "changes"),
    [
        (RelayStaff(), {}),
        (step, {"conversation": ConversationKey("web", "", "chat-1")}),
        (RelayStaff(Invitations("whatsapp", {"en": Approved("HXen")})), {}),
    ],
    ids=["nothing configured", "another channel", "another language"],
)
async def test_without_an_approved_message_only_the_agent_hears(step, changes):
    told = Outgoing(DESK, "Sem modelo: 7.", "system", urgency=Urgency.INSIDE)
    assert await step(inviting(**changes)) == Outcome(
        Verdict.RELAYED, "staff_no_template", sends=(told,)
    )


async def test_what_is_written_behind_the_command_reaches_nobody():
    outcome = await step(inviting("seu pedido chegou"))
    assert outcome == await step(inviting())
    shown = show_staff(inviting("seu pedido chegou"), outcome, STAFF)
    assert not any("pedido" in send.text for send in shown.sends)


@pytest.mark.parametrize("surface", [STAFF, DESK], ids=["from the staff chat", "from a terminal"])
async def test_the_staff_chat_is_told_and_can_go_on_from_there(surface):
    turn = inviting()
    turn = replace(turn, act=replace(turn.act, surface=surface))
    outcome = await step(turn)
    told = Outgoing(
        STAFF, "Pedi que escreva: 7.", "system", urgency=Urgency.INSIDE, shows_case=True
    )
    assert show_staff(turn, outcome, STAFF).sends == (*outcome.sends, told)


async def test_nothing_is_called_sent_that_was_not():
    turn = inviting(conversation=ConversationKey("web", "", "chat-1"))
    outcome = await step(turn)
    assert show_staff(turn, outcome, STAFF) is outcome


@pytest.mark.parametrize("action", sorted(set(Action) - {Action.INVITE}))
def test_no_other_act_sends_an_approved_message(action):
    with pytest.raises(ValueError, match="no invitation"):
        invite(act(action, "oi"), inviting(), Template("HX", {}))


@pytest.mark.parametrize("empty", ["", " ", "\u2003"])
def test_an_empty_variable_never_leaves(empty):
    with pytest.raises(ValueError, match="may not be empty"):
        invite(act(Action.INVITE), inviting(), Template("HX", {"1": "Ana", "2": empty}))
