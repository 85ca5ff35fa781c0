"""What must not be left to a model: open forms, topics for people only, fixed answers."""

from __future__ import annotations

from dataclasses import dataclass

from bot.book import Answer
from bot.desk.surface import StaffSurface
from bot.model import Form, Turn
from bot.outcome import Outcome
from bot.rules.match import Match
from handlers.answer_intent import answer, recognised
from handlers.fill_form import ask_again, take
from handlers.open_form import form_in_progress


@dataclass(frozen=True, slots=True)
class ObeyRule:
    """Goes on with the form in progress; obeys `hand_off` and `answer: always`.

    Somebody who clearly asks for something else in the middle of a form gets that instead. A
    message without words, such as a voice note, is no answer to a form and no misfit either.
    """

    surface: StaffSurface

    async def __call__(self, turn: Turn, /) -> Outcome | None:
        form = form_in_progress(turn)
        if form and turn.text.strip():
            return await self._fill(form, turn)
        found = recognised(turn)
        if found is None:
            return None
        intent, match = found
        if not intent.hand_off and intent.answer is not Answer.ALWAYS:
            return None
        return await answer(intent, match, turn, self.surface)

    async def _fill(self, form: Form, turn: Turn) -> Outcome | None:
        if taken := await take(form, turn, self.surface):
            return taken
        if found := recognised(turn):
            intent, match = found
            if intent.form != form.name and _is_clear(match):
                return await answer(intent, match, turn, self.surface)
        return await ask_again(form, turn, self.surface)


def _is_clear(match: Match) -> bool:
    """Half-way between just good enough and perfect: an answer to a form is no question."""
    return match.score >= (match.threshold + 1.0) / 2
