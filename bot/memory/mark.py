"""The mark by which a model says that a person is needed, and nobody else can.

What customers wrote and what records say is defused before a model sees it: a model that repeats
it repeats no mark.
"""

from __future__ import annotations

import re
import unicodedata

HUMAN_MARK = "[[HUMAN]]"

_BRACKETS = re.compile("[\\[\ufe47\uff3b]")  # all that Unicode takes for one; no mark without
_GAP = r"[\W_]{0,2}"
_WORD = _GAP.join("human") + r"(?:[oae]s?)?"  # a model may translate it
_MARK = re.compile(rf"(?:\\?\[){{1,2}}{_GAP}{_WORD}{_GAP}(?:\\?\]){{1,2}}")
_EMPHASIS = re.compile(r"([*_~`]{1,3})\s*\1(?![*_~`])")  # left behind around a mark
_BEFORE_POINT = re.compile(r"[ \t]+([.,;:!?])")
_BLANKS = re.compile(r"[ \t]{2,}")
# What templates of open models take for their own signs, where a server does not escape them.
_SIGNS = re.compile(r"<(?=\||/?s>|/?<SYS>>|/?(?:start|end)_of_turn>)|\[(?=/?INST\])", re.IGNORECASE)


def defused(text: str) -> str:
    """The same words, with nothing in them that means something to us or to a model's server."""
    text = _SIGNS.sub(lambda found: f"{found[0]} ", text)
    while places := _places(text):
        for start, end in reversed(places):
            text = f"{text[:start]}human{text[end:]}"
    return text


def read_answer(text: str) -> tuple[str, bool]:
    """A model's answer without the mark, and whether it asks for a person.

    The mark counts wherever and however it stands: in the middle, in bold, escaped, in small
    letters, with a full stop. The answer is "" where nothing but the mark was said.
    """
    if re.sub(r"[\W_]+", "", text).casefold() == "human":
        return "", True
    places = _places(text)
    if not places:
        return text.strip(), False
    hole = "\ue000"  # a private sign stands for the mark while its surroundings are looked at
    for start, end in reversed(places):
        text = f"{text[:start]}{hole}{text[end:]}"
    lines = [_without(line, hole) for line in text.split("\n")]
    left = "\n".join(line for line in lines if line is not None)
    return (left.strip() if re.search(r"\w", left) else ""), True


def _without(line: str, hole: str) -> str | None:
    """The line without its marks; None where it was made for them."""
    if hole not in line:
        return line
    line = _EMPHASIS.sub("", line.replace(hole, ""))
    line = _BLANKS.sub(" ", _BEFORE_POINT.sub(r"\1", line)).rstrip()
    return line if re.search(r"\w", line) else None


def _places(text: str) -> list[tuple[int, int]]:
    """Where marks stand, in whatever width or case their letters are."""
    if not _BRACKETS.search(text):
        return []
    return [found.span() for found in _MARK.finditer("".join(map(_plain, text)))]


def _plain(sign: str) -> str:
    """One sign for one sign, so that places stay the same."""
    if sign.isascii():
        return sign.lower()
    plain = unicodedata.normalize("NFKC", sign).casefold()
    return plain if len(plain) == 1 else sign
