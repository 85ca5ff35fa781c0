"""What a rule does once its topic is recognised: the engine of ObeyRule and of MatchRule."""

from __future__ import annotations

from bot.book import Book, Intent
from bot.desk.surface import StaffSurface
from bot.model import Turn
from bot.outcome import Change, Outcome, SetForm, SetTries, Verdict
from bot.rules.match import Match, classify
from bot.rules.personal import for_everybody
from handlers.fill_form import begin
from handlers.person import call_a_person
from handlers.sentence import say


def recognised(turn: Turn) -> tuple[Intent, Match] | None:
    """The rule that decides what the burst is about, if one is sure enough and says anything."""
    if not turn.text.strip():
        return None
    match = classify(turn.text, turn.book, turn.language)
    intent = _intent(turn.book, match.intent)
    return (intent, match) if intent and intent.decides else None


async def answer(intent: Intent, match: Match, turn: Turn, surface: StaffSurface) -> Outcome | None:
    """Begin the rule's form, hand over to a person, or give its reply.

    None when the sentence may not go out: the next step answers then.
    """
    trail = {"intent": intent.name, "score": round(match.score, 3)}
    if intent.form:
        begun = await begin(turn.book.forms[intent.form], intent, turn, surface)
        return begun and _with_trail(begun, trail)
    buttons = for_everybody(intent.buttons, turn.book) if turn.public else intent.buttons
    reply = await say(intent.reply, turn, buttons=buttons) if intent.reply else None
    if intent.hand_off:
        return await call_a_person(
            turn,
            surface,
            "topic",
            details={"topic": intent.name},
            first=(reply,) if reply else (),
            trail=trail,
        )
    if reply is None:
        return None
    form: tuple[Change, ...] = (SetForm(None),) if turn.form else ()
    tries: tuple[Change, ...] = (SetTries(0),) if turn.tries else ()
    return Outcome(Verdict.ANSWERED, "rule", sends=(reply,), changes=form + tries, trail=trail)


def _intent(book: Book, name: str | None) -> Intent | None:
    return next((intent for intent in book.intents if intent.name == name), None)


def _with_trail(outcome: Outcome, trail: dict[str, object]) -> Outcome:
    return Outcome(
        outcome.verdict,
        outcome.reason,
        outcome.sends,
        outcome.changes,
        {**trail, **outcome.trail},
    )
