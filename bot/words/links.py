"""Whether the web addresses in a sentence can be opened."""

from __future__ import annotations

import re
from collections.abc import Iterator

# What is meant for an address: its beginning, well or badly written, and all up to a blank.
_MEANT = re.compile(
    r"(?i)(?<![\w@.-])(?:h[tp]{2,4}s?\s?[:;]|h[tp]{2,4}s?/|www[.,])[^\s<>\"'()\[\]]*"
)
_HOST = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,63}"
_SOUND = re.compile(rf"(?i)(?:https?://|www\.(?=.*\.)){_HOST}(?::[0-9]{{1,5}})?(?:[/?#]\S*)?")
_SHOWN = re.compile(r"\{\{.*?\}\}")
_CHOICE = re.compile(r"\{%.*?%\}")
_VALUE = "x.example"  # stands for {{ a value }}: nobody knows here what it will be
_AFTER = ".,;:!?…*_~"  # what follows an address without being part of it


def broken_links(template: str) -> Iterator[str]:
    """Every address in a sentence that no browser would open, as it is written there."""
    text = _CHOICE.sub(" ", _SHOWN.sub(_VALUE, template))
    for found in _MEANT.finditer(text):
        written = found[0].rstrip(_AFTER)
        if not _SOUND.fullmatch(written):
            yield written.replace(_VALUE, "{{ … }}")
