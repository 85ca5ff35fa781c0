"""The rules of templates/ answer, and ask only for what they do not know yet."""

from __future__ import annotations

from structlog.testing import capture_logs

from bot.model import Case, CaseStatus, Fact, Form, KnownFacts
from bot.outcome import Button, OpenCase, Outcome, Outgoing, Remember, SetForm, Verdict
from handlers.match_rule import MatchRule
from tests.handlers.conftest import CHAT, MONDAY_10, Desk, make_turn, said

step = MatchRule(Desk())
HALF_AN_HOUR = MONDAY_10 + 1800


def fact(name, value):
    return Fact(name, "text", value, as_of=MONDAY_10, source="customer")


async def test_a_topic_is_answered_with_its_sentence_and_buttons():
    assert await step(make_turn("qual o horário")) == Outcome(
        Verdict.ANSWERED,
        "rule",
        sends=(
            Outgoing(
                CHAT,
                "Das 9 às 18, Recife.",
                "rule",
                answers=(1,),
                buttons=(Button("Meu pedido", "onde está meu pedido"),),
            ),
        ),
        trail={"intent": "hours", "score": 1.0},
    )


async def test_one_answer_answers_the_whole_burst():
    outcome = await step(make_turn("qual o", "horário"))
    assert outcome.sends[0].answers == (1, 2)


async def test_what_no_rule_knows_goes_on():
    assert await step(make_turn("xyzzy plugh")) is None


async def test_a_rule_that_only_classifies_decides_nothing():
    assert await step(make_turn("tudo bem")) is None


async def test_a_message_without_words_goes_on():
    assert await step(make_turn(messages=(said("", media=("voice",)),))) is None


async def test_a_form_asks_its_first_question():
    assert await step(make_turn("onde está meu pedido")) == Outcome(
        Verdict.ANSWERED,
        "form_question",
        sends=(Outgoing(CHAT, "Qual o número?", "rule", answers=(1,)),),
        changes=(SetForm(Form("order", "order_number", {}, "v1", HALF_AN_HOUR)),),
        trail={"intent": "order", "score": 1.0, "form": "order", "step": "order_number"},
    )


async def test_what_the_message_already_says_is_not_asked():
    outcome = await step(make_turn("onde está meu pedido 12345"))
    assert outcome == Outcome(
        Verdict.ANSWERED,
        "form_done",
        sends=(Outgoing(CHAT, "O pedido 12345 saiu.", "rule", answers=(1,)),),
        changes=(Remember(fact("order_number", "12345")),),
        trail={"intent": "order", "score": outcome.trail["score"], "form": "order"},
    )


async def test_what_is_remembered_is_not_asked_either():
    known = KnownFacts({"order_number": fact("order_number", "54321")})
    outcome = await step(make_turn("onde está meu pedido", facts=known))
    assert [send.text for send in outcome.sends] == ["O pedido 54321 saiu."]
    assert outcome.changes == ()


async def test_what_was_told_long_ago_is_asked_again():
    known = KnownFacts({"order_number": fact("order_number", "54321")})
    late = make_turn("onde está meu pedido", facts=known, now=MONDAY_10 + 2 * 86_400)
    assert [send.text for send in (await step(late)).sends] == ["Qual o número?"]


async def test_what_a_form_collected_joins_the_case_that_is_open():
    known = KnownFacts({"why": fact("why", "quebrou")})
    waiting = Case(3, CaseStatus.WAITING, "asked", MONDAY_10)
    outcome = await step(make_turn("quero devolver 12345", facts=known, case=waiting))
    assert OpenCase("form", {"order_number": "12345", "why": "quebrou"}) in outcome.changes


async def test_a_slot_for_free_words_does_not_swallow_the_question_itself():
    outcome = await step(make_turn("quero devolver 12345"))
    assert outcome.sends[0].text == "Por quê?"
    assert outcome.trail["step"] == "why"


async def test_a_form_that_needs_nothing_more_goes_to_a_person_at_once():
    known = KnownFacts({"why": fact("why", "quebrou")})
    outcome = await step(make_turn("quero devolver 12345", facts=known))
    assert OpenCase("form", {"order_number": "12345", "why": "quebrou"}) in outcome.changes
    assert [send.text for send in outcome.sends] == ["Anotado: quebrou.", "Alguém já vem."]


async def test_a_sentence_with_a_fact_says_the_fact():
    known = KnownFacts({"balance": fact("balance", "R$ 10")})
    outcome = await step(make_turn("qual meu saldo", facts=known))
    assert outcome.sends[0].text == "Seu saldo: R$ 10."


async def test_a_sentence_whose_fact_is_missing_is_not_said():
    assert await step(make_turn("qual meu saldo")) is None


async def test_a_refused_sentence_goes_on_and_only_names_are_logged():
    with capture_logs() as said:
        assert await step(make_turn("frase quebrada")) is None
        assert await step(make_turn("formulário quebrado")) is None
        assert await step(make_turn("qual meu saldo")) is None
    refused, _, missing = said
    assert refused == {
        "event": "draft_refused",
        "log_level": "warning",
        "sentence": "rules.broken.reply",
        "checks": ["variable"],
    }
    assert (missing["event"], missing["fact"]) == ("fact_missing", "balance")


async def test_one_number_does_not_answer_two_questions():
    outcome = await step(make_turn("quero trocar 12345"))
    assert outcome.sends[0].text == "Qual new_order?"
    both = await step(make_turn("quero trocar 12345 por 54321"))
    assert both.sends[0].text == "Trocado."
