"""The end of the road: say honestly that there is no answer, and offer or call a person."""

from __future__ import annotations

from dataclasses import dataclass

from bot.book import Book
from bot.checks.approve import line
from bot.checks.labels import labelled, tap
from bot.checks.values import BookName
from bot.desk.surface import StaffSurface
from bot.model import Turn
from bot.outcome import Button, Outcome, SetForm, SetTries, Verdict
from bot.prompt import Asked
from handlers.open_form import HUMAN, question
from handlers.person import call_a_person
from handlers.stay_impersonal import in_private

MENU_BUTTONS = 2  # beside the one for a person: three are what every channel can show


@dataclass(frozen=True, slots=True)
class CallHuman:
    """Always decides. The first failure offers a person, the second calls one unasked.

    Where models were to answer and could not, the failure is ours: a person is called at once,
    with what was not let out on the card. A model that says it does not know is no such failure.
    A voice note or a picture alone is told what can be read here; that is no failure. In a group
    nobody is called: the customer is asked into a private chat.
    """

    surface: StaffSurface

    async def __call__(self, turn: Turn, /) -> Outcome:
        if turn.public:
            return in_private(turn)
        if not turn.text.strip() and any(message.media for message in turn.messages):
            return _not_readable(turn)
        if turn.case is not None or turn.tries:
            return await call_a_person(turn, self.surface, "no_answer")
        if reason := _failure(turn.asked):
            return await call_a_person(turn, self.surface, reason)
        offer = line(
            "unknown_offer",
            {},
            turn.book,
            to=turn.conversation,
            language=turn.language,
            answers=turn.answers,
            buttons=(_person(turn), *_menu(turn)),
            seed=turn.seed,
        )
        changes = (SetTries(1), SetForm(question(HUMAN, turn)))
        return Outcome(Verdict.ANSWERED, "unknown_offer", sends=(offer,), changes=changes)


def _failure(asked: Asked | None) -> str:
    """Why no model has answered; "" where none was to, or where one had nothing to say."""
    if asked is None or not asked.attempts:
        return ""
    if asked.refused:
        return "unconfirmed"
    answered = any(attempt.result == "answered" for attempt in asked.attempts)
    return "" if answered else "models_down"


def _not_readable(turn: Turn) -> Outcome:
    kind = next(media.kind for message in turn.messages for media in message.media)
    sorry = line(
        "media_unsupported",
        {"kind": BookName(_kind(kind, turn.book))},
        turn.book,
        to=turn.conversation,
        language=turn.language,
        answers=turn.answers,
        buttons=(_person(turn),),
        seed=turn.seed,
    )
    return Outcome(Verdict.ANSWERED, "media_unsupported", sends=(sorry,))


def _kind(kind: str, book: Book) -> str:
    """The book's word for it; the channel's own is never repeated."""
    return f"kind_{kind}" if f"kind_{kind}" in book.texts else "kind_other"


def _person(turn: Turn) -> Button:
    return tap("button_human", "/human", turn.book, turn.language)


def _menu(turn: Turn) -> tuple[Button, ...]:
    topics = [spec for spec in turn.book.menu if spec.value != "/human"]
    return labelled(topics[:MENU_BUTTONS], turn.book, turn.language)
