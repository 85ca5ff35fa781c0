"""AskModels: in order, under one deadline, and nothing leaves that the facts do not bear out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot.memory.prompt import HUMAN_MARK
from bot.model import Fact, Form, KnownFacts, Media, Missing, Turn
from bot.outcome import OpenCase, Outcome, SetForm, SetTries, Verdict
from bot.prompt import Attempt, Completion, FactSpec, Prompt, Reply, Speaker
from handlers.ask_models import AskModels, Measure
from tests.handlers.conftest import CASE, MONDAY_10, Desk, make_turn

BALANCE = Fact("balance", "amount", "47.15", MONDAY_10, "shop", "USD")
WRONG, RIGHT = "Your balance is $127,549.32.", "Your balance is $47.15."
SPECS = {"balance": FactSpec("balance", "amount", {"en": ("balance",)})}


@dataclass
class Playing:
    """Plain functions play the models; every question is kept."""

    play: Callable[[Prompt, int], str | None]  # the prompt and how often it was asked before
    names: tuple[str, ...] = ("first", "second")
    asked: list[tuple[Prompt, float, int, str]] = field(default_factory=list)

    async def ask(self, prompt: Prompt, *, deadline: float, calls: int, only: str = "") -> Reply:
        said = self.play(prompt, len(self.asked))
        self.asked.append((prompt, deadline, calls, only))
        if said is None:
            failed = tuple(Attempt(name, "timeout", 1.0) for name in self.names)
            return Reply(None, failed)
        name = only or self.names[0]
        return Reply(Completion(said, name), (Attempt(name, "answered", 0.4, cost=7),))


def says(*answers: str | None) -> Playing:
    return Playing(lambda prompt, n: answers[n])


def asking(text: str = "hello, what is my balance?", **changes: object) -> Turn:
    facts = KnownFacts({"balance": BALANCE}, SPECS)
    turn = replace(make_turn(text), language="en", facts=facts)
    return replace(turn, **changes)


async def decided(models: Playing, turn: Turn, seen: bool = True) -> Outcome | Turn | None:
    return await AskModels(models, Desk(seen), Measure(calls=3))(turn)


async def test_an_answer_that_the_facts_bear_out_goes_to_the_customer():
    turn = asking()
    outcome = await decided(says(RIGHT), turn)
    assert isinstance(outcome, Outcome)
    assert (outcome.verdict, outcome.reason) == (Verdict.ANSWERED, "model")
    [sent] = outcome.sends
    assert (sent.text, sent.author, sent.answers) == (RIGHT, "model", turn.answers)
    assert outcome.asked.answered_by == "first"
    assert outcome.asked.refused == ()
    assert outcome.asked.shown.facts == ("balance",)


async def test_a_wrong_balance_is_never_sent_and_the_second_try_knows_the_reason():
    models = says(WRONG, RIGHT)
    outcome = await decided(models, asking())
    assert isinstance(outcome, Outcome)
    assert [sent.text for sent in outcome.sends] == [RIGHT]
    [refused] = outcome.asked.refused
    assert (refused.text, refused.checks) == (WRONG, ("amount",))
    second, _, calls, only = models.asked[1]
    assert (calls, only) == (2, "first")
    assert second.said[-1].speaker is Speaker.CUSTOMER
    assert second.said[-2].text == WRONG
    assert "127,549.32" in second.said[-1].text


async def test_who_lies_twice_is_not_asked_again_and_the_next_step_has_the_turn():
    models = says(WRONG, WRONG)
    passed = await decided(models, asking())
    assert isinstance(passed, Turn)
    assert len(models.asked) == 2
    assert passed.asked.answered_by == ""
    assert [draft.text for draft in passed.asked.refused] == [WRONG, WRONG]


async def test_without_the_fact_any_balance_is_refused_and_nothing_crashes():
    turn = asking(facts=KnownFacts({}, SPECS))
    assert isinstance(await turn.facts.get("balance"), Missing)
    passed = await decided(says(RIGHT, WRONG), turn)
    assert isinstance(passed, Turn)
    assert len(passed.asked.refused) == 2


async def test_models_that_are_all_down_leave_the_turn_to_the_rules():
    passed = await decided(says(None), asking())
    assert isinstance(passed, Turn)
    assert [each.result for each in passed.asked.attempts] == ["timeout", "timeout"]


async def test_a_model_that_goes_down_before_its_second_try_leaves_the_turn_to_the_rules():
    passed = await decided(says(WRONG, None), asking())
    assert isinstance(passed, Turn)
    assert len(passed.asked.refused) == 1


async def test_a_model_that_has_no_answer_is_not_pressed():
    models = says(HUMAN_MARK)
    passed = await decided(models, asking())
    assert isinstance(passed, Turn)
    assert len(models.asked) == 1
    assert passed.asked.refused == ()


async def test_a_model_may_answer_and_ask_for_a_person():
    outcome = await decided(says(f"I am sorry to hear that.\n{HUMAN_MARK}"), asking(tries=1))
    assert isinstance(outcome, Outcome)
    assert outcome.verdict is Verdict.HANDED_OFF
    assert [sent.text for sent in outcome.sends] == [
        "I am sorry to hear that.",
        "Somebody is coming.",
    ]
    assert OpenCase("model") in outcome.changes
    assert outcome.asked.answered_by == "first"


async def test_time_is_kept_for_those_who_come_after():
    models = says(RIGHT)
    turn = asking()
    await decided(models, turn)
    [(_, deadline, calls, only)] = models.asked
    assert deadline == turn.deadline - 0.75
    assert (calls, only) == (3, "")
    short = says(RIGHT)
    await decided(short, replace(turn, deadline=turn.now + 1))
    assert short.asked[0][1] == turn.now + 1 - 0.15


async def test_a_desk_without_models_and_a_message_without_words_pass():
    assert await AskModels(says(), Desk())(asking("  ")) is None
    nobody = Playing(lambda prompt, n: RIGHT, names=())
    assert await decided(nobody, asking()) is None
    assert nobody.asked == []


async def test_a_turn_that_failed_twice_is_not_paid_for_a_third_time():
    models = says(RIGHT, RIGHT)
    assert isinstance(await decided(models, asking(attempt=2)), Outcome)
    assert await decided(models, asking(attempt=3)) is None
    assert len(models.asked) == 1


async def test_a_good_answer_ends_the_count_of_failures_and_an_open_question():
    form = Form("human", "confirm", {}, "v1", MONDAY_10 + 60)
    outcome = await decided(says(RIGHT), asking(tries=1, form=form))
    assert isinstance(outcome, Outcome)
    assert set(outcome.changes) == {SetForm(None), SetTries(0)}


async def test_in_a_group_nothing_personal_is_shown_and_nobody_is_called():
    models = says(f"We are open from nine.\n{HUMAN_MARK}")
    outcome = await decided(models, asking("when do you open?", public=True))
    assert isinstance(outcome, Outcome)
    assert outcome.verdict is Verdict.ANSWERED
    assert "47.15" not in models.asked[0][0].personal


async def test_with_a_case_open_the_model_still_answers_while_nobody_holds_the_chat():
    outcome = await decided(says(RIGHT), asking(case=CASE))
    assert isinstance(outcome, Outcome)
    assert outcome.verdict is Verdict.ANSWERED


async def test_a_place_sent_alone_is_something_to_answer():
    place = Media("location", detail="Rua das Flores 12 (-19.93, -43.93)")
    (message,) = asking("").messages
    turn = asking("", messages=(replace(message, media=(place,)),))
    models = says("Noted.")
    outcome = await AskModels(models, Desk())(turn)
    assert isinstance(outcome, Outcome)
    assert "Rua das Flores 12" in models.asked[0][0].said[-1].text


async def test_a_voice_note_alone_is_not():
    (message,) = asking("").messages
    turn = asking("", messages=(replace(message, media=(Media("voice"),)),))
    assert await AskModels(says("Noted."), Desk())(turn) is None
