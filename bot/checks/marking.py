"""Which words of an answer are formatting, and which are only words.

The book's and a model's Markdown stands as it is; what a customer or a fact says is written so
that it reads literally, whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from bot.outcome import Origin, Span
from bot.words.markdown import escaped, needs_marking

_HOLE = "\ue000"  # stands for a value while the sentence around it is looked at
_TICKS = re.compile(r"\\[\\`]|`+")
_TARGET = re.compile(r"\]\([^()\s]*\)")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_OF_AN_ADDRESS = "/:?#@&=%+,~$!"


def marked(spans: Sequence[Span]) -> str:
    """The text in Markdown, or "" where the sentence itself formats nothing."""
    values = [span.text for span in spans if not _formats(span)]
    sentence = "".join(
        span.text.replace(_HOLE, "") if _formats(span) else _HOLE for span in spans
    ).strip()
    if not needs_marking(sentence.replace(_HOLE, "x")):
        return ""
    code, targets = list(_code(sentence)), list(_targets(sentence))
    written: list[str] = []
    for place, sign in enumerate(sentence):
        if sign != _HOLE:
            written.append(sign)
            continue
        value = values.pop(0)
        if any(place in stretch for stretch in code):
            written.append(_in_code(value))
        elif any(place in stretch for stretch in targets):
            written.append(quote(value, safe=_OF_AN_ADDRESS))
        else:
            written.append(escaped(value))
    return "".join(written)


def _formats(span: Span) -> bool:
    """Values of a line are the book's as well, but they are no sentences."""
    of_the_book = span.origin is Origin.BOOK and not span.name.startswith("values.")
    return of_the_book or span.origin is Origin.MODEL


def _code(text: str) -> Iterator[range]:
    """The stretches between two runs of as many backticks, where nothing can be escaped."""
    place = 0
    while ticks := _TICKS.search(text, place):
        place = ticks.end()
        if ticks[0].startswith("\\"):
            continue
        same = re.compile(rf"(?<!`){ticks[0]}(?!`)").search(text, place)
        if same is None:
            continue
        fenced = len(ticks[0]) > 2 and text[ticks.start() - 1 : ticks.start()] in ("", "\n")
        if fenced or not _BLANK_LINE.search(text, place, same.start()):
            yield range(place, same.start())
            place = same.end()


def _targets(text: str) -> Iterator[range]:
    """Where a link leads to: an address, in which a blank or a bracket would end the link."""
    for found in _TARGET.finditer(text):
        yield range(found.start() + 2, found.end() - 1)


def _in_code(value: str) -> str:
    return " ".join(value.replace("`", "\u02cb").split())
