"""Markdown read into runs: stretches of text, each with the formats around it.

What a platform shows of a format is its own affair (`bot/channels/*/markup.py`); what there is to
show is decided here, once for all. Code stands alone, links and quotes do not nest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.words.markdown import parsed

if TYPE_CHECKING:
    from markdown_it.token import Token

BULLET = "• "
_SHOWN = ("tel:", "mailto:")  # links whose target is worth reading
_LINKS = ("http://", "https://", *_SHOWN)
_LANGUAGE = re.compile(r"[\w+#.-]{1,32}", re.ASCII)
_RULE = "———"
_INDENT = "  "


class Style(StrEnum):
    """How a stretch of text is to look."""

    BOLD = "strong"
    ITALIC = "em"
    STRUCK = "s"
    LINK = "link"
    CODE = "code"  # within a line
    BLOCK = "block"  # of code
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Format:
    """A style around a run; `value` is the link's target or the code's language."""

    style: Style
    value: str = ""


Formats = tuple[Format, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Some text in one format."""

    text: str
    formats: Formats = ()
    only_plain: bool = False  # the target of a link, where links do not show it themselves


def runs(text: str, bullet: str = BULLET) -> list[Run]:
    """Markdown as runs, in order. Never raises; empty when there is nothing to read in it."""
    return _joined(_blocks(iter(parsed(text)), (), 0, bullet), "\n\n", ())


def plain(text: str) -> str:
    """Markdown as one would read it aloud: no signs of formatting, targets behind their links."""
    return "".join(run.text for run in runs(text))


def _joined(blocks: Iterable[Sequence[Run]], between: str, formats: Formats) -> list[Run]:
    joined: list[Run] = []
    for block in blocks:
        if joined and block:
            joined.append(Run(between, formats))
        joined += block
    return joined


def _blocks(
    tokens: Iterator[Token], formats: Formats, depth: int, bullet: str
) -> Iterator[list[Run]]:
    """The blocks up to the end of the one that holds them; `depth` counts lists around them."""
    for token in tokens:
        match token.type:
            case "paragraph_open":
                yield _line(tokens, formats)
            case "heading_open":
                yield _line(tokens, _with(formats, Format(Style.BOLD)))
            case "bullet_list_open" | "ordered_list_open":
                yield _list(tokens, token, formats, depth, bullet)
            case "blockquote_open":
                quoted = _with(formats, Format(Style.QUOTE))
                yield _joined(_blocks(tokens, quoted, depth, bullet), "\n\n", quoted)
            case "table_open":
                yield _table(tokens, formats)
            case "fence":
                language = _LANGUAGE.match(token.info.strip())
                code = Format(Style.BLOCK, language[0] if language else "")
                yield [Run(token.content.rstrip("\n"), (code,))]
            case "hr":
                yield [Run(_RULE, formats)]
            case _ if token.nesting < 0:
                return
            case _:  # no other block is switched on; if one ever is, its text is kept
                yield [Run(token.content, formats)]


def _line(tokens: Iterator[Token], formats: Formats) -> list[Run]:
    inline, _ = next(tokens), next(tokens)
    return _inline(inline.children or (), formats)


def _list(
    tokens: Iterator[Token], opened: Token, formats: Formats, depth: int, bullet: str
) -> list[Run]:
    number = int(opened.attrs.get("start", 1)) if opened.type == "ordered_list_open" else None
    items: list[list[Run]] = []
    for token in tokens:
        if token.nesting < 0:
            break
        mark = bullet if number is None else f"{number + len(items)}. "
        body = _joined(_blocks(tokens, formats, depth + 1, bullet), "\n", formats)
        items.append([Run(_INDENT * depth + mark, formats), *body])
    return _joined(items, "\n", formats)


def _table(tokens: Iterator[Token], formats: Formats) -> list[Run]:
    rows: list[list[Run]] = []
    cells: list[list[Run]] = []
    for token in tokens:
        match token.type:
            case "table_close":
                break
            case "tr_open":
                cells = []
            case "th_open":
                cells.append(_line(tokens, _with(formats, Format(Style.BOLD))))
            case "td_open":
                cells.append(_line(tokens, formats))
            case "tr_close":
                rows.append(
                    _joined((cell or [Run("–", formats)] for cell in cells), " | ", formats)
                )
    return _joined(rows, "\n", formats)


def _inline(tokens: Sequence[Token], formats: Formats) -> list[Run]:
    read: list[Run] = []
    outer: list[Formats] = []  # what to return to at each closing token
    links: list[tuple[str, int]] = []  # target, and where in `read` its text begins
    for token in tokens:
        match token.type:
            case "strong_open" | "em_open" | "s_open":
                outer.append(formats)
                formats = _with(formats, Format(Style(token.type.removesuffix("_open"))))
            case "link_open":
                outer.append(formats)
                target = str(token.attrs.get("href", ""))
                links.append((target, len(read)))
                formats = _linked(formats, target)
            case "link_close":
                target, begin = links.pop()
                read += _target(read[begin:], target, formats, outer[-1])
                formats = outer.pop()
            case "strong_close" | "em_close" | "s_close":
                formats = outer.pop()
            case "softbreak" | "hardbreak":
                read.append(Run("\n", formats))
            case "code_inline":
                alone = (Format(Style.CODE),)
                read.append(Run(token.content, formats if _within(formats, Style.LINK) else alone))
            case "image":
                target = str(token.attrs.get("src", ""))
                linked = _linked(formats, target)
                shown = [Run(token.content, linked)] if token.content else []
                read += [*shown, *_target(shown, target, linked, formats)]
            case _:
                read.append(Run(token.content, formats))
    return read


def _target(shown: Sequence[Run], target: str, inside: Formats, outside: Formats) -> list[Run]:
    """What has to follow the text of a link so that its target is not lost.

    Platforms with links keep web addresses behind a text; of numbers and mail addresses they may
    drop the link, so those are always said.
    """
    text = "".join(run.text for run in shown)
    scheme = next((each for each in _SHOWN if target.lower().startswith(each)), "")
    bare = target[len(scheme) :]
    if not text:
        return [Run(bare, inside)]
    if not bare or text in (target, bare):
        return []
    return [Run(f" ({bare})", outside, only_plain=inside != outside and not scheme)]


def _linked(formats: Formats, target: str) -> Formats:
    known = target.lower().startswith(_LINKS)
    return _with(formats, Format(Style.LINK, target)) if known else formats


def _with(formats: Formats, more: Format) -> Formats:
    return formats if _within(formats, more.style) else (*formats, more)


def _within(formats: Formats, style: Style) -> bool:
    return any(each.style is style for each in formats)
