"""Markdown as Telegram shows it: a few HTML tags, or plain reading text.

A text is read into runs, each with the tags around it. Telegram knows b, i, s, a, code, pre and
blockquote (we need no others); code stands alone, links and quotes do not nest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.words.markdown import parsed

if TYPE_CHECKING:
    from markdown_it.token import Token

_SHOWN = ("tel:", "mailto:")  # links whose target is worth reading
_LINKS = ("http://", "https://", *_SHOWN)
_TAGS = {"strong": "b", "em": "i", "s": "s"}
_LANGUAGE = re.compile(r"[\w+#.-]{1,32}", re.ASCII)
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_RULE = "———"
_BULLET = "• "
_INDENT = "  "


@dataclass(frozen=True, slots=True)
class Format:
    """A tag around a run; `value` is the link's target or the code's language."""

    tag: str
    value: str = ""

    @property
    def opening(self) -> str:
        if self.tag == "a":
            return f'<a href="{_attribute(self.value)}">'
        if self.tag == "pre" and self.value:
            return f'<pre><code class="language-{_attribute(self.value)}">'
        return f"<{self.tag}>"

    @property
    def closing(self) -> str:
        return "</code></pre>" if self.tag == "pre" and self.value else f"</{self.tag}>"


Formats = tuple[Format, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Some text in one format."""

    text: str
    formats: Formats = ()
    only_plain: bool = False  # said by a tag in HTML: the target of a link


def html(text: str) -> str:
    """Markdown as Telegram's HTML. Never raises; "" when there is nothing to read in it."""
    out: list[str] = []
    around: Formats = ()
    for run in _runs(text):
        if run.only_plain or not run.text:
            continue
        same = 0
        while same < min(len(around), len(run.formats)) and around[same] == run.formats[same]:
            same += 1
        out += [each.closing for each in reversed(around[same:])]
        out += [each.opening for each in run.formats[same:]]
        out.append(literal(run.text))
        around = run.formats
    out += [each.closing for each in reversed(around)]
    return "".join(out)


def plain(text: str) -> str:
    """Markdown as one would read it aloud: no signs of formatting, targets behind their links."""
    return "".join(run.text for run in _runs(text))


def literal(text: str) -> str:
    """Text that is no Markdown, for a message in HTML."""
    return text.translate(_ESCAPES)


def _attribute(value: str) -> str:
    return literal(value).replace('"', "&quot;")


def _runs(text: str) -> list[Run]:
    return _joined(_blocks(iter(parsed(text)), (), 0), "\n\n", ())


def _joined(blocks: Iterable[Sequence[Run]], between: str, formats: Formats) -> list[Run]:
    joined: list[Run] = []
    for block in blocks:
        if joined and block:
            joined.append(Run(between, formats))
        joined += block
    return joined


def _blocks(tokens: Iterator[Token], formats: Formats, depth: int) -> Iterator[list[Run]]:
    """The blocks up to the end of the one that holds them; `depth` counts lists around them."""
    for token in tokens:
        match token.type:
            case "paragraph_open":
                yield _line(tokens, formats)
            case "heading_open":
                yield _line(tokens, _with(formats, Format("b")))
            case "bullet_list_open" | "ordered_list_open":
                yield _list(tokens, token, formats, depth)
            case "blockquote_open":
                quoted = _with(formats, Format("blockquote"))
                yield _joined(_blocks(tokens, quoted, depth), "\n\n", quoted)
            case "table_open":
                yield _table(tokens, formats)
            case "fence":
                language = _LANGUAGE.match(token.info.strip())
                code = Format("pre", language[0] if language else "")
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


def _list(tokens: Iterator[Token], opened: Token, formats: Formats, depth: int) -> list[Run]:
    number = int(opened.attrs.get("start", 1)) if opened.type == "ordered_list_open" else None
    items: list[list[Run]] = []
    for token in tokens:
        if token.nesting < 0:
            break
        mark = _BULLET if number is None else f"{number + len(items)}. "
        body = _joined(_blocks(tokens, formats, depth + 1), "\n", formats)
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
                cells.append(_line(tokens, _with(formats, Format("b"))))
            case "td_open":
                cells.append(_line(tokens, formats))
            case "tr_close":
                rows.append(
                    _joined((cell or [Run("–", formats)] for cell in cells), " | ", formats)
                )
    return _joined(rows, "\n", formats)


def _inline(tokens: Sequence[Token], formats: Formats) -> list[Run]:
    runs: list[Run] = []
    outer: list[Formats] = []  # what to return to at each closing token
    links: list[tuple[str, int]] = []  # target, and where in `runs` its text begins
    for token in tokens:
        match token.type:
            case "strong_open" | "em_open" | "s_open":
                outer.append(formats)
                formats = _with(formats, Format(_TAGS[token.type.removesuffix("_open")]))
            case "link_open":
                outer.append(formats)
                target = str(token.attrs.get("href", ""))
                links.append((target, len(runs)))
                formats = _linked(formats, target)
            case "link_close":
                target, begin = links.pop()
                runs += _target(runs[begin:], target, formats, outer[-1])
                formats = outer.pop()
            case "strong_close" | "em_close" | "s_close":
                formats = outer.pop()
            case "softbreak" | "hardbreak":
                runs.append(Run("\n", formats))
            case "code_inline":
                alone = (Format("code"),)
                runs.append(Run(token.content, formats if _within(formats, "a") else alone))
            case "image":
                target = str(token.attrs.get("src", ""))
                linked = _linked(formats, target)
                shown = [Run(token.content, linked)] if token.content else []
                runs += [*shown, *_target(shown, target, linked, formats)]
            case _:
                runs.append(Run(token.content, formats))
    return runs


def _target(shown: Sequence[Run], target: str, inside: Formats, outside: Formats) -> list[Run]:
    """What has to follow the text of a link so that its target is not lost.

    Telegram keeps web addresses behind a text; of numbers and mail addresses it may drop the link.
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
    return _with(formats, Format("a", target)) if known else formats


def _with(formats: Formats, more: Format) -> Formats:
    return formats if _within(formats, more.tag) else (*formats, more)


def _within(formats: Formats, tag: str) -> bool:
    return any(each.tag == tag for each in formats)
