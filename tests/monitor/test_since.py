"""`--since`: spans, dates and times as people write them, and plain words for what is none."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.monitor.since import read_since

ZONE = ZoneInfo("America/Sao_Paulo")  # three hours behind UTC
NOW = datetime(2026, 11, 23, 18, 30, tzinfo=UTC).timestamp()


def at(*when: int) -> float:
    return datetime(*when, tzinfo=UTC).timestamp()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7d", 604_800), ("24h", 86_400), ("90m", 5_400), ("2w", 1_209_600), (" 1D ", 86_400)],
)
def test_a_span_ends_now(text, seconds):
    assert read_since(text, NOW, ZONE) == NOW - seconds


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-01", at(2026, 11, 1, 3)),
        ("2026-11-01T18:30", at(2026, 11, 1, 21, 30)),
        ("2026-11-01 18:30:15", at(2026, 11, 1, 21, 30, 15)),
        ("2026-11-01T18:30Z", at(2026, 11, 1, 18, 30)),
        ("2026-11-01T18:30+02:00", at(2026, 11, 1, 16, 30)),
        ("2026-11-23", at(2026, 11, 23, 3)),
    ],
)
def test_a_date_is_one_of_the_business(text, moment):
    assert read_since(text, NOW, ZONE) == moment


def test_a_day_on_which_clocks_change_begins_at_its_own_midnight():
    lisbon = ZoneInfo("Europe/Lisbon")
    assert read_since("2026-10-25", NOW, lisbon) == at(2026, 10, 24, 23)
    assert read_since("2026-10-26", NOW, lisbon) == at(2026, 10, 26)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "7", "d", "-7d", "7 d", "1.5h", "7y", "2026-11", "2026-11-31", "2026-13-01",
     "2026-11-01T25:00", "20261101", "٧d", "1234567d", "2026-11-01T", "W46", "2026-W46-1"],
)  # fmt: skip
def test_what_is_no_time_says_what_to_write(text):
    with pytest.raises(ValueError, match=r"write 7d, 24h, 90m"):
        read_since(text, NOW, ZONE)


def test_no_time_at_all_is_no_period():
    with pytest.raises(ValueError, match="no time at all"):
        read_since("0d", NOW, ZONE)


@pytest.mark.parametrize("text", ["2026-11-24", "2026-11-23T15:31", "9999-12-31"])
def test_the_future_has_nothing_to_report(text):
    with pytest.raises(ValueError, match="in the future"):
        read_since(text, NOW, ZONE)


@pytest.mark.parametrize("text", ["999999d", "999999w", "0001-01-01", "1960-01-01"])
def test_long_ago_is_everything(text):
    assert read_since(text, NOW, ZONE) == 0.0
