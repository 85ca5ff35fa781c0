"""The end of the road always decides, and never guesses."""

from __future__ import annotations

import pytest

from bot.model import Form
from bot.outcome import Button, OpenCase, Outcome, Outgoing, SetForm, SetTries, Verdict
from bot.prompt import Asked, Attempt, RefusedDraft
from handlers.call_human import CallHuman
from tests.handlers.conftest import CASE, CHAT, MONDAY_10, Desk, make_turn, said

step = CallHuman(Desk())
PERSON = Button("Falar com alguém", "/human")


@pytest.mark.parametrize("text", ["xyzzy", "", "   "])
async def test_the_first_failure_offers_a_person(text):
    buttons = (
        PERSON,
        Button("Horário", "qual o horário"),
        Button("Meu pedido", "onde está meu pedido"),
    )
    offer = Outgoing(CHAT, "Não sei. Chamo alguém?", "system", answers=(1,), buttons=buttons)
    assert await step(make_turn(text)) == Outcome(
        Verdict.ANSWERED,
        "unknown_offer",
        sends=(offer,),
        changes=(
            SetTries(1),
            SetForm(Form("human", "confirm", {}, "v1", MONDAY_10 + 1800)),
        ),
    )


async def test_the_second_failure_calls_one_unasked():
    assert await step(make_turn("xyzzy", tries=1)) == Outcome(
        Verdict.HANDED_OFF,
        "no_answer",
        sends=(Outgoing(CHAT, "Alguém já vem.", "system", answers=(1,)),),
        changes=(OpenCase("no_answer"), SetTries(0)),
        trail={"promise": "human_coming"},
    )


@pytest.mark.parametrize("tries", [0, 1])
async def test_with_a_case_open_the_question_is_added_to_it(tries):
    outcome = await step(make_turn("xyzzy", case=CASE, tries=tries))
    assert outcome.sends == (Outgoing(CHAT, "Já está com a equipe.", "system", answers=(1,)),)
    assert not any(isinstance(change, OpenCase) for change in outcome.changes)


@pytest.mark.parametrize(("kind", "word"), [("voice", "áudio"), ("<b>hologram", "isso")])
async def test_media_without_words_gets_a_kind_line_and_is_no_failure(kind, word):
    turn = make_turn(messages=(said("", media=(kind,)),), tries=1)
    assert await step(turn) == Outcome(
        Verdict.ANSWERED,
        "media_unsupported",
        sends=(Outgoing(CHAT, f"Não leio {word}.", "system", answers=(1,), buttons=(PERSON,)),),
    )


DRAFT = RefusedDraft("Seu saldo é $1", ("amount",), ("$1",), MONDAY_10)
ANSWERED, DOWN = Attempt("a", "answered"), Attempt("a", "timeout")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (Asked("a", (DOWN, DOWN)), "models_down"),
        (Asked("a", (Attempt("a", "budget", called=False),)), "models_down"),
        (Asked("a", (ANSWERED, ANSWERED), refused=(DRAFT, DRAFT)), "unconfirmed"),
        (Asked("a", (ANSWERED, DOWN), refused=(DRAFT,)), "unconfirmed"),
    ],
)
async def test_where_models_failed_a_person_is_called_at_once(asked, reason):
    outcome = await CallHuman(Desk())(make_turn("quem descobriu Plutão?", asked=asked))
    assert (outcome.verdict, outcome.reason) == (Verdict.HANDED_OFF, reason)
    assert OpenCase(reason) in outcome.changes


async def test_a_model_that_has_no_answer_is_no_failure():
    asked = Asked("a", (ANSWERED,))
    outcome = await CallHuman(Desk())(make_turn("quem descobriu Plutão?", asked=asked))
    assert (outcome.verdict, outcome.reason) == (Verdict.ANSWERED, "unknown_offer")


async def test_in_a_group_nobody_is_called_whatever_models_did():
    turn = make_turn("quem descobriu Plutão?", asked=Asked("a", (DOWN,)), public=True)
    assert (await CallHuman(Desk())(turn)).reason == "group_private"
