"""No promise of a time that the desk cannot keep."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.book import Hours, Opening
from bot.desk.hours import are_known, is_open, next_opening

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
LISBON = ZoneInfo("Europe/Lisbon")
LUNCH = (Opening(time(9), time(12)), Opening(time(13), time(18)))
HOURS = Hours("America/Sao_Paulo", dict.fromkeys(range(5), LUNCH), frozenset({date(2026, 12, 25)}))


def at(text: str, zone: ZoneInfo = SAO_PAULO, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


@pytest.mark.parametrize(
    ("moment", "is_it"),
    [
        ("2026-11-23 08:59:59", False),
        ("2026-11-23 09:00:00", True),
        ("2026-11-23 11:59:59", True),
        ("2026-11-23 12:00:00", False),  # lunch
        ("2026-11-23 13:00:00", True),
        ("2026-11-23 18:00:00", False),
        ("2026-11-22 10:00:00", False),  # Sunday
        ("2026-12-25 10:00:00", False),  # a Friday, but Christmas
    ],
)
def test_open_means_within_a_range(moment, is_it):
    assert is_open(HOURS, at(moment)) is is_it


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-23 08:00", "2026-11-23 09:00"),
        ("2026-11-23 12:30", "2026-11-23 13:00"),  # over lunch
        ("2026-11-23 10:00", "2026-11-23 13:00"),  # open now: the next start
        ("2026-11-23 20:00", "2026-11-24 09:00"),
        ("2026-11-27 18:00", "2026-11-30 09:00"),  # over the weekend
        ("2026-12-24 18:00", "2026-12-28 09:00"),  # over Christmas and the weekend
    ],
)
def test_the_next_opening_skips_what_is_closed(moment, opens):
    found = next_opening(HOURS, at(moment))
    assert found == datetime.fromisoformat(opens).replace(tzinfo=SAO_PAULO)
    assert found.tzinfo == SAO_PAULO
    assert is_open(HOURS, found.timestamp())


def test_the_time_zone_of_the_desk_decides_not_that_of_the_machine():
    assert is_open(HOURS, at("2026-11-23 12:30", ZoneInfo("UTC")))  # 09:30 in Sao Paulo


def test_beyond_two_weeks_no_opening_is_named():
    only_monday = Hours("UTC", {0: LUNCH}, frozenset({date(2026, 11, 30)}))
    monday_evening = at("2026-11-23 19:00", ZoneInfo("UTC"))
    assert next_opening(only_monday, monday_evening) is not None
    closed = Hours("UTC", {0: LUNCH}, frozenset({date(2026, 11, 30), date(2026, 12, 7)}))
    assert next_opening(closed, monday_evening) is None
    assert next_opening(Hours("UTC", {}), monday_evening) is None


def test_a_range_may_run_past_midnight():
    night = Hours("America/Sao_Paulo", {4: (Opening(time(22), time(2)),)})
    assert is_open(night, at("2026-11-27 23:00"))
    assert is_open(night, at("2026-11-28 01:59"))
    assert not is_open(night, at("2026-11-28 02:00"))
    assert not is_open(night, at("2026-11-27 01:00"))


def test_midnight_to_midnight_is_a_whole_day():
    always = Hours("UTC", {day: (Opening(time(0), time(0)),) for day in range(7)})
    assert all(is_open(always, at("2026-11-23 00:00") + hour * 3600) for hour in range(48))


def test_nine_o_clock_stays_nine_o_clock_when_the_clocks_change():
    lisbon = Hours("Europe/Lisbon", dict.fromkeys(range(7), LUNCH))
    for before, opens in [
        ("2026-03-28 19:00", "2026-03-29 09:00"),  # forward in that night
        ("2026-10-24 19:00", "2026-10-25 09:00"),  # back in that night
    ]:
        found = next_opening(lisbon, at(before, LISBON))
        assert found.isoformat(" ", "minutes")[:16] == opens
        assert is_open(lisbon, found.timestamp())
        assert not is_open(lisbon, found.timestamp() - 1)


def test_an_opening_in_the_hour_that_is_skipped_is_a_time_that_exists():
    early = Hours("Europe/Lisbon", {6: (Opening(time(1, 30), time(5)),)})
    found = next_opening(early, at("2026-03-28 20:00", LISBON))
    assert found.isoformat() == "2026-03-29T02:30:00+01:00"
    assert is_open(early, found.timestamp())


def test_an_hour_that_the_clock_strikes_twice_is_open_both_times():
    early = Hours("Europe/Lisbon", {6: (Opening(time(0, 30), time(1, 45)),)})
    assert is_open(early, at("2026-10-25 01:30", LISBON, fold=0))
    assert is_open(early, at("2026-10-25 01:30", LISBON, fold=1))


def test_a_desk_without_ranges_has_no_hours():
    assert are_known(HOURS)
    assert not are_known(Hours("UTC", {}))
    assert not are_known(Hours("UTC", {0: (), 1: ()}))


openings = st.tuples(st.times(), st.times()).map(
    lambda t: Opening(*(x.replace(microsecond=0) for x in t))
)


@given(
    week=st.dictionaries(st.integers(0, 6), st.lists(openings, max_size=2).map(tuple)),
    now=st.integers(1_700_000_000, 1_900_000_000).map(float),
    zone=st.sampled_from(["America/Sao_Paulo", "Europe/Lisbon", "Asia/Kolkata", "Pacific/Apia"]),
)
def test_what_is_named_as_the_next_opening_is_ahead_and_open(week, now, zone):
    hours = Hours(zone, week)
    found = next_opening(hours, now)
    if found is None:
        assert not are_known(hours)
    else:
        assert now < found.timestamp() <= now + 15 * 86_400
        assert str(found.tzinfo) == zone
