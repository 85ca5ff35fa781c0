"""A long answer as several messages, cut where a reader would pause.

Lengths are in UTF-16 code units, as platforms count them. Nothing is lost but blanks at the cuts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.delivery.borders import inseparable, sentence_ends

EARLIEST = 1 / 3  # of a message: a nicer cut before that is not worth a message of its own
LONGEST_SPAN = 1_000  # characters of a link or of bold text that are looked for

_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_LINE = re.compile(r"\n")
_BLANK = re.compile(r"(?<![$€£])\s+")  # an amount stays with its sign
# What Markdown reads as one: code, bold, italic, struck out, links. Never over a blank line, and
# not without end: whoever writes a thousand brackets must not keep us busy.
_SPANS = re.compile(
    r"(?P<tick>`+)(?!`)(?:(?!\n\s*\n).){1,600}?(?<!`)(?P=tick)(?!`)"
    r"|(?P<mark>\*{1,3}|_{1,3}|~~)(?=\S)(?:(?!\n\s*\n).){1,600}?(?<=\S)(?P=mark)"
    r"|!?\[(?:(?!\n\s*\n)[^\]]){0,300}\]\([^)\n]{0,600}\)",
    re.DOTALL,
)
_SIGN = re.compile(r"\\[!-/:-@\[-`{-~]|&#?\w{1,10};")  # one sign, though written as several
_FENCE = re.compile(r"^ {0,3}(?P<ticks>`{3,}|~{3,})(?P<info>[^\n`]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of the text that is better not cut."""

    start: int
    end: int
    opening: str = ""  # of a fenced block: its first line, so that it can be opened again
    closing: str = ""

    def holds(self, at: int) -> bool:
        return self.start < at < self.end


def split(text: str, most: int, *, marked: bool = False) -> tuple[str, ...]:
    """The text in parts of at most `most` UTF-16 code units, in order; at least one part.

    `marked` says that it is Markdown: formatting is not cut where that can be avoided, and a
    fenced block that has to be cut is closed and opened again.
    """
    if most < 2:
        raise ValueError("a part must have room for one character")
    parts: list[str] = []
    while _reach(text, most) < len(text):
        part, text = _first(text, most, marked)
        if part.strip():
            parts.append(part)
    if text.strip() or not parts:
        parts.append(text)
    return tuple(parts)


def _first(text: str, most: int, marked: bool) -> tuple[str, str]:
    """The first part, and the rest."""
    reach = _reach(text, most)
    fences = list(_fences(text)) if marked else []
    near = text[: reach + LONGEST_SPAN] if marked else ""
    spans = [*fences, *_inline(near, fences)]
    signs = [_Stretch(*found.span()) for found in _SIGN.finditer(near)]
    at = _cut(text, reach, spans, signs)
    fence = next((each for each in fences if each.holds(at)), None)
    if fence is not None:
        room = most - len(fence.closing) - 1
        inside = fence.start + len(fence.opening) + 1
        # A first line as long as a message cannot be repeated; the block is then cut as text.
        if _reach(text, room) > inside + len(fence.opening):
            at = _cut(text, _reach(text, room), spans, signs)
            if at > inside:
                part = text[:at].rstrip("\n")
                rest = text[at:].removeprefix("\n")
                return f"{part}\n{fence.closing}", f"{fence.opening}\n{rest}"
            at = fence.start or at
    return text[:at].rstrip(), text[at:].lstrip()


def _reach(text: str, units: int) -> int:
    """How many characters of the text fit into so many UTF-16 code units."""
    if len(text) * 2 <= units or (len(text) <= units and text.isascii()):
        return len(text)
    used = 0
    for at, sign in enumerate(text):
        used += 2 if sign > "\uffff" else 1
        if used > units:
            return at
    return len(text)


def _cut(text: str, reach: int, spans: list[_Stretch], signs: list[_Stretch]) -> int:
    """Where the first part ends: after at least one character, after `reach` at the most."""

    def whole(at: int) -> bool:
        return not any(span.holds(at) for span in spans)

    def anywhere(at: int) -> bool:
        return not any(sign.holds(at) for sign in signs)

    earliest = max(int(reach * EARLIEST), 1)
    for fits in (whole, anywhere):
        for borders in (_paragraphs, _lines, sentence_ends, _words):
            if at := _last(borders(text, reach), fits, earliest):
                return at
        if at := _last(_words(text, reach), fits, 1):
            return at
    for at in range(reach, 0, -1):
        if not inseparable(text, at) and anywhere(at):
            return at
    return reach


def _last(borders: Iterator[int], fits: Callable[[int], bool], earliest: int) -> int:
    found = [at for at in borders if at >= earliest]
    return next((at for at in reversed(found) if fits(at)), 0)


def _paragraphs(text: str, reach: int) -> Iterator[int]:
    return (found.start() for found in _PARAGRAPH.finditer(text) if found.start() <= reach)


def _lines(text: str, reach: int) -> Iterator[int]:
    return (found.start() for found in _LINE.finditer(text) if found.start() <= reach)


def _words(text: str, reach: int) -> Iterator[int]:
    return (found.start() for found in _BLANK.finditer(text) if found.start() <= reach)


def _fences(text: str) -> Iterator[_Stretch]:
    start: re.Match[str] | None = None
    for line in _FENCE.finditer(text):
        ticks = line["ticks"]
        if start is None:
            start = line
        elif ticks.startswith(start["ticks"]) and not line["info"].strip():
            yield _Stretch(start.start(), line.end(), start[0], start["ticks"])
            start = None
    if start is not None:
        yield _Stretch(start.start(), len(text) + 1, start[0], start["ticks"])


def _inline(text: str, fences: list[_Stretch]) -> Iterator[_Stretch]:
    for found in _SPANS.finditer(text):
        if not any(fence.holds(found.start() + 1) for fence in fences):
            yield _Stretch(*found.span())
