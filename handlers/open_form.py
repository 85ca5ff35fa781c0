"""The question in progress: which forms are still alive, and which are left behind."""

from __future__ import annotations

from dataclasses import replace

from bot.book import Book
from bot.model import Form, Turn
from bot.outcome import Erase, Outcome, SetForm, Verdict

FORM_SECONDS = 1800.0  # a question waits half an hour for its answer
CONFIRM = "confirm"  # the step of a question that wants a yes or a no
FORGET = "forget"  # "shall I delete everything?"
HUMAN = "human"  # "shall I call a person?"


def question(name: str, turn: Turn) -> Form:
    """A question of the bot's own that wants a yes or a no."""
    return Form(name, CONFIRM, {}, turn.book.version, turn.now + FORM_SECONDS)


def asked(turn: Turn, name: str) -> bool:
    """Whether that question is waiting for its answer."""
    form = _unexpired(turn)
    return form is not None and form.name == name


def form_in_progress(turn: Turn) -> Form | None:
    """The form of the book that is being filled in.

    A newer version of the book keeps it as long as the form and the question still exist.
    """
    form = _unexpired(turn)
    return form if form and _has_step(turn.book, form) else None


def anything_asked(turn: Turn) -> bool:
    """Whether a question of any kind is waiting for an answer."""
    return asked(turn, FORGET) or asked(turn, HUMAN) or form_in_progress(turn) is not None


def left_behind(turn: Turn, outcome: Outcome) -> Outcome:
    """The outcome, closing the form if the customer has walked past it.

    A form of the book survives a command in its middle ("help"); a yes-or-no question does
    not, nor does a form that has expired or that the book no longer knows. While a person
    holds the chat every form sleeps, and a message that was not read changes nothing.
    """
    unread = outcome.verdict in (Verdict.RELAYED, Verdict.LIMITED, Verdict.IGNORED, Verdict.DEAD)
    moved = any(isinstance(change, SetForm | Erase) for change in outcome.changes)
    if turn.form is None or unread or moved or form_in_progress(turn):
        return outcome
    return replace(outcome, changes=(*outcome.changes, SetForm(None)))


def _unexpired(turn: Turn) -> Form | None:
    return turn.form if turn.form and turn.now < turn.form.expires else None


def _has_step(book: Book, form: Form) -> bool:
    spec = book.forms.get(form.name)
    return spec is not None and any(slot.name == form.step for slot in spec.slots)
