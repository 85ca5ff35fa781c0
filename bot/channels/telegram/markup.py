"""Markdown as Telegram shows it: a few HTML tags, or plain reading text.

Telegram knows b, i, s, a, code, pre and blockquote (we need no others).
"""

from __future__ import annotations

from bot.words.runs import Format, Formats, Style, plain, runs

__all__ = ["html", "literal", "plain"]

_TAGS = {
    Style.BOLD: "b",
    Style.ITALIC: "i",
    Style.STRUCK: "s",
    Style.CODE: "code",
    Style.BLOCK: "pre",
    Style.QUOTE: "blockquote",
}
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def html(text: str) -> str:
    """Markdown as Telegram's HTML. Never raises; "" when there is nothing to read in it."""
    out: list[str] = []
    around: Formats = ()
    for run in runs(text):
        if run.only_plain or not run.text:
            continue
        same = 0
        while same < min(len(around), len(run.formats)) and around[same] == run.formats[same]:
            same += 1
        out += [_closing(each) for each in reversed(around[same:])]
        out += [_opening(each) for each in run.formats[same:]]
        out.append(literal(run.text))
        around = run.formats
    out += [_closing(each) for each in reversed(around)]
    return "".join(out)


def literal(text: str) -> str:
    """Text that is no Markdown, for a message in HTML."""
    return text.translate(_ESCAPES)


def _opening(format: Format) -> str:
    if format.style is Style.LINK:
        return f'<a href="{_attribute(format.value)}">'
    if format.style is Style.BLOCK and format.value:
        return f'<pre><code class="language-{_attribute(format.value)}">'
    return f"<{_TAGS[format.style]}>"


def _closing(format: Format) -> str:
    if format.style is Style.LINK:
        return "</a>"
    if format.style is Style.BLOCK and format.value:
        return "</code></pre>"
    return f"</{_TAGS[format.style]}>"


def _attribute(value: str) -> str:
    return literal(value).replace('"', "&quot;")
