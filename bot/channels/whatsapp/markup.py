"""Markdown as WhatsApp shows it: *bold*, _italic_, ~struck~, `code`, ```blocks``` and > quotes.

Marks count only where they are tight to a word and end on the line on which they began (see
`guard.py` for what is assumed), so they are set line by line. Where one would not count, the words
stay and the mark is left out; what people wrote is never read as a mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from bot.channels.whatsapp.guard import FENCE, addresses, guards_of, is_wordy
from bot.words.runs import Run, Style, runs

BULLET = "- "  # WhatsApp shows it as a bullet
QUOTE = "> "
_MARKS = {Style.BOLD: "*", Style.ITALIC: "_", Style.STRUCK: "~", Style.CODE: "`"}


def marks(text: str) -> str:
    """Markdown as WhatsApp's marks. Never raises; "" when there is nothing to read in it."""
    lines = list(_lines(runs(text, BULLET)))
    bare: set[int] = set()
    while True:
        page = _Page()
        for n, line in enumerate(lines):
            page.begin(n)
            _set(line, page, marked=n not in bare)
        guards = guards_of(page.text, page.ours)
        broken = {
            line
            for at, line, opening in page.set
            if (at + 1 in guards.before if opening else at - 1 in guards.after)
        }
        if not broken:
            return guards.applied(page.text)
        bare |= broken  # a guard would stand between a mark and its word


def plain(text: str) -> str:
    """Markdown as reading text, with the bullets that WhatsApp knows."""
    return "".join(run.text for run in runs(text, BULLET))


@dataclass(slots=True)
class _Page:
    """What has been written so far, and which signs of it are marks of ours or stand in code."""

    text: str = ""
    ours: list[bool] = field(default_factory=list)
    set: list[tuple[int, int, bool]] = field(default_factory=list)  # place, line, whether it opens
    line: int = -1

    def begin(self, line: int) -> None:
        if line:
            self.add("\n")
        self.line = line

    def add(self, text: str, ours: bool = False) -> None:
        self.text += text
        self.ours += [ours] * len(text)

    def mark(self, mark: str, *, opening: bool) -> None:
        self.set.append((len(self.text), self.line, opening))
        self.add(mark, ours=True)


def _lines(read: Iterable[Run]) -> Iterator[list[Run]]:
    """The runs of each line; a block of code is one line."""
    line: list[Run] = []
    for run in read:
        if _is_block(run):
            line.append(run)
            continue
        first, *rest = run.text.split("\n")
        line.append(Run(first, run.formats))
        for text in rest:
            yield line
            line = [Run(text, run.formats)]
    yield line


def _is_block(run: Run) -> bool:
    return any(each.style is Style.BLOCK for each in run.formats)


def _set(line: Sequence[Run], page: _Page, *, marked: bool) -> None:
    """Write one line."""
    content = "".join(run.text for run in line)
    quoted = any(each.style is Style.QUOTE for run in line for each in run.formats)
    if quoted and content.strip():
        page.add(QUOTE, ours=True)
    for block, part in groupby(line, _is_block):
        if not block:
            _nest(list(part), 0, page, "\n", "\n", marked)
            continue
        code = "".join(run.text for run in part)
        if "`" in code or not code.strip():
            page.add(code)
        else:
            end = "\n" if _ends_in_address(code) else ""
            page.add(FENCE + code + end + FENCE, ours=True)


def _nest(
    line: Sequence[Run], depth: int, page: _Page, behind: str, ahead: str, marked: bool
) -> None:
    """Write runs with the marks of this depth and below around them.

    `behind` and `ahead`: what stands before and after them on their line.
    """
    groups = [list(group) for _, group in groupby(line, lambda run: _style(run, depth))]
    texts = ["".join(run.text for run in group) for group in groups]
    for n, group in enumerate(groups):
        before = behind + "".join(texts[:n])
        after = "".join(texts[n + 1 :]) + ahead
        style = _style(group[0], depth)
        if style is None:
            page.add(texts[n])
            continue
        lead, core, trail = _trimmed(group)
        before, after = before + lead, trail + after
        page.add(lead)
        words = "".join(run.text for run in core)
        if not marked or not _fits(words, style, before, after):
            _nest(core, depth + 1, page, before, after, marked)
        elif style is Style.CODE:
            page.add(f"`{words}`", ours=True)
        else:
            page.mark(_MARKS[style], opening=True)
            _nest(core, depth + 1, page, "\n", "\n", marked)
            page.mark(_MARKS[style], opening=False)
        page.add(trail)


def _style(run: Run, depth: int) -> Style | None:
    """The style at this depth, among those that have a mark."""
    styles = [each.style for each in run.formats if each.style in _MARKS]
    return styles[depth] if depth < len(styles) else None


def _trimmed(group: Sequence[Run]) -> tuple[str, list[Run], str]:
    """The blanks at both ends apart from what stands between them."""
    text = "".join(run.text for run in group)
    lead = text[: len(text) - len(text.lstrip())]
    trail = text[len(text.rstrip()) :] if text.strip() else ""
    start, end, core = len(lead), len(text) - len(trail), list[Run]()
    at = 0
    for run in group:
        kept = run.text[max(start - at, 0) : max(end - at, 0)]
        at += len(run.text)
        if kept:
            core.append(Run(kept, run.formats))
    return lead, core, trail


def _fits(words: str, style: Style, behind: str, ahead: str) -> bool:
    """Whether WhatsApp would read a mark around these words as one."""
    mark = _MARKS[style]
    if not words or _touches(behind[-1], mark) or _touches(ahead[0], mark):
        return False
    if _ends_in_address(behind) or _ends_in_address(words):
        return False
    if style is Style.CODE:
        return mark not in words
    if words[0] == mark or words[-1] == mark:
        return False
    return not any(mark in found[0] for found in addresses(words))


def _touches(sign: str, mark: str) -> bool:
    """Whether a mark beside this sign would be part of a word, an address or another mark."""
    return is_wordy(sign) or sign in (mark, "@")


def _ends_in_address(text: str) -> bool:
    """Whether an address would take in whatever is put behind this text."""
    if not text or text[-1].isspace():
        return False
    last = text.split()[-1]
    return any(found.end() == len(last) for found in addresses(last))
