"""The road. Start reading here.

Every message that comes in walks down this list. Each step either decides what happens and
ends the walk, or passes the message on; the last one always decides. Nothing is sent and
nothing is stored on the way: a decision is data, which one place records and one place sends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from bot.checks.approve import inside, line
from bot.desk.invitation import Invitations
from bot.desk.surface import StaffSurface
from bot.model import Kind, Ownership, Turn
from bot.outcome import Change, KeepDrafts, OpenCase, Outcome, SetLanguage, Verdict
from bot.prompt import MOST_DRAFTS
from bot.words.language import detect
from handlers.ask_models import AskModels, Measure, Models, NoModels
from handlers.call_human import CallHuman
from handlers.ignore_noise import IgnoreNoise
from handlers.limit_customer import LimitCustomer
from handlers.match_rule import MatchRule
from handlers.obey_rule import ObeyRule
from handlers.open_form import left_behind
from handlers.relay_staff import NO_INVITATIONS, RelayStaff
from handlers.run_command import RunCommand
from handlers.stay_impersonal import StayImpersonal
from handlers.yield_to_human import YieldToHuman

NO_MODELS = NoModels()
USUAL = Measure()


class Handler(Protocol):
    """One step of the road: decides, or returns None for "not mine, next".

    One that has tried in vain returns the turn with what it has learnt, for those after it.
    """

    async def __call__(self, turn: Turn, /) -> Outcome | Turn | None:
        """Decide without writing anything or addressing anybody."""
        ...


def road(
    surface: StaffSurface,
    models: Models = NO_MODELS,
    measure: Measure = USUAL,
    invitations: Invitations = NO_INVITATIONS,
) -> tuple[Handler, ...]:
    """The steps in order. Printing them prints the running configuration."""
    return (
        RelayStaff(invitations),  # what staff write goes to the customer
        IgnoreNoise(),  #         "ok" and "thanks" need no answer
        YieldToHuman(),  #        a person holds the chat: the bot is silent
        StayImpersonal(),  #      in a group: nothing that is about one person
        RunCommand(surface),  #   /help, "a person, please"
        LimitCustomer(),  #       too much: one polite notice, then silence
        ObeyRule(surface),  #     open forms and fixed answers
        AskModels(models, surface, measure),  # a model, if the facts bear its answer out
        MatchRule(surface),  #    the rules of templates/
        CallHuman(surface),  #    no answer: offer a person, then call one
    )


async def decide(turn: Turn, road: Sequence[Handler]) -> Outcome:
    """Walk the road in the customer's language. The trail names the step that decided."""
    walking = understood = in_its_language(turn)
    for step in road:
        result = await step(walking)
        if isinstance(result, Turn):
            walking = result
        elif result is not None:
            outcome = with_drafts(walking, left_behind(walking, result))
            changes = (*_new_language(turn, understood, outcome), *outcome.changes)
            trail = {"step": type(step).__name__, **outcome.trail}
            asked = outcome.asked or walking.asked
            return replace(outcome, changes=changes, trail=trail, asked=asked)
    raise LookupError("the last step of a road must always decide")


def with_drafts(turn: Turn, outcome: Outcome) -> Outcome:
    """The outcome, with what models were not let say on its way to the person who takes over.

    It goes with the case that opens or is open; without one it is remembered for a while.
    """
    asked = outcome.asked or turn.asked
    new = asked.refused if asked else ()
    # A model that repeats itself is shown once.
    drafts = tuple({draft.text: draft for draft in (*turn.drafts, *new)}.values())[-MOST_DRAFTS:]
    if not drafts:
        return outcome
    opens = any(isinstance(change, OpenCase) for change in outcome.changes)
    changes = tuple(
        replace(change, drafts=drafts) if isinstance(change, OpenCase) else change
        for change in outcome.changes
    )
    if opens:
        changes += (KeepDrafts(()),) if turn.drafts else ()
    elif new and turn.case is not None:
        changes += (OpenCase(turn.case.reason, drafts=drafts),)
    elif new:
        changes += (KeepDrafts(drafts),)
    return replace(outcome, changes=changes)


def in_its_language(turn: Turn) -> Turn:
    """The turn in the language that the customer writes, when that can be told.

    A language chosen by command stays; commands, buttons and staff acts tell nothing.
    """
    if turn.act is not None or turn.pinned_language:
        return turn
    typed = (m.text for m in turn.messages if m.kind is not Kind.BUTTON)
    text = "\n".join(text for text in typed if not text.startswith("/"))
    found = detect(text, turn.book.languages) if text.strip() else None
    return replace(turn, language=found) if found and found != turn.language else turn


def _new_language(before: Turn, after: Turn, outcome: Outcome) -> tuple[Change, ...]:
    chosen = any(isinstance(change, SetLanguage) for change in outcome.changes)
    same = before.language == after.language
    return () if same or chosen else (SetLanguage(after.language),)


def dead(turn: Turn) -> Outcome:
    """What becomes of a turn that could not be decided: a person looks at it.

    The customer is told once, without any promise of a time, but not while a person holds the
    chat. When it was a staff member's act, that person is told instead, and can do it again.
    """
    if turn.act is not None:
        language = turn.book.default_language
        failed = inside("staff_failed", {}, turn.book, to=turn.act.surface, language=language)
        return Outcome(Verdict.DEAD, "dead_act", sends=(failed,))
    changes = (OpenCase("dead", drafts=turn.drafts),) if turn.case is None else ()
    if turn.ownership is Ownership.HUMAN:
        return Outcome(Verdict.DEAD, "dead", changes=changes)
    sorry = line(
        "dead", {}, turn.book, to=turn.conversation, language=turn.language, seed=turn.seed
    )
    return Outcome(Verdict.DEAD, "dead", sends=(sorry,), changes=changes)
