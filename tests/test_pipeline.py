"""The road: its order, its walk, and what happens when it cannot be walked."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from bot import pipeline
from bot.model import Action, Case, CaseStatus, Form, Kind, Limit, Ownership, Turn
from bot.outcome import (
    Erase,
    KeepDrafts,
    OpenCase,
    Outcome,
    Outgoing,
    SetForm,
    SetLanguage,
    Urgency,
    Verdict,
)
from bot.pipeline import dead, decide, in_its_language, road
from bot.prompt import Asked, Attempt, RefusedDraft
from tests.handlers.conftest import (
    BOOK,
    CASE,
    CHAT,
    DESK,
    MONDAY_10,
    Desk,
    act,
    make_turn,
    said,
)

ROAD = road(Desk())
ORDER = Form("order", "order_number", {}, "v1", MONDAY_10 + 60)
FORGET = Form("forget", "confirm", {}, "v1", MONDAY_10 + 60)


@dataclass(frozen=True)
class Decides:
    """A step that gives the same answer to everything."""

    outcome: Outcome | None

    async def __call__(self, turn: Turn, /) -> Outcome | None:
        return self.outcome


@pytest.fixture(autouse=True)
def language_by_first_word(monkeypatch):
    """Detection itself is tested with the words; here "hello" is English, and that is all."""
    monkeypatch.setattr(
        pipeline, "detect", lambda text, languages: "en" if text.startswith("hello") else None
    )


def test_the_road_in_its_order():
    assert [type(step).__name__ for step in ROAD] == [
        "RelayStaff",
        "IgnoreNoise",
        "YieldToHuman",
        "StayImpersonal",
        "RunCommand",
        "LimitCustomer",
        "ObeyRule",
        "AskModels",
        "MatchRule",
        "CallHuman",
    ]


def test_printing_the_road_prints_its_configuration():
    assert repr(ROAD[-1]) == "CallHuman(surface=Desk(seen=True))"
    assert all(step == again for step, again in zip(ROAD, road(Desk()), strict=True))


async def test_the_first_to_decide_ends_the_walk():
    first, second = (Outcome(Verdict.ANSWERED, reason) for reason in ("first", "second"))
    outcome = await decide(make_turn("oi"), (Decides(None), Decides(first), Decides(second)))
    assert outcome == replace(first, trail={"step": "Decides"})


async def test_a_road_that_does_not_end_is_a_mistake_in_the_program():
    with pytest.raises(LookupError, match="always decide"):
        await decide(make_turn("oi"), (Decides(None),))


@pytest.mark.parametrize(
    ("turn", "step"),
    [
        (make_turn(act=act(Action.NOTE, "x"), case=CASE), "RelayStaff"),
        (make_turn("ok"), "IgnoreNoise"),
        (make_turn("help", ownership=Ownership.HUMAN), "YieldToHuman"),
        (make_turn("/human", public=True), "StayImpersonal"),
        (make_turn("/help", public=True), "RunCommand"),
        (make_turn("/help"), "RunCommand"),
        (make_turn("/help", limit=Limit.NOTICE), "LimitCustomer"),
        (make_turn("quero reclamar"), "ObeyRule"),
        (make_turn("qual o horário"), "MatchRule"),
        (make_turn("xyzzy"), "CallHuman"),
        (make_turn("frase quebrada"), "CallHuman"),
        (make_turn(messages=(said("", media=("voice",)),), form=ORDER), "CallHuman"),
        (make_turn(messages=(said("", media=("voice",)),), ownership=Ownership.HUMAN),
         "YieldToHuman"),
    ],
)  # fmt: skip
async def test_each_turn_is_decided_where_it_belongs(turn, step):
    assert (await decide(turn, ROAD)).trail["step"] == step


# Forms that are left behind


async def test_a_question_that_was_walked_past_is_closed():
    outcome = await decide(make_turn("qual o horário", form=FORGET), ROAD)
    assert outcome.reason == "rule"
    assert outcome.changes == (SetForm(None),)


@pytest.mark.parametrize(
    "form",
    [
        replace(ORDER, expires=MONDAY_10),
        replace(ORDER, step="vanished"),
        replace(FORGET, expires=MONDAY_10),
    ],
    ids=["expired", "gone from the book", "expired question"],
)
async def test_a_form_that_is_no_more_is_closed_by_the_next_message(form):
    assert SetForm(None) in (await decide(make_turn("/help", form=form), ROAD)).changes


async def test_a_form_survives_a_command_in_its_middle():
    assert (await decide(make_turn("/help", form=ORDER), ROAD)).changes == ()


async def test_a_question_does_not_survive_a_command():
    assert (await decide(make_turn("/help", form=FORGET), ROAD)).changes == (SetForm(None),)


@pytest.mark.parametrize(
    "turn",
    [
        make_turn("oi", form=FORGET, ownership=Ownership.HUMAN),
        make_turn("oi", form=FORGET, limit=Limit.NOTICE),
        make_turn(form=FORGET, act=act(Action.NOTE, "x"), case=CASE),
    ],
    ids=["held by a person", "limited", "a staff act"],
)
async def test_a_message_that_was_not_read_leaves_the_question_open(turn):
    assert (await decide(turn, ROAD)).changes == ()


async def test_a_form_is_closed_only_once():
    outcome = await decide(make_turn("sim", form=FORGET), ROAD)
    assert outcome.changes == (Erase(), SetForm(None))


# Language


def test_the_turn_is_read_in_the_language_it_is_written_in():
    assert in_its_language(make_turn("hello there")).language == "en"


@pytest.mark.parametrize(
    "turn",
    [
        make_turn("bom dia"),  # nothing found: the language stays
        make_turn(""),
        make_turn("hello", pinned_language=True),
        make_turn("/hello"),
        make_turn("hello", language="en"),
        make_turn(messages=(said("hello", button="/human"),)),
        make_turn(act=act(Action.REPLY, "hello")),
    ],
)
def test_otherwise_the_language_stays(turn):
    assert in_its_language(turn) is turn


def test_a_command_among_words_does_not_hide_them():
    turn = make_turn(messages=(said("/start", kind=Kind.COMMAND), said("hello", 2)))
    assert in_its_language(turn).language == "en"


async def test_a_new_language_is_answered_in_and_kept():
    outcome = await decide(make_turn("hello, opening hours"), ROAD)
    assert outcome.changes == (SetLanguage("en"),)
    assert outcome.sends[0].text == "Nine to six."


async def test_a_language_chosen_in_the_same_turn_wins():
    outcome = await decide(make_turn("hello", "/language pt"), ROAD)
    assert outcome.changes == (SetLanguage("pt", pinned=True),)


# Dead


def test_a_dead_turn_tells_the_customer_once_and_calls_a_person():
    assert dead(make_turn("oi", form=FORGET)) == Outcome(
        Verdict.DEAD,
        "dead",
        sends=(Outgoing(CHAT, "Algo deu errado aqui.", "system", answers=()),),
        changes=(OpenCase("dead"),),
    )


def test_a_dead_turn_opens_no_second_case():
    assert dead(make_turn("oi", case=CASE)).changes == ()


def test_a_dead_turn_says_nothing_while_a_person_holds_the_chat():
    held = Case(7, CaseStatus.CLAIMED, "asked", MONDAY_10, "ana")
    turn = make_turn("oi", case=held, ownership=Ownership.HUMAN)
    assert dead(turn) == Outcome(Verdict.DEAD, "dead")


def test_a_staff_act_that_died_is_told_to_its_author_only():
    turn = make_turn(act=act(Action.REPLY, "oi"), case=CASE)
    assert dead(turn) == Outcome(
        Verdict.DEAD,
        "dead_act",
        sends=(Outgoing(DESK, "Tente de novo.", "system", urgency=Urgency.INSIDE),),
    )


def test_the_book_of_these_tests_has_every_text_that_the_road_says():
    assert {"welcome", "dead", "unknown_offer"} <= set(BOOK.texts)


@dataclass(frozen=True)
class TriesInVain:
    """A step that cannot decide, and leaves what it has learnt."""

    asked: Asked

    async def __call__(self, turn: Turn, /) -> Turn:
        return replace(turn, asked=self.asked)


DRAFT = RefusedDraft("Seu saldo é $1", ("amount",), ("$1",), MONDAY_10)
IN_VAIN = Asked("openai", (Attempt("openai", "answered"),), refused=(DRAFT,))


async def test_what_a_step_has_learnt_in_vain_goes_on_to_those_after_it():
    answer = Outcome(Verdict.ANSWERED, "rule")
    outcome = await decide(make_turn("oi"), (TriesInVain(IN_VAIN), Decides(answer)))
    assert outcome.asked == IN_VAIN
    assert outcome.changes == (KeepDrafts((DRAFT,)),)
    assert outcome.trail == {"step": "Decides"}


async def test_a_case_that_opens_takes_the_drafts_along():
    earlier = replace(DRAFT, text="antes")
    turn = replace(make_turn("oi"), drafts=(earlier,))
    opens = Outcome(Verdict.HANDED_OFF, "no_answer", changes=(OpenCase("no_answer"),))
    outcome = await decide(turn, (TriesInVain(IN_VAIN), Decides(opens)))
    assert outcome.changes == (OpenCase("no_answer", drafts=(earlier, DRAFT)), KeepDrafts(()))


async def test_a_model_that_repeats_itself_is_shown_once():
    twice = replace(IN_VAIN, refused=(DRAFT, replace(DRAFT, at=MONDAY_10 + 1)))
    outcome = await decide(
        make_turn("oi"), (TriesInVain(twice), Decides(Outcome(Verdict.ANSWERED, "rule")))
    )
    assert outcome.changes == (KeepDrafts((replace(DRAFT, at=MONDAY_10 + 1),)),)


async def test_drafts_join_the_case_that_is_open():
    turn = replace(make_turn("oi"), case=CASE)
    outcome = await decide(turn, (TriesInVain(IN_VAIN), Decides(Outcome(Verdict.ANSWERED, "r"))))
    assert outcome.changes == (OpenCase(CASE.reason, drafts=(DRAFT,)),)


async def test_without_new_drafts_nothing_is_written():
    turn = replace(make_turn("oi"), drafts=(DRAFT,))
    outcome = await decide(turn, (Decides(Outcome(Verdict.ANSWERED, "rule")),))
    assert outcome.changes == ()
