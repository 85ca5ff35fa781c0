"""People who write in fragments score nothing; a flood scores high; nobody scores everything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.risk.score import CAP, HALF_LIFE, Seen, Signals, decayed, signals


def seen(*messages: tuple[str, float]) -> list[Seen]:
    return [Seen(digest, at) for digest, at in messages]


@pytest.mark.parametrize(
    "recent",
    [
        [],
        seen(("a", 0)),
        [Seen(f"d{n}", n * 0.5) for n in range(6)],  # six fragments in three seconds
        seen(("oi", 0), ("oi", 4), ("?", 7)),
        seen(("oi", 0), ("oi", 4), ("oi", 9)),
        [Seen("sim", n * 240.0) for n in range(8)],  # "sim" to every question of a long talk
        [Seen(f"d{n}", n * 36.0) for n in range(8)],  # evenly spaced, but slowly
        # fragments, a pause to read, fragments: three seconds' work twice
        [Seen(f"d{n}", n * 0.5 + (20 if n > 3 else 0)) for n in range(8)],
    ],
)
def test_people_score_nothing(recent):
    assert signals(recent).score == 0.0


def test_the_same_text_five_times_a_second_scores_the_most():
    assert signals([Seen("spam", n * 0.2) for n in range(8)]).score == CAP


def test_repetition_alone_weighs_more_than_speed_alone():
    gaps = (0, 3, 7, 9, 14, 16, 21, 23)
    repeating = signals([Seen("spam", at) for at in gaps])
    fast = signals([Seen(f"d{n}", n * 0.1) for n in range(8)])
    assert repeating.cadence == 0.0
    assert repeating.repetition > 0.7
    assert fast == Signals(repetition=0.0, cadence=1.0)
    assert fast.score <= 0.25 < repeating.score


def test_messages_as_even_as_a_clock_are_noticed_though_they_are_slow():
    assert signals([Seen(f"d{n}", n * 5.0) for n in range(8)]).cadence == 1.0
    uneven = (0, 3, 9, 13, 20, 22, 29, 33)
    assert signals([Seen(f"d{n}", at) for n, at in enumerate(uneven)]).cadence == 0.0


def test_only_the_last_eight_messages_are_looked_at():
    flood = [Seen("spam", n * 0.2) for n in range(20)]
    calm = [Seen(f"d{n}", 100.0 + at) for n, at in enumerate((0, 9, 13, 20, 31, 36, 40, 55))]
    assert signals(flood + calm).score == 0.0


def test_a_clock_that_stands_still_or_runs_back_breaks_nothing():
    assert signals([Seen(f"d{n}", 5.0) for n in range(8)]).cadence == 1.0
    assert signals([Seen("a", 10.0 - n) for n in range(8)]).score <= CAP


def test_a_score_halves_and_then_is_forgotten():
    assert decayed(0.6, HALF_LIFE) == pytest.approx(0.3)
    assert decayed(0.6, -5) == 0.6
    assert decayed(CAP, 3600.0) == 0.0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1e6, allow_nan=False)), max_size=12))
def test_the_score_stays_within_its_bounds(messages):
    assert 0.0 <= signals(seen(*messages)).score <= CAP
