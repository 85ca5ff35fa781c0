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
from bot.desk.surface import StaffSurface
from bot.model import Kind, Ownership, Turn
from bot.outcome import Change, OpenCase, Outcome, SetLanguage, Verdict
from bot.words.language import detect
from handlers.call_human import CallHuman
from handlers.ignore_noise import IgnoreNoise
from handlers.limit_customer import LimitCustomer
from handlers.match_rule import MatchRule
from handlers.obey_rule import ObeyRule
from handlers.open_form import left_behind
from handlers.relay_staff import RelayStaff
from handlers.run_command import RunCommand
from handlers.stay_impersonal import StayImpersonal
from handlers.yield_to_human import YieldToHuman


class Handler(Protocol):
    """One step of the road: decides, or returns None for "not mine, next"."""

    async def __call__(self, turn: Turn, /) -> Outcome | None:
        """Decide without writing anything or addressing anybody."""
        ...


def road(surface: StaffSurface) -> tuple[Handler, ...]:
    """The steps in order. Printing them prints the running configuration."""
    return (
        RelayStaff(),  #          what staff write goes to the customer
        IgnoreNoise(),  #         "ok" and "thanks" need no answer
        YieldToHuman(),  #        a person holds the chat: the bot is silent
        StayImpersonal(),  #      in a group: nothing that is about one person
        RunCommand(surface),  #   /help, "a person, please"
        LimitCustomer(),  #       too much: one polite notice, then silence
        ObeyRule(surface),  #     open forms and fixed answers
        MatchRule(surface),  #    the rules of templates/
        CallHuman(surface),  #    no answer: offer a person, then call one
    )


async def decide(turn: Turn, road: Sequence[Handler]) -> Outcome:
    """Walk the road in the customer's language. The trail names the step that decided."""
    understood = in_its_language(turn)
    for step in road:
        outcome = await step(understood)
        if outcome is not None:
            outcome = left_behind(understood, outcome)
            changes = (*_new_language(turn, understood, outcome), *outcome.changes)
            trail = {"step": type(step).__name__, **outcome.trail}
            return replace(outcome, changes=changes, trail=trail)
    raise LookupError("the last step of a road must always decide")


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
    changes = (OpenCase("dead"),) if turn.case is None else ()
    if turn.ownership is Ownership.HUMAN:
        return Outcome(Verdict.DEAD, "dead", changes=changes)
    sorry = line(
        "dead", {}, turn.book, to=turn.conversation, language=turn.language, seed=turn.seed
    )
    return Outcome(Verdict.DEAD, "dead", sends=(sorry,), changes=changes)
