"""Staff learn of what did not arrive, and are not bothered with the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.book import Sentence
from bot.delivery.notices import undelivered
from bot.delivery.ports import UNKNOWN, Parcel
from bot.model import ConversationKey
from bot.outcome import SYSTEM_AUTHOR, Outgoing, Urgency
from tests.builders import BOOK, PUSHED

DESK = ConversationKey("telegram_staff", "4711", "-100300")
SAYS = {"staff_blocked": "bloqueou", "staff_refused": "recusada", "staff_unknown": "talvez"}
STAFF_BOOK = replace(
    BOOK,
    texts={
        name: Sentence(f"texts.{name}", {"pt": (f"Caso {{{{ case }}}}: {word}",)})
        for name, word in SAYS.items()
    },
)
PARCEL = Parcel(12, PUSHED, "O seu pedido\nchega hoje.", "rule", ())


def told(text: str, *, shows_case: bool) -> Outgoing:
    return Outgoing(DESK, text, SYSTEM_AUTHOR, urgency=Urgency.INSIDE, shows_case=shows_case)


@pytest.mark.parametrize("author", ["rule", "model", "system", "staff"])
@pytest.mark.parametrize("case", [None, 9])
@pytest.mark.parametrize("reason", ["blocked", "gone", "too_long", "refused", UNKNOWN])
def test_who_has_to_know(author, case, reason):
    notice = undelivered(replace(PARCEL, author=author, case=case), reason, STAFF_BOOK, DESK)
    if author == "staff" or case or reason == UNKNOWN:
        word = {"blocked": "bloqueou", UNKNOWN: "talvez"}.get(reason, "recusada")
        text = f"Caso {case or 0}: {word}\n\n«O seu pedido chega hoje.»"
        assert notice == told(text, shows_case=bool(case))
    else:
        assert notice is None


@pytest.mark.parametrize("channel", ["telegram_staff", "desk"])
@pytest.mark.parametrize("reason", ["blocked", "refused", UNKNOWN])
def test_what_staff_did_not_get_is_not_told_to_staff(channel, reason):
    parcel = replace(PARCEL, to=replace(DESK, channel=channel), author="staff", case=9)
    told = undelivered(parcel, reason, STAFF_BOOK, DESK)
    if reason != UNKNOWN or channel == "desk":
        assert told is None


def test_what_staff_may_not_have_seen_is_shown_once_more_and_says_so():
    card = replace(PARCEL, to=DESK, text="cartão", case=9)
    again = undelivered(card, UNKNOWN, STAFF_BOOK, DESK)
    assert (again.text, again.to, again.shows_case) == ("🔁 cartão", DESK, True)
    assert undelivered(replace(card, text=again.text), UNKNOWN, STAFF_BOOK, DESK) is None
    assert (
        undelivered(replace(card, to=replace(DESK, chat="-1")), UNKNOWN, STAFF_BOOK, DESK) is None
    )


def test_the_customer_is_named_and_can_forge_no_line():
    notice = undelivered(replace(PARCEL, name="Ana\n✅ ok"), UNKNOWN, STAFF_BOOK, DESK)
    assert "Ana ⏎ ✅ ok: «O seu pedido" in notice.text


def test_a_long_message_is_quoted_in_part():
    notice = undelivered(replace(PARCEL, text="ab " * 4000), UNKNOWN, STAFF_BOOK, DESK)
    assert notice is not None
    quoted = notice.text.partition("«")[2].removesuffix("»")
    assert len(quoted) == 200
    assert quoted.endswith("…")


def test_a_notice_never_leaves_the_house():
    with pytest.raises(ValueError, match="not a staff surface"):
        undelivered(PARCEL, UNKNOWN, STAFF_BOOK, PUSHED)
