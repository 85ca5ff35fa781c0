"""Errors become reports, the log loses nothing, and a flood stays small."""

from __future__ import annotations

import gc
import weakref

import pytest

from bot.monitor.error_reports import MOST_A_MINUTE, WAITING, ErrorReport, ErrorReports


class Timer:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def timer():
    return Timer()


@pytest.fixture
def reports(timer):
    return ErrorReports(timer)


@pytest.fixture
def taken(reports):
    found: list[ErrorReport] = []
    reports.hand_to(found.append)
    return found


def said(reports, name="it_failed", level="error", **fields):
    return reports(None, level, {"event": name, "level": level, **fields})


def test_an_error_is_reported_with_its_fields_and_stays_in_the_log(reports, taken):
    assert said(reports, turn=7) == {"event": "it_failed", "level": "error", "turn": 7}
    assert taken == [ErrorReport("it_failed", {"turn": 7})]


@pytest.mark.parametrize("level", ["debug", "info", "warning"])
def test_whatever_is_no_error_is_not_reported(reports, taken, level):
    said(reports, level=level)
    assert taken == []


def test_a_critical_event_is_reported(reports, taken):
    said(reports, level="critical")
    assert [report.name for report in taken] == ["it_failed"]


def test_the_exception_is_the_named_one_or_the_one_being_handled(reports, taken):
    named, handled = KeyError("a"), ValueError("b")
    try:
        raise handled
    except ValueError:
        said(reports, "one", exc_info=named)
        said(reports, "two", exc_info=(KeyError, named, None))
        said(reports, "three", exc_info=True)
        said(reports, "four")
        said(reports, "five", exc_info=False)
    said(reports, "six")
    assert [report.error for report in taken] == [named, named, handled, handled, None, None]


def test_no_event_keeps_its_exception(reports):
    for given in (KeyError("a"), True, None):
        assert said(reports, exc_info=given, stack_info="File x") == {
            "event": "it_failed",
            "level": "error",
        }
        assert said(reports, level="info", exc_info=given) == {
            "event": "it_failed",
            "level": "info",
        }


def test_a_flood_of_one_name_is_held_back_and_counted(reports, taken, timer):
    for _ in range(100):
        said(reports)
    said(reports, "another")
    assert [report.name for report in taken] == ["it_failed"] * MOST_A_MINUTE + ["another"]
    timer.at += 59
    said(reports)
    assert len(taken) == MOST_A_MINUTE + 1
    timer.at += 1
    said(reports)
    said(reports)
    held_back = 100 - MOST_A_MINUTE + 1
    assert [report.unreported for report in taken[-2:]] == [held_back, 0]


def test_names_without_end_share_one_count(reports, taken):
    for n in range(1_000):
        said(reports, f"name_{n}")
    assert len(taken) == 200 + MOST_A_MINUTE


def test_what_happens_before_anybody_takes_reports_waits_and_goes_first(reports):
    for n in range(WAITING + 3):
        said(reports, f"early_{n}")
    found: list[ErrorReport] = []
    reports.hand_to(found.append)
    said(reports, "later")
    assert [report.name for report in found] == [
        *(f"early_{n}" for n in range(3, WAITING + 3)),
        "later",
    ]


def test_closed_it_holds_on_to_nothing(reports):
    class Mine(Exception):
        pass

    error = Mine()
    alive = weakref.ref(error)
    said(reports, exc_info=error)
    del error
    assert alive() is not None
    reports.close()
    gc.collect()
    assert alive() is None
    said(reports, "later")
    found: list[ErrorReport] = []
    reports.hand_to(found.append)
    assert found == []
