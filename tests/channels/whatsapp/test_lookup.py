"""A send of which nobody knows what became: found in Twilio's list, or honestly not."""

from __future__ import annotations

import pytest

from bot.channels.whatsapp.lookup import look_up
from bot.delivery.receipts import Receipt, Report
from bot.errors import DeliveryDelayed
from bot.outcome import Button
from tests.channels.whatsapp.out import ANA, NOW, parcel
from tests.channels.whatsapp.tiny_twilio import DROP, HANG, NUMBER, listed, refused

AT = NOW - 5  # when the parcel was written


class Ours:
    """MessageSids of other messages."""

    def __init__(self, *sids: str) -> None:
        self.sids = frozenset(sids)
        self.asked: list[list[str]] = []

    async def __call__(self, sids):
        self.asked.append(list(sids))
        return self.sids & set(sids)


async def found(client, sent=None, ours=None, **more):
    return await look_up(client, sent or parcel(**more), ours or Ours())


async def test_it_is_asked_for_by_whole_days(api, client):
    assert await found(client) is None
    (call,) = api.asked
    day = "2026-11-17T00:00:00Z"  # the parcel is of the eighteenth, GMT
    assert call.fields == {
        "To": f"whatsapp:{ANA.chat}",
        "From": f"whatsapp:{NUMBER}",
        "DateSent>": day,
        "PageSize": "100",
    }


STATUSES = {
    "accepted": Receipt.QUEUED,
    "scheduled": Receipt.QUEUED,
    "queued": Receipt.QUEUED,
    "sending": Receipt.SENDING,
    "sent": Receipt.SENT,
    "delivered": Receipt.DELIVERED,
    "read": Receipt.READ,
}


@pytest.mark.parametrize(("status", "receipt"), STATUSES.items())
async def test_what_is_there_is_reported_as_far_as_it_has_come(api, client, status, receipt):
    api.listed = [listed("Olá", AT, "SM7", status=status)]
    assert await found(client, attempt=2) == Report(receipt, "whatsapp", "SM7", ANA.chat, 12, 2)


@pytest.mark.parametrize(
    ("status", "code", "reason", "again"),
    [
        ("failed", 63016, "window_closed", None),
        ("undelivered", 63018, "busy", 15.0),
        ("undelivered", 63014, "blocked", None),
        ("canceled", None, "refused", None),
    ],
)
async def test_what_has_failed_says_why(api, client, status, code, reason, again):
    api.listed = [listed("Olá", AT, "SM7", status=status, error_code=code)]
    assert await found(client) == Report(
        Receipt.FAILED, "whatsapp", "SM7", ANA.chat, 12, 1, reason, again
    )


@pytest.mark.parametrize(
    "other",
    [
        listed("Olá!", AT, "SM1"),
        listed("", AT, "SM1"),
        listed("Olá", AT - 61, "SM1"),
        listed("Olá", AT, "SM1", direction="inbound"),
        listed("Olá", AT, "SM1", status="receiving"),
        listed("Olá", AT, "SM1", date_created=None),
        {**listed("Olá", AT, "SM1"), "body": None},
        {**listed("Olá", AT, "SM1"), "sid": None},
    ],
)
async def test_what_is_not_certainly_it_is_not_taken_for_it(api, client, other):
    api.listed = [other]
    assert await found(client) is None


async def test_twilios_clock_may_be_a_minute_behind(api, client):
    api.listed = [listed("Olá", AT - 59, "SM1")]
    assert (await found(client)).external_id == "SM1"


async def test_of_two_alike_the_one_that_is_anothers_is_left_out(api, client):
    api.listed = [listed("Olá", AT + 2, "SM2"), listed("Olá", AT + 1, "SM1")]
    ours = Ours("SM1")
    assert (await found(client, ours=ours)).external_id == "SM2"
    assert sorted(ours.asked[0]) == ["SM1", "SM2"]
    assert await found(client, ours=Ours("SM1", "SM2")) is None


async def test_of_two_alike_the_older_one_is_taken(api, client):
    api.listed = [listed("Olá", AT + 2, "SM2"), listed("Olá", AT + 1, "SM1")]
    assert (await found(client)).external_id == "SM1"


async def test_a_failed_first_attempt_does_not_speak_for_the_second(api, client):
    """Else the second, which may have arrived, would be sent a third time."""
    first = listed("Olá", AT, "SM1", status="failed", error_code=63018)
    api.listed = [first]
    assert await found(client, attempt=2) is None
    api.listed = [listed("Olá", AT + 20, "SM2"), first]
    assert (await found(client, attempt=2)).external_id == "SM2"
    api.listed = [{**first, "sid": "SM2"}, first]
    assert (await found(client, attempt=2)).receipt is Receipt.FAILED


async def test_it_is_found_under_each_shape_in_which_it_may_have_left(api, client):
    sent = parcel("**Oi** *Ana*\n\n- a", marked=True, buttons=(Button("Sim", "y"),))
    for body in (
        "*Oi* _Ana_\n\n- a",
        "*Oi* _Ana_\n\n- a\n\n1. Sim",
        "Oi Ana\n\n- a\n\n1. Sim",
        "**Oi** *Ana*\n\n- a\n\n1. Sim",
        "*Oi* _Ana_ \r\n\r\n- a\n",
    ):
        api.listed = [listed(body, AT, "SM1")]
        assert await found(client, sent) is not None, body
    api.listed = [listed("*Oi* _Ana_", AT, "SM1")]
    assert await found(client, sent) is None


async def test_guards_make_no_difference(api, client):
    api.listed = [listed("*\u200bOi*", AT, "SM1")]
    assert await found(client, text="*Oi*") is not None
    api.listed = [listed("*Oi*", AT, "SM1")]
    assert await found(client, text="*Oi*") is not None


async def test_pages_are_read_up_to_a_bound(api, client):
    api.page = 100
    others = [listed("x", AT, f"SM{n}") for n in range(1_000)]
    api.listed = [*others[:250], listed("Olá", AT, "SMx"), *others[250:]]
    assert (await found(client)).external_id == "SMx"
    assert len(api.asked) == 3
    api.listed = [*others, listed("Olá", AT, "SMx")]
    assert await found(client) is None
    assert len(api.asked) == 6


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (DROP, 10.0),
        (HANG, 10.0),
        ((500, "x"), 10.0),
        ((200, "<html>"), 10.0),
        (refused(400, 20001), 10.0),
        (refused(429, 20429), 10.0),
        (refused(400, 63038), 900.0),
    ],
)
async def test_when_twilio_cannot_be_asked_it_is_asked_later(api, client, answer, seconds):
    api.answers = {"GET Messages": [answer, answer]}  # aiohttp itself repeats what only reads
    with pytest.raises(DeliveryDelayed) as caught:
        await found(client)
    assert caught.value.retry_after == seconds
    assert caught.value.__context__ is None


async def test_what_failed_is_counted_apart_from_what_was_sent(api, client):
    """Whoever knows what is taken compares numbers: of the sent with the sent."""
    api.listed = [
        listed("Olá", AT, "SM1", status="failed", error_code=63018),
        listed("Olá", AT + 1, "SM2"),
    ]
    ours = Ours("SM2")
    assert (await found(client, ours=ours)).receipt is Receipt.FAILED
    assert ours.asked == [["SM2"], ["SM1"]]
