"""The rules of templates/ answer what nothing before them has."""

from __future__ import annotations

from dataclasses import dataclass

from bot.desk.surface import StaffSurface
from bot.model import Turn
from bot.outcome import Outcome
from handlers.answer_intent import answer, recognised


@dataclass(frozen=True, slots=True)
class MatchRule:
    """Gives the reply of the topic that the burst is about, or begins its form."""

    surface: StaffSurface

    async def __call__(self, turn: Turn, /) -> Outcome | None:
        found = recognised(turn)
        return await answer(*found, turn, self.surface) if found else None
