"""Staff learn of what did not arrive, and are not bothered with the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.book import Sentence
from bot.delivery.notices import REASONS, STOPS, stopped, undelivered, works_again
from bot.delivery.ports import UNKNOWN, WINDOW_CLOSED, Parcel
from bot.model import ConversationKey
from bot.outcome import SYSTEM_AUTHOR, Outgoing, Template, Urgency
from tests.builders import BOOK, PUSHED

DESK = ConversationKey("telegram_staff", "4711", "-100300")
SAYS = {
    "staff_blocked": "Caso {{ case }}: bloqueou",
    "staff_refused": "Caso {{ case }}: {{ why }}",
    "staff_unknown": "Caso {{ case }}: talvez",
    "staff_window_closed": "Caso {{ case }}: guardada, /template",
    "staff_window_no_template": "Caso {{ case }}: guardada",
    "staff_channel_stopped": "{{ channel }} parou: {{ why }}",
    "staff_channel_works": "{{ channel }} voltou",
    "channel_whatsapp": "WhatsApp",
    **{f"failure_{reason}": f"por {reason}" for reason in REASONS},
    **{f"stopped_{why}": f"por {why}" for why in (*STOPS, "other")},
}
STAFF_BOOK = replace(
    BOOK, texts={name: Sentence(f"texts.{name}", {"pt": (said,)}) for name, said in SAYS.items()}
)
TEMPLATE = Template("HX1", {"1": "Ana"})
# With the words that tell it. None of these depends on an approved message.
TOLD = {"blocked": "bloqueou", UNKNOWN: "talvez", WINDOW_CLOSED: "guardada", "new": "por refused"}
TOLD |= {reason: f"por {reason}" for reason in REASONS}
ALWAYS = {UNKNOWN, WINDOW_CLOSED, "policy", "busy", "stopped", "sandbox", "sender"}
PARCEL = Parcel(12, PUSHED, "O seu pedido\nchega hoje.", "rule", ())


def told(text: str, *, shows_case: bool) -> Outgoing:
    return Outgoing(DESK, text, SYSTEM_AUTHOR, urgency=Urgency.INSIDE, shows_case=shows_case)


@pytest.mark.parametrize("author", ["rule", "model", "system", "staff"])
@pytest.mark.parametrize("case", [None, 9])
@pytest.mark.parametrize("reason", sorted(TOLD))
def test_who_has_to_know(author, case, reason):
    notice = undelivered(replace(PARCEL, author=author, case=case), reason, STAFF_BOOK, DESK)
    if author == "staff" or case or reason in ALWAYS:
        text = f"Caso {case or 0}: {TOLD[reason]}\n\n«O seu pedido chega hoje.»"
        assert notice == told(text, shows_case=bool(case))
    else:
        assert notice is None


@pytest.mark.parametrize(("case", "words"), [(9, "guardada, /template"), (None, "guardada")])
def test_template_is_named_where_it_would_work(case, words):
    """Without a case there is nobody to invite."""
    notice = undelivered(
        replace(PARCEL, case=case), WINDOW_CLOSED, STAFF_BOOK, DESK, can_invite=True
    )
    assert notice is not None
    assert notice.text.splitlines()[0] == f"Caso {case or 0}: {words}"


@pytest.mark.parametrize("can_invite", [True, False])
def test_an_approved_message_that_is_refused_is_not_called_kept(can_invite):
    parcel = replace(PARCEL, author="staff", case=9, template=TEMPLATE)
    notice = undelivered(parcel, WINDOW_CLOSED, STAFF_BOOK, DESK, can_invite=can_invite)
    assert notice == told("Caso 9: por template\n\n«O seu pedido chega hoje.»", shows_case=True)
    other = undelivered(parcel, "limited", STAFF_BOOK, DESK, can_invite=can_invite)
    assert other == told("Caso 9: por limited\n\n«O seu pedido chega hoje.»", shows_case=True)


@pytest.mark.parametrize(
    ("why", "said"), [*((each, f"por {each}") for each in sorted(STOPS)), ("new", "por other")]
)
def test_a_channel_that_stopped_is_told_once_by_whoever_stops_it(why, said):
    notice = stopped("whatsapp", why, STAFF_BOOK, DESK)
    assert notice == told(f"WhatsApp parou: {said}", shows_case=False)


def test_a_channel_that_works_again_is_told():
    assert works_again("whatsapp", STAFF_BOOK, DESK) == told("WhatsApp voltou", shows_case=False)


def test_news_of_a_channel_never_leave_the_house():
    for say in (
        lambda to: stopped("whatsapp", "auth", STAFF_BOOK, to),
        lambda to: works_again("whatsapp", STAFF_BOOK, to),
    ):
        with pytest.raises(ValueError, match="not a staff surface"):
            say(PUSHED)


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
