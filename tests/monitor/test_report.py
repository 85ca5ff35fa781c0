"""The report: the figures an owner knows, in words, and nothing made up where there is nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from bot.cli.report import show
from bot.figures import MEANINGS, Figures, ModelFigures, Spread, Times
from bot.monitor.report import as_json, details, period, results
from bot.prompt import NANO
from tests.builders import NOON

ZONE = ZoneInfo("America/Sao_Paulo")
MONTHS = Figures(
    NOON - 90 * 86_400,
    NOON,
    began=NOON - 100 * 86_400,
    messages=52_847,
    limited=2_847,
    turned_away={"api": 12},
    times=Times(
        Spread(50_000, 0.847, 0.7, 2.345),
        Spread(50_000, 0.6, 0.6, 0.7),
        Spread(50_000, 0.2, 0.1, 1.5),
        Spread(30_000, 1.2, 1.0, 2.5),
        Spread(50_000, 0.05, 0.04, 0.145),
    ),
    minutes_up=129_561,
    minutes=129_600,
    answered_by={"model": 30_000, "rule": 19_000, "staff": 900, "system": 100},
    fallbacks=124,
    made_up=38,
    cost=int(52_847 * 0.034 * NANO),
    unpriced=3,
    models=(
        ModelFigures("openai", 29_900, 30_200, 150, 9_000_000, 3_600_000, 800_000, 1_700 * NANO, 0),
        ModelFigures("anthropic", 100, 124, 4, 40_000, 0, 3_000, 96_798_000_000, 3),
    ),
    errors={"timeout": 150, "overloaded": 4},
    checks={"amount": 30, "email": 8},
    cases={"asked": 800, "no_answer": 100},
    sends={"failed": 5, "unknown": 1},
    dead=2,
    erased=40,
)
EMPTY = Figures(None, NOON)


def printed(figures: Figures, width: int = 80) -> str:
    console = Console(file=StringIO(), width=width)
    show(console, figures, period(figures, ZONE, ZONE.key))
    return console.file.getvalue()  # type: ignore[attr-defined]


def values(figures: Figures) -> dict[str, str]:
    return {row.name: row.value for row in results(figures).rows}


def test_the_table_of_results_in_its_order():
    assert values(MONTHS) == {
        "Messages": "52,847",
        "Average response": "847 ms",
        "Uptime": "99.97 %",
        "Cost per message": "$0.034",
        "Satisfaction": "no ratings yet",
        "Hallucinations caught": "38",
        "Abuse blocked": "2,847",
        "Fallback activations": "124",
    }
    assert list(values(MONTHS)) == [row.name for row in results(EMPTY).rows]


def test_an_empty_period_prints_zeros_and_dashes():
    assert values(EMPTY) == {
        "Messages": "0",
        "Average response": "-",
        "Uptime": "-",
        "Cost per message": "-",
        "Satisfaction": "no ratings yet",
        "Hallucinations caught": "0",
        "Abuse blocked": "0",
        "Fallback activations": "0",
    }
    assert details(EMPTY) == ()
    assert "nothing yet" in printed(EMPTY)


def test_a_minute_missing_is_never_rounded_away():
    nearly = replace(MONTHS, minutes_up=999_999, minutes=1_000_000)
    assert values(nearly)["Uptime"] == "99.99 %"
    assert values(replace(MONTHS, minutes_up=10, minutes=10))["Uptime"] == "100 %"
    assert values(replace(MONTHS, minutes_up=0, minutes=10))["Uptime"] == "0.00 %"


@pytest.mark.parametrize(
    ("nano", "shown"),
    [
        (0, "$0.00"),
        (12_340_000_000_000, "$12,340.00"),
        (NANO // 4, "$0.25"),
        (34_000_000, "$0.034"),
        (1_234_567, "$0.00123"),
        (10_000_000, "$0.01"),
        (99_999_999, "$0.10"),
        (5, "$0.000000005"),
    ],
)
def test_small_amounts_keep_digits_that_say_something(nano, shown):
    assert values(replace(EMPTY, messages=1, cost=nano))["Cost per message"] == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0, "0 ms"), (0.9994, "999 ms"), (0.9996, "1.00 s"), (2.345, "2.35 s"), (3_600, "3,600 s")],
)
def test_times_are_read_at_a_glance(seconds, shown):
    figures = replace(EMPTY, times=Times(Spread(1, seconds, seconds, seconds)))
    assert values(figures)["Average response"] == shown


def test_who_answered_is_shown_by_model_and_voice():
    [answered] = [section for section in details(MONTHS) if section.title == "Answered by"]
    assert [(row.name, row.value, row.note) for row in answered.rows] == [
        ("openai", "29,900", "60 %"),
        ("anthropic", "100", "0 %"),
        ("rules", "19,000", "38 %"),
        ("people", "900", "2 %"),
        ("the desk's own lines", "100", "0 %"),
    ]


def test_a_model_that_is_not_known_by_name_is_not_lost():
    figures = replace(EMPTY, answered_by={"model": 3})
    assert [(row.name, row.value) for row in details(figures)[0].rows] == [("a model", "3")]


def test_a_price_that_nobody_knows_is_not_taken_for_nothing():
    unknown = ModelFigures("own", calls=2, unpriced=2)
    rows = {
        row.name: row.value
        for section in details(replace(EMPTY, models=(unknown,), unpriced=2))
        for row in section.rows
    }
    assert (rows["own"], rows["unknown price"]) == ("unknown", "2")
    cost = next(row for row in results(MONTHS).rows if row.name == "Cost per message")
    assert cost.note == "3 calls of unknown price"


def test_it_fits_eighty_columns_without_colours_and_says_what_the_figures_mean():
    for figures in (MONTHS, EMPTY):
        text = printed(figures)
        assert max(len(line) for line in text.splitlines()) <= 80
        assert "\x1b" not in text
        for name, meaning in MEANINGS.items():
            assert f"{name} {meaning}" in " ".join(text.split())
    assert "timeout 150, overloaded 4" in printed(MONTHS)
    assert "amount 30, email 8" in printed(MONTHS)
    assert "2026-10-17 05:00 to 2027-01-15 05:00 (America/Sao_Paulo)" in printed(MONTHS)


def test_columns_are_aligned():
    lines = [line.rstrip() for line in printed(MONTHS).splitlines()]
    ends = {
        line.index(value) + len(value)
        for line in lines
        for name, value in values(MONTHS).items()
        if line.startswith(f" {name} ") and value in line
    }
    assert len(ends) == 1


def test_the_period_is_named():
    assert period(EMPTY, ZONE, "X") == "everything up to 2027-01-15 05:00 (X): nothing yet"
    everything = replace(MONTHS, since=None)
    assert period(everything, ZONE, "X").startswith("everything: 2026-10-07 05:00 to ")


def test_many_kinds_of_error_are_cut_and_counted():
    figures = replace(EMPTY, checks={f"check_{n}": 1 for n in range(9)})
    assert details(figures)[0].rows[0].note.endswith("check_5 1, 3 more")


def test_json_has_everything_and_null_for_what_is_unknown():
    found = as_json(MONTHS, ZONE, "America/Sao_Paulo")
    json.dumps(found)
    assert found["period"] == {
        "since": "2026-10-17T05:00:00-03:00",
        "until": "2027-01-15T05:00:00-03:00",
        "first": "2026-10-07T05:00:00-03:00",
        "timezone": "America/Sao_Paulo",
    }
    assert (found["messages"], found["average_response_seconds"]) == (52_847, 0.847)
    assert found["uptime"] == pytest.approx(0.9997, abs=1e-5)
    assert found["cost_per_message_usd"] == pytest.approx(0.034)
    assert (found["satisfaction"], found["hallucinations_caught"]) == (None, 38)
    assert (found["abuse_blocked"], found["fallback_activations"]) == (2_847, 124)
    assert found["response_seconds"] == {
        "count": 50_000,
        "average": 0.847,
        "p50": 0.7,
        "p95": 2.345,
    }
    assert list(found["stages_seconds"]) == ["waiting", "deciding", "models", "sending"]
    assert found["models"][1] == {
        "name": "anthropic",
        "answers": 100,
        "calls": 124,
        "failed": 4,
        "tokens_read": 40_000,
        "tokens_cached": 0,
        "tokens_written": 3_000,
        "cost_usd": 96.798,
        "unpriced_calls": 3,
    }
    empty = as_json(EMPTY, ZONE, "UTC")
    for name in ("average_response_seconds", "uptime", "cost_per_message_usd", "satisfaction"):
        assert empty[name] is None
    assert empty["period"]["since"] is None
    assert empty["sends"] == {"failed": 0, "unknown": 0}
    assert empty.keys() == found.keys()
