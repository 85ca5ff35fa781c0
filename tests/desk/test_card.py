"""A card tells a person what they need, and obeys nobody who wrote in it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.card import (
    LAST_MESSAGES,
    WHY,
    Card,
    CardLine,
    channel_label,
    harmless,
    lines,
    waiting,
    why,
)
from bot.desk.fate import Fate
from bot.model import Case, CaseStatus, Said

NOW = 10_000.0


def test_a_card_shows_who_why_how_long_and_what_was_said():
    card = Card(
        case=Case(7, CaseStatus.CLAIMED, "no_answer", NOW - 3900, agent="ana"),
        who="Rui",
        channel="web",
        language="Português",
        said=(
            CardLine("customer", "cadê\nmeu pedido", NOW - 4000),
            CardLine("rule", "Não sei.", NOW - 5, Fate("sent", "read")),
        ),
        details={"order_number": "12345"},
        notes=(Said("bia", "ligar amanhã", NOW - 60),),
    )
    assert lines(card, NOW) == (
        "Case 7 · claimed by ana · waiting 1 h 05 min",
        "Who: Rui · web · Português",
        "Why: the desk had no answer, twice in a row",
        "Collected:",
        "  order_number: 12345",
        "Notes (inside):",
        "  bia: ligar amanhã",
        "Last messages:",
        "  customer (1 h 06 min ago): cadê ⏎ meu pedido",
        "  rule (5 s ago, ✓✓ read): Não sei.",
    )


def test_an_empty_card_is_short():
    card = Card(Case(1, CaseStatus.WAITING, "asked", NOW), "x", "api", "English")
    assert lines(card, NOW) == (
        "Case 1 · waiting · waiting 0 s",
        "Who: x · api · English",
        "Why: asked for a person",
    )


WINDOWS = {"whatsapp": 86_100.0}


@pytest.mark.parametrize(
    ("ago", "line"),
    [
        (0, "WhatsApp: 23 h 55 min left to answer"),
        (86_100 - 61, "WhatsApp: 1 min left to answer"),
        (86_099.5, "WhatsApp: 0 s left to answer"),
        (
            86_100,
            "WhatsApp: closed, only a template gets through; "
            "a reply is kept until the customer writes",
        ),
    ],
)
def test_a_card_says_how_long_a_reply_gets_through(ago, line):
    case = Case(1, CaseStatus.WAITING, "asked", NOW)
    card = Card(case, "x", "whatsapp", "English", heard_at=NOW - ago)
    assert lines(card, NOW, WINDOWS)[2:] == ("Why: asked for a person", line)


def test_a_card_is_silent_where_no_time_runs_out():
    waits = Case(1, CaseStatus.WAITING, "asked", NOW)
    done = Case(1, CaseStatus.RESOLVED, "asked", NOW)
    for case, channel, windows in (
        (waits, "web", WINDOWS),
        (waits, "whatsapp", {}),
        (done, "whatsapp", WINDOWS),
    ):
        card = Card(case, "x", channel, "English", heard_at=NOW)
        assert lines(card, NOW, windows)[-1] == "Why: asked for a person"


def test_a_channel_is_written_as_people_write_it():
    labels = [channel_label(each) for each in ("whatsapp", "api", "telegram", "x\x1b")]
    assert labels == ["WhatsApp", "API", "Telegram", "X␛"]


def test_only_the_last_messages_are_shown():
    said = tuple(CardLine("customer", f"n{n}", NOW) for n in range(30))
    shown = lines(Card(Case(1, CaseStatus.WAITING, "asked", NOW), "x", "api", "x", said), NOW)
    assert shown[-1].endswith("n29")
    assert len(shown) == 4 + LAST_MESSAGES


def test_every_reason_that_opens_a_case_has_plain_words():
    assert set(WHY) >= {"asked", "no_answer", "form", "form_given_up", "topic", "dead"}
    assert why("something\x1bnew") == "something␛new"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h 00 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_waiting_is_told_as_people_tell_it(seconds, words):
    assert waiting(seconds) == words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b[31mred", "␛[2J␛[31mred"),
        ("\x9b2J", "□2J"),
        ("a\x08b\x07", "a␈b␇"),
        ("\x7f", "□"),
        ("abc\u202egnp.exe", "abc□gnp.exe"),
        ("\u2066x\u2069", "□x□"),
        ("one\r\nCase 8 · waiting", "one  ⏎ Case 8 · waiting"),
        ("x\u2028y", "x ⏎ y"),
        ("\ud800", "□"),
        ("👩\u200d👧 ❤\ufe0f שלום", "👩\u200d👧 ❤\ufe0f שלום"),
    ],
)
def test_what_steers_a_terminal_is_made_visible(text, shown):
    assert harmless(text) == shown


def test_a_long_message_is_shown_to_its_end():
    assert harmless("a" * 4096 + "FIM").endswith("aFIM")


@given(st.text(st.characters(), max_size=80))
def test_nothing_that_a_stranger_writes_can_steer_the_terminal(text):
    card = Card(
        Case(1, CaseStatus.CLAIMED, text, NOW, agent=text),
        who=text,
        channel=text,
        language=text,
        said=(CardLine(text, text, NOW, Fate("failed", text, text)),),
        details={text: text},
        notes=(Said(text, text, NOW),),
    )
    for shown in lines(card, NOW, {text: 60.0}):
        assert shown.splitlines() == [shown]
        kinds = {unicodedata.category(sign) for sign in shown if sign != "\u200d"}
        assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        shown.encode("utf-8")
