"""Markdown as the house writes it: what counts as formatting, and how foreign words stay words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

DEEPEST = 20  # lists and quotes inside each other; what lies deeper is read as text

# Every character that can begin, end or make up formatting; a backslash takes its meaning away.
_SIGNS = re.compile(r"[\\`*_\[\]<>()#+\-.!|~&=]")
# Line breaks, and blanks at the ends: Markdown would join, trim or indent by them. A reference
# to a control character would be replaced; as it stands, it is kept wherever it is not trimmed.
_BREAKS = re.compile(r"[^\S \x0b\x1c-\x1f\x85]|^ +| +$")
# Without one of these, no text is formatted. A cheap look before the parser's long one.
_SUSPECTS = re.compile(r"[\\`*_\[<&|~]|^\s*(?:[#>+=\-]|\d+[.)])", re.MULTILINE)
_PLAIN = frozenset({"paragraph_open", "paragraph_close", "inline", "text", "softbreak"})


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # not for a house that formats nothing

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST})
    # An indent is an indent: code stands between fences.
    return parser.enable(["table", "strikethrough"]).disable(["text_join", "code"])


def parsed(text: str) -> Sequence[Token]:
    """The text's blocks. Raw HTML, and whatever else is not Markdown, is text."""
    return _parser().parse(text)


def escaped(text: str) -> str:
    """Foreign words as Markdown that reads as exactly these words, wherever it is put."""
    return _BREAKS.sub(_referred, _SIGNS.sub(r"\\\g<0>", text))


def needs_marking(text: str) -> bool:
    """Whether Markdown would show this text differently from how it is written.

    Blank lines and indents alone do not count.
    """
    if not _SUSPECTS.search(text):
        return False
    return any(token.type not in _PLAIN for token in _all(parsed(text)))


def _referred(match: re.Match[str]) -> str:
    return "".join(f"&#{ord(sign)};" for sign in match[0])


def _all(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _all(token.children or ())
