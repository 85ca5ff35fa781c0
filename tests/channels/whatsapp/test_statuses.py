"""Status callbacks: how far a message of ours has come, and which one it was."""

from __future__ import annotations

import pytest

from bot.channels.whatsapp.heard import Nothing
from bot.channels.whatsapp.statuses import report_of
from bot.delivery.receipts import Receipt, Report
from bot.errors import Unreadable
from tests.channels.whatsapp.payloads import ANA, HIDDEN, OURS, form, sid, status, whatsapp


def after(code: int | None) -> tuple[str, float | None]:
    return (f"code {code}", 60.0 if code == 63018 else None)


def report(fields: dict, query: str = "m=12.1") -> Report | Nothing:
    return report_of(form(fields), query, after)


def test_a_status_tells_which_message_and_how_far():
    assert report(status("delivered")) == Report(
        Receipt.DELIVERED, "whatsapp", sid(50), ANA, seq=12, attempt=1, account=OURS
    )
    assert report(status("read", To=whatsapp(HIDDEN))).chat == HIDDEN
    assert report(status("read", To=None)).chat == ""


@pytest.mark.parametrize(
    ("said", "receipt"),
    [
        ("accepted", Receipt.QUEUED),
        ("scheduled", Receipt.QUEUED),
        ("queued", Receipt.QUEUED),
        ("sending", Receipt.SENDING),
        ("sent", Receipt.SENT),
        ("Delivered", Receipt.DELIVERED),
        ("read", Receipt.READ),
        ("failed", Receipt.FAILED),
        ("undelivered", Receipt.FAILED),
        ("canceled", Receipt.FAILED),
    ],
)
def test_every_status_of_twilio(said, receipt):
    assert report(status(said)).receipt is receipt


def test_a_status_that_nobody_knows_means_nothing():
    assert report(status("partially_delivered")) == Nothing("unknown_status")


def test_a_failure_tells_why_and_whether_to_try_again():
    failed = report(status("failed", ErrorCode="63018"))
    assert (failed.reason, failed.again_after) == ("code 63018", 60.0)
    failed = report(status("undelivered", ErrorCode="63016"))
    assert (failed.reason, failed.again_after) == ("code 63016", None)
    read = report(status("read", ErrorCode="63018"))
    assert (read.reason, read.again_after) == ("", None)


@pytest.mark.parametrize("code", [None, "", "0", "x", "-1", "1e3", "６３０", "9" * 30, "63016 "])
def test_a_code_that_is_none(code):
    assert report(status("failed", ErrorCode=code)).reason == "code None"


@pytest.mark.parametrize(
    ("query", "ours"),
    [
        ("m=12.1", (12, 1)),
        ("m=999999999999999999.999999", (999999999999999999, 999999)),
        ("a=b&m=3.2&c", (3, 2)),
        ("", (None, None)),
        ("m=", (None, None)),
        ("m=12", (None, None)),
        ("m=12.", (None, None)),
        ("m=.1", (None, None)),
        ("m=-1.1", (None, None)),
        ("m=1.1.1", (None, None)),
        ("m=1.1&m=2.2", (None, None)),
        ("m=1.1&m=1.1", (None, None)),
        ("m=1.1%0a", (None, None)),
        ("m=１.1", (None, None)),
        ("m=" + "9" * 19 + ".1", (None, None)),
        ("m=1.9999999", (None, None)),
        ("n=1.1", (None, None)),
        ("&".join(["m=1.1"] * 900), (None, None)),
    ],
)
def test_our_own_number_comes_back_in_the_query_or_not_at_all(query, ours):
    found = report(status("sent"), query)
    assert (found.seq, found.attempt) == ours


def test_a_status_about_no_message_cannot_be_read():
    with pytest.raises(Unreadable) as caught:
        report(status(MessageSid="MG1"))
    assert caught.value.code == "wrong_sid"
    with pytest.raises(Unreadable):
        report(status("unheard_of", MessageSid="MG1"))
