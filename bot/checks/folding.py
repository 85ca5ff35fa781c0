"""One way of writing for what is written in many: the text as its reader would say it aloud.

Digits of any script, signs of any width, characters that nobody sees, Markdown and HTML around a
figure: none of it may hide one, and none of it may make a true one look false. Case and accents
stay, for currencies and names are told by them.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

# Where compatibility (NFKC) alone does not end at the sign that people mean.
_MEANT = {
    **dict.fromkeys("\u2018\u2019\u02bc\u2032\u00b4\uff07", "'"),
    # The em dash is not among them: it parts words and is no minus.
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\u2043\ufe58\ufe63\uff0d", "-"),
    "\u066a": "%",
    "\u066b": ".",
    "\u066c": ",",
    "\u201a": ",",
    "\u2044": "/",
    "\u2024": ".",
    "\u2116": "nº",
    "º": "º",
    "ª": "ª",
    "´": "'",
    "\u3002": ".",
    "\U0001f51f": "10",
    "\u2028": "\n",
    "\u2029": "\n",
    "\n": "\n",
    "\t": " ",
}
_OTHER_SIGN = re.compile(r"[^\n -~]")
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]{0,9} ?/?>")
_ESCAPE = re.compile(r"\\(?=[!-/:-@\[-`{-~])")
_BOLD = re.compile(r"(?<!\*)(\*{1,3})(?![*\s])([^*\n]{1,400})(?<!\s)\1(?!\*)")
_STAR = re.compile(r"(?<!\*)\*(?!\*)")
_RULED = re.compile(r"~~|`+|(?<!\w)_+(?=\S)|(?<=\S)_+(?!\w)")
_BLANKS = re.compile(r" {2,}")
_LINKED = re.compile(r"!?\[([^\[\]\n]{0,400})\]\(<?([^()\s<>]{0,2000})>?(?: [^()\n]{0,200})?\)")


def fold(text: str) -> str:
    """The text in plain digits and signs, without formatting, one blank between words.

    Two or more stars that open nothing stay: they mask the front of a number.
    """
    if "&" in text:
        text = html.unescape(text)
    text = _OTHER_SIGN.sub(lambda found: _meant(found[0]), text)
    if "<" in text:
        text = _TAG.sub("", text)
    if "](" in text:  # what leads somewhere is read as it stands; where it leads, behind it all
        targets = [found[2] for found in _LINKED.finditer(text)]
        text = "\n".join([_LINKED.sub(r"\1", text), *targets])
    if "\\" in text:
        text = _ESCAPE.sub("", text)
    if "*" in text:
        text = _STAR.sub("", _BOLD.sub(r"\2", text))
    if "_" in text or "`" in text or "~" in text:
        text = _RULED.sub("", text)
    return _BLANKS.sub(" ", text)


@lru_cache(maxsize=4096)
def _meant(sign: str) -> str:
    if sign in _MEANT:
        return _MEANT[sign]
    meant = []
    for each in unicodedata.normalize("NFKC", sign):
        category = unicodedata.category(each)
        if each in _MEANT:
            meant.append(_MEANT[each])
        elif category == "Nd":
            meant.append(str(unicodedata.decimal(each)))
        elif category == "No" and unicodedata.digit(each, None) is not None:
            meant.append(str(unicodedata.digit(each)))  # in a black circle, and the like
        elif category == "Zs":
            meant.append(" ")
        elif category not in ("Cc", "Cf", "Mn", "Me"):  # seen by nobody, or drawn over others
            meant.append(each)
    return "".join(meant)
