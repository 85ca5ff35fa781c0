"""What a stored answer becomes on WhatsApp: a body, buttons or numbers, within Twilio's limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.channels.whatsapp.buttons import LONGEST_BODY, titles_of, units
from bot.channels.whatsapp.guard import BLANK, guarded
from bot.channels.whatsapp.markup import marks, plain
from bot.delivery.ports import Parcel
from bot.words.options import numbered

LONGEST_MESSAGE = 1600  # UTF-16 units; Twilio refuses more with 21617


@dataclass(frozen=True, slots=True)
class Rendered:
    """One answer in the shapes in which it may be sent."""

    text: str  # with its choices written out, if it has any
    body: str = ""  # without them, for quick replies
    titles: tuple[str, ...] = ()  # of the quick replies; () where it has none


def rendered(parcel: Parcel, *, quick_replies: bool) -> Rendered:
    """The answer as WhatsApp shows it."""
    choices = numbered([button.label for button in parcel.buttons])
    text = _fitting(parcel, choices)
    titles = titles_of(parcel.buttons) if quick_replies else None
    if titles is None:
        return Rendered(text)
    body = _fitting(parcel, "")
    return Rendered(text, body, titles) if units(body) <= LONGEST_BODY else Rendered(text)


def shapes(parcel: Parcel) -> frozenset[str]:
    """Every text under which this answer may be found at Twilio, as `comparable` makes it."""
    choices = numbered([button.label for button in parcel.buttons])
    return frozenset(
        comparable(text) for added in ("", choices) for text in _candidates(parcel, added)
    )


def comparable(body: str) -> str:
    """A body without what may change on its way: guards, and blanks at the ends of lines."""
    lines = (line.strip() for line in body.replace(BLANK, "").splitlines())
    return "\n".join(lines).strip()


def _fitting(parcel: Parcel, choices: str) -> str:
    """The best of the texts that is not too long; the shortest where all of them are."""
    texts = list(_candidates(parcel, choices))
    fitting = (text for text in texts if text.strip() and units(text) <= LONGEST_MESSAGE)
    return next(fitting, texts[-1])


def _candidates(parcel: Parcel, choices: str) -> Iterator[str]:
    if not parcel.marked:
        yield guarded(parcel.text + choices)
    elif (marked := marks(parcel.text)).strip():
        yield marked + guarded(choices)
        yield plain(parcel.text) + choices
    yield parcel.text + choices
