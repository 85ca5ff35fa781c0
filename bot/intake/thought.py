"""Whether somebody who has written this has said it all. Pure, and no model: it is asked often.

A customer writes one thought in several messages: "oi", "queria saber", "do meu pedido". What
tells that more is to come stands at the end of the last message, and in whether anything has been
asked at all. The words are Portuguese, English and Spanish (`phrases.py`); in any other language
signs and length decide.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum

from bot.intake.phrases import (
    ANSWERS,
    ASKING,
    CLOSINGS,
    DANGLING,
    ENDINGS,
    FILLERS,
    GREETINGS,
    LONGEST,
    PREFACES,
    WISHES,
)
from bot.words.normalise import plain, words_of


class Thought(Enum):
    """How far a thought has got. The value is the share of the pause that it is waited for."""

    WHOLE = 0.0  # a question, a closing word, a voice note
    LIKELY = 0.05  # reads like all of it
    ALBUM = 0.15  # a picture: those sent with it arrive within a second or so
    UNSURE = 0.75  # a statement: details often follow
    OPEN = 1.0  # nothing asked yet, or broken off


@dataclass(frozen=True, slots=True)
class Piece:
    """One message of a burst, as far as it tells whether another follows."""

    text: str
    media: tuple[str, ...] = ()  # kinds


# Pictures come in albums and with a word about them; a voice note says what it has to say.
_SHOWN = frozenset({"photo", "image", "video", "animation", "document"})
_WORDS_OF_A_WHISPER = 2  # so few words are seldom a whole question
_WORDS_OF_A_SENTENCE = 4
_LONG = 12  # words: whoever writes so much at once does not write in pieces

# Read after `plain`, which has made the wide forms of other scripts narrow.
_ASKS = re.compile(r"[?؟⸮՞፧]['\"”»)\]}!.]*$")
_ASKS_IN_GREEK = re.compile(r"[\u0370-\u03ff]\s*;$")
_ENDS = re.compile(r"[.!。।۔]['\"”»)\]}]*$")
_BREAKS_OFF = re.compile(r"(?:\.\.+|[,;:、،–—(\[{/&+]|\s-+)$")
_ITEM = re.compile(r"^\s*(?:\d{1,2}\s*[.)ºª-]|[-*•])\s*\S")
_NO_SPACES = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
# Behind what was said: ":(" does not break it off, and a laugh after a question asks nothing more.
_SMILE = re.compile(
    r"(?:(?<=[\s?!.])[:;=]['-]?[()\[\]/|dpo3*]+|(?<=[?!])\s+(?:k+|(?:rs)+|(?:[hj][aei]){2,}h?|lol))$"
)
_TAIL = re.compile(r"[\s\ufe0f\u200d\u2190-\u2bff\U0001f000-\U0001faff]+$")  # emoji, white space


def thought_of(pieces: Sequence[Piece], *, asked: bool = False) -> Thought:
    """How far somebody has got who has written these, in this order, and nothing since.

    `asked`: we have asked for something, so that a word or a number is a whole answer.
    """
    last = pieces[-1]
    if last.media and not last.text.strip():
        return _of_media(last, pieces)
    thought = _of_text(pieces, asked)
    if last.media and thought.value < Thought.ALBUM.value:
        return Thought.ALBUM if _is_shown(last) else thought
    return thought


def _of_media(last: Piece, pieces: Sequence[Piece]) -> Thought:
    if not _is_shown(last):
        return Thought.WHOLE
    asked = any(_ASKS.search(_stripped(piece.text)) for piece in pieces)
    return Thought.ALBUM if asked else Thought.OPEN


def _is_shown(piece: Piece) -> bool:
    return not _SHOWN.isdisjoint(piece.media)


def _of_text(pieces: Sequence[Piece], asked: bool) -> Thought:
    text = _stripped(pieces[-1].text)
    words = words_of(text)
    matter = _matter(words)
    asks = bool(_ASKS.search(text))
    if not text or (_BREAKS_OFF.search(text) and not asks):
        # Signs without words, such as a heart, say nothing that would be answered.
        return Thought.OPEN if pieces[-1].text.strip(" .,") or len(pieces) > 1 else Thought.UNSURE
    before = any(_matter(_words(piece.text)) or piece.media for piece in pieces[:-1])
    if _closes(words):
        return Thought.WHOLE
    if " ".join(words) in ANSWERS:
        return Thought.LIKELY
    if not matter:
        return Thought.WHOLE if asks and not words else _of_nothing(before, asks, asked)
    if _announces(matter, asks) or _ITEM.match(text):
        return Thought.OPEN
    if asks:
        return Thought.WHOLE
    if words[-1] in DANGLING and not _ENDS.search(text):
        return Thought.OPEN
    return _of_statement(matter, text, asked=asked, alone=len(pieces) == 1)


def _of_nothing(before: bool, asks: bool, asked: bool) -> Thought:
    """Only greetings and fillers: "oi", "tudo bem?", "então"."""
    if asked:
        return Thought.LIKELY
    return Thought.UNSURE if before and not asks else Thought.OPEN


def _of_statement(matter: list[str], text: str, *, asked: bool, alone: bool) -> Thought:
    if asked:
        return Thought.LIKELY
    if not alone:
        return Thought.OPEN  # whoever has gone on once goes on, until there is a sign of the end
    length = max(len(matter), len(_NO_SPACES.findall(text)) // 2)
    asked_for = (_begins_with(matter, ASKING) and length > _WORDS_OF_A_WHISPER) or (
        _begins_with(matter, WISHES) and length > _WORDS_OF_A_SENTENCE
    )
    ends = bool(_ENDS.search(text)) and length >= _WORDS_OF_A_SENTENCE
    if asked_for or ends or length >= _LONG:
        return Thought.LIKELY
    return Thought.UNSURE if length >= _WORDS_OF_A_SENTENCE else Thought.OPEN


def _stripped(text: str) -> str:
    text = _TAIL.sub("", plain(text))
    text = _TAIL.sub("", _SMILE.sub("", text))
    return f"{text}?" if _ASKS_IN_GREEK.search(text) else text


def _words(text: str) -> list[str]:
    return words_of(plain(text))


def _closes(words: list[str]) -> bool:
    return bool(words) and _ends_with(words, CLOSINGS)


def _announces(matter: list[str], asks: bool) -> bool:
    if asks and len(matter) > 1 and matter[-1] in ENDINGS:
        return False
    return _ends_with(matter, PREFACES)


def _matter(words: list[str]) -> list[str]:
    """What is left of a message without the greetings and fillers in front of it."""
    start = 0
    while length := _longest_at(words, start, (GREETINGS, FILLERS)):
        start += length
    return words[start:]


def _longest_at(words: list[str], start: int, kinds: Sequence[Collection[str]]) -> int:
    for length in range(min(LONGEST, len(words) - start), 0, -1):
        phrase = " ".join(words[start : start + length])
        if any(phrase in kind for kind in kinds):
            return length
    return 0


def _begins_with(words: list[str], phrases: Collection[str]) -> bool:
    return bool(_longest_at(words, 0, (phrases,)))


def _ends_with(words: list[str], phrases: Collection[str]) -> bool:
    return any(" ".join(words[-length:]) in phrases for length in range(1, LONGEST + 1))
