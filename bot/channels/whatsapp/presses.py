"""Which of the things that were offered somebody chose: by pressing it, or by its number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from bot.channels.whatsapp.heard import Pressed
from bot.outcome import Button

CUT = "…"  # ends a label that was too long for a button
LONGEST_NUMBER = 24  # signs of a message that may be a mere number
# 2  2.  (2)  2️⃣  2ª  #2  nº 2  a 2  la 2  opção 2  opción 2  option 2  número 2
_NUMBER = re.compile(
    r"""\s* [(\[]? \s*
        (?: (?: a | o | la | el ) \s+
          | (?: n[º°]\.? | no?\. | n[uú]m(?:ero|\.)? | number | \# ) \s*
          | (?: op[cç][aã]o | opci[oó]n | option ) [\s:]*
        )?
        ([1-9][0-9]?)
        (?: \ufe0f?\u20e3 | [ªº°] )?
        \s* [.)\]]? \s*""",
    re.VERBOSE | re.IGNORECASE,
)


def by_press(pressed: Pressed, offered: Sequence[Button]) -> Button | None:
    """The button of the very message that was pressed under."""
    alike = [button for button in offered if _reads(pressed.label, button)]
    place = _place(pressed.payload, offered)
    if place is not None and (place in alike or not alike):
        return place
    return alike[0] if len(alike) == 1 else None


def by_press_of_some(pressed: Pressed, offered: Sequence[Button]) -> Button | None:
    """The same where it is not known which message was pressed under: both have to agree."""
    place = _place(pressed.payload, offered)
    return place if place is not None and _reads(pressed.label, place) else None


def by_label(text: str, offered: Sequence[Button]) -> Button | None:
    """The one button that says what somebody wrote, or pressed where only its words are known."""
    alike = [button for button in offered if _reads(text, button)]
    return alike[0] if len(alike) == 1 else None


def number_in(text: str) -> int | None:
    """The number that a message consists of, one way of writing it or another; else None."""
    if len(text) > LONGEST_NUMBER:
        return None
    found = _NUMBER.fullmatch(unicodedata.normalize("NFC", text))
    return int(found[1]) if found else None


def by_number(number: int, offered: Sequence[Button]) -> Button | None:
    """The button of that number, counted from 1."""
    return offered[number - 1] if 0 < number <= len(offered) else None


def _place(payload: str, offered: Sequence[Button]) -> Button | None:
    if not re.fullmatch(r"[0-9]{1,2}", payload) or int(payload) >= len(offered):
        return None
    return offered[int(payload)]


def _reads(label: str, button: Button) -> bool:
    """Whether this is what the button says, or as much of it as there was room for."""
    shown, whole = (" ".join(text.split()).casefold() for text in (label, button.label))
    if shown.endswith(CUT) and len(shown) > len(CUT):
        return whole == shown or whole.startswith(shown.removesuffix(CUT).rstrip())
    return bool(shown) and shown == whole
