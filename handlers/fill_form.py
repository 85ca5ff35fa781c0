"""One question after the other, each asked only when its answer is not known yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.book import FormSpec, Intent, Slot
from bot.checks.approve import line
from bot.desk.surface import StaffSurface
from bot.model import Fact, Form, Turn
from bot.outcome import Change, Origin, Outcome, Remember, SetForm, SetTries, Span, Verdict
from bot.rules.forms import find, next_slot
from handlers.open_form import FORM_SECONDS
from handlers.person import call_a_person
from handlers.sentence import say

# What was told longer ago may be about another order by now: better ask than guess.
REMEMBERED_SECONDS = 86_400.0
MOST_INVALID = 2  # answers in a row that do not fit, before a person is asked


async def begin(
    spec: FormSpec, intent: Intent, turn: Turn, surface: StaffSurface
) -> Outcome | None:
    """Start a form with what the message and earlier conversations already tell."""
    slots: dict[str, Span] = {}
    left = turn.text
    for slot in spec.slots:
        value = None if _takes_anything(slot, intent) else find(slot, left)
        if value is not None:
            slots[slot.name] = Span(value, Origin.CUSTOMER)
            left = left.replace(value, " ", 1)  # one number does not answer two questions
            continue
        fact = await turn.facts.get(slot.name)
        if isinstance(fact, Fact) and turn.now - fact.as_of <= REMEMBERED_SECONDS:
            slots[slot.name] = Span(fact.value, Origin.FACT, slot.name)
    heard = {name for name, span in slots.items() if span.origin is Origin.CUSTOMER}
    return await _go_on(spec, slots, heard, turn, surface)


async def take(form: Form, turn: Turn, surface: StaffSurface) -> Outcome | None:
    """Take the message as the answer to the question that was asked, or None if it fits not."""
    spec = turn.book.forms[form.name]
    value = find(_slot(spec, form.step), turn.text)
    if value is None:
        return None
    slots = {name: Span(text, Origin.CUSTOMER) for name, text in form.slots.items()}
    slots[form.step] = Span(value, Origin.CUSTOMER)
    return await _go_on(spec, slots, {form.step}, turn, surface)


async def ask_again(form: Form, turn: Turn, surface: StaffSurface) -> Outcome | None:
    """Say once what would fit; after a second misfit, a person takes over."""
    invalid = form.invalid + 1
    trail = {"form": form.name, "step": form.step}
    if invalid >= MOST_INVALID:
        sorry = line(
            "form_given_up",
            {},
            turn.book,
            to=turn.conversation,
            language=turn.language,
            answers=turn.answers,
            seed=turn.seed,
        )
        return await call_a_person(
            turn, surface, "form_given_up", details=form.slots, first=(sorry,), trail=trail
        )
    question = await say(_slot(turn.book.forms[form.name], form.step).invalid, turn)
    if question is None:
        return None
    moved = replace(
        form,
        invalid=invalid,
        book=turn.book.version,
        expires=turn.now + FORM_SECONDS,
    )
    changes = (SetForm(moved),)
    return Outcome(
        Verdict.ANSWERED, "form_invalid", sends=(question,), changes=changes, trail=trail
    )


async def _go_on(
    spec: FormSpec,
    slots: Mapping[str, Span],
    heard: set[str],
    turn: Turn,
    surface: StaffSurface,
) -> Outcome | None:
    """Ask the next question, or finish."""
    answers = {name: span.text for name, span in slots.items()}
    remembered = tuple(_remember(name, answers[name], turn) for name in answers if name in heard)
    missing = next_slot(spec, answers)
    if missing is None:
        return await _finish(spec, slots, remembered, turn, surface)
    question = await say(missing.ask, turn, slots=slots)
    if question is None:
        return None
    form = Form(spec.name, missing.name, answers, turn.book.version, turn.now + FORM_SECONDS)
    return Outcome(
        Verdict.ANSWERED,
        "form_question",
        sends=(question,),
        changes=(*remembered, SetForm(form), *_good(turn)),
        trail={"form": spec.name, "step": missing.name},
    )


async def _finish(
    spec: FormSpec,
    slots: Mapping[str, Span],
    remembered: tuple[Change, ...],
    turn: Turn,
    surface: StaffSurface,
) -> Outcome | None:
    done = await say(spec.done, turn, slots=slots) if spec.done else None
    trail = {"form": spec.name}
    if _goes_to_a_person(spec, turn):
        details = {name: span.text for name, span in slots.items()}
        return await call_a_person(
            turn,
            surface,
            "form",
            details=details,
            first=(done,) if done else (),
            changes=remembered,
            trail=trail,
        )
    if done is None:
        return None
    closed: tuple[Change, ...] = (SetForm(None),) if turn.form else ()
    changes = (*remembered, *closed, *_good(turn))
    return Outcome(Verdict.ANSWERED, "form_done", sends=(done,), changes=changes, trail=trail)


def _goes_to_a_person(spec: FormSpec, turn: Turn) -> bool:
    """By the form's own word, or because the topic that opens it always does."""
    openers = (intent for intent in turn.book.intents if intent.form == spec.name)
    return spec.hand_off or any(intent.hand_off for intent in openers)


def _takes_anything(slot: Slot, intent: Intent) -> bool:
    """Whether the slot cannot tell an answer from the question that opened the form.

    A slot for free words would swallow "where is my order" as its answer.
    """
    examples = [text for texts in intent.examples.values() for text in texts]
    return bool(examples) and all(find(slot, text) is not None for text in examples)


def _slot(spec: FormSpec, name: str) -> Slot:
    return next(slot for slot in spec.slots if slot.name == name)


def _remember(name: str, value: str, turn: Turn) -> Remember:
    return Remember(Fact(name, kind="text", value=value, as_of=turn.now, source="customer"))


def _good(turn: Turn) -> tuple[Change, ...]:
    return (SetTries(0),) if turn.tries else ()
