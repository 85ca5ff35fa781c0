"""Buttons on WhatsApp: quick replies where they fit, numbers to answer with where they do not."""

from __future__ import annotations

from collections.abc import Sequence

from bot.delivery.borders import inseparable
from bot.outcome import Button

MOST = 3  # quick replies of a message that needs no approval
LONGEST_TITLE = 20  # UTF-16 units; WhatsApp's limit for a reply button
LONGEST_BODY = 1024  # UTF-16 units of the text above quick replies
CUT = "…"


def titles_of(buttons: Sequence[Button]) -> tuple[str, ...] | None:
    """What stands on each quick reply; None where numbers have to do.

    That is so for more than three, for two that read alike once they are cut, for one of which
    nothing is left then, and for a label that Twilio would take for a variable.
    """
    if not 0 < len(buttons) <= MOST:
        return None
    titles = tuple(fitted(button.label) for button in buttons)
    if len({title.casefold() for title in titles}) < len(titles):
        return None
    return None if any(title in ("", CUT) or "{{" in title for title in titles) else titles


def fitted(label: str) -> str:
    """The label on one line of at most 20 signs, cut at a word's end where there is one."""
    line = " ".join(label.split())
    if units(line) <= LONGEST_TITLE:
        return line
    most = LONGEST_TITLE - len(CUT)
    cut = len(line)
    while units(line[:cut]) > most or inseparable(line, cut):
        cut -= 1
    word = line.rfind(" ", 0, cut + 1)
    if word * 2 >= cut:
        cut = word
    return line[:cut].rstrip(" ,;:.-–(") + CUT


def units(text: str) -> int:
    """Length as platforms count it: UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
