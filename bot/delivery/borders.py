"""Where a sentence ends, and which characters are one sign to whoever reads them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_END = re.compile(r"(?P<stop>[.!?…]+)[\"'”’»)\]*_]*(?=\s)|[。！？]")
_WORD_BEFORE = re.compile(r"[\wºª.]+$")
_FURTHEST = 24  # characters of the word before a full stop that are looked at
# A full stop after one of these (Portuguese, Spanish, English) seldom ends a sentence.
_SHORT_FORMS = frozenset(
    "sr sra srta srs dr dra drs d dna dn prof profa profª av r ex exa exmo tel ltda cia nº no n "
    "núm num pág pag págs p pp art arts mr mrs ms st vs e.g i.e approx jr inc ltd co corp ud uds "
    "vd vds gral lic ing apto apt bl qd obs min máx aprox cap fig vol jan fev mar abr jun jul ago "
    "set out nov dez a.m p.m hs".split()
)

_JOINER = "\u200d"
_MARKS = frozenset({"Mn", "Mc", "Me"})  # combine with the sign before them
_SKIN = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)  # spell the flags of regions
_FLAGS = range(0x1F1E6, 0x1F200)  # letters, two of which make a flag
_HANGUL_FOLLOWS = range(0x1160, 0x1200)


def sentence_ends(text: str, reach: int) -> Iterator[int]:
    """Positions up to `reach` at which a sentence is over, in order."""
    for found in _END.finditer(text, 0, min(reach + 1, len(text))):
        if found["stop"] != "." or _ends(text, found.start(), found.end()):
            yield found.end()


def _ends(text: str, stop: int, end: int) -> bool:
    """Whether a single full stop ends a sentence rather than an abbreviation or a number."""
    follows = text[end : end + 3].lstrip()[:1]
    if follows.islower():
        return False
    word = _WORD_BEFORE.search(text[max(stop - _FURTHEST, 0) : stop])
    if word is None:
        return True
    before = word[0]
    if before.isdigit():
        return len(before) > 2  # "in 2026." but not "no. 1."
    return not (len(before) == 1 or before.lower() in _SHORT_FORMS)


def inseparable(text: str, at: int) -> bool:
    """Whether the characters on both sides of this position make one sign together.

    An approximation of Unicode's grapheme clusters: accents, emoji made of several, flags.
    """
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    code = ord(after)
    if after == _JOINER or (before == _JOINER and not after.isspace()):
        return True
    if before == "\r" and after == "\n":
        return True
    if unicodedata.category(after) in _MARKS or code in _SKIN or code in _TAGS:
        return True
    if code in _HANGUL_FOLLOWS:
        return True
    if code in _FLAGS and ord(before) in _FLAGS:
        begin = at
        while begin > 0 and ord(text[begin - 1]) in _FLAGS:
            begin -= 1
        return (at - begin) % 2 == 1
    return False
