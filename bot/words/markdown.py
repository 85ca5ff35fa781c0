"""Markdown as the book and the models write it: what formats, and how to write it as mere text."""

from __future__ import annotations

import re

# A sign that could mean something, or the beginning of a line that makes a list, a heading, a
# quotation or a rule of it. Better once too often: a text that is marked for nothing reads the
# same.
_FORMATS = re.compile(
    r"[*_`\[\]\\]|~~|<[A-Za-z/!]|&[#\w]+;|^[ ]{0,3}(?:[-+]|#{1,6}|>|\d{1,9}[.)])(?:\s|$)"
    r"|^[ ]{0,3}[-=]+\s*$|^(?:[ ]{4}|\t)",
    re.MULTILINE,
)
_MEANS_SOMETHING = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&=])")
# Structure never grows out of a character reference, and a blank at an edge takes no mark away.
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # no reference may name them
_BLANK = re.compile(r"[\r\n\t]|^\s|\s$|(?<=\s)\s")


def needs_marking(text: str) -> bool:
    """Whether anything in the text would be formatted if it were read as Markdown."""
    return _FORMATS.search(text) is not None


def escaped(text: str) -> str:
    """The text written so that Markdown shows it sign by sign, wherever it is put in a sentence.

    Line breaks become character references too: they can end no paragraph and begin no list.
    """
    readable = _UNREADABLE.sub(" ", text.replace("\r\n", "\n"))
    literal = _MEANS_SOMETHING.sub(r"\\\1", readable)
    return _BLANK.sub(lambda blank: f"&#{ord(blank[0])};", literal)
