""" "ok", "thanks" and a thumbs up need no answer."""

from __future__ import annotations

from dataclasses import dataclass

from bot.book import Book
from bot.model import Incoming, Kind, Limit, Turn
from bot.outcome import Outcome, Verdict
from bot.rules.noise import is_noise
from handlers.open_form import anything_asked


@dataclass(frozen=True, slots=True)
class IgnoreNoise:
    """A burst of nothing but noise stays unanswered, to the bot and to a person alike.

    Not while a question waits: "ok" may be its answer. Nor when the customer is to be told
    about the limit: that is said once an hour and must not be lost on an "ok".
    """

    async def __call__(self, turn: Turn, /) -> Outcome | None:
        if anything_asked(turn) or turn.limit is not Limit.PASS:
            return None
        if not all(_needs_no_answer(message, turn.book) for message in turn.messages):
            return None
        return Outcome(Verdict.IGNORED, "noise")


def _needs_no_answer(message: Incoming, book: Book) -> bool:
    if message.kind in (Kind.BUTTON, Kind.COMMAND):
        return False
    if message.media:
        stickers = all(media.kind == "sticker" for media in message.media)
        return stickers and (not message.said.strip() or is_noise(message.said, book))
    return is_noise(message.said, book)
