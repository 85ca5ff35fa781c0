"""Texts remembered for speed, and forgetting them when a customer asks to be forgotten."""

from __future__ import annotations

from bot.rules import commands, match, wants_person
from bot.words import normalise


def forget_recent_texts() -> None:
    """Drop every text that matching has kept in this process, whoever wrote it.

    All of them, for they are not kept by person; the next messages cost a little more, no answer
    changes.
    """
    for remembered in (
        match._ranked,
        commands._recognised,
        wants_person._corrected,
        normalise.normalise,
    ):
        remembered.cache_clear()
