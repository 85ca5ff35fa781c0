"""How one person writes: what is learnt, and what it changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.intake.rhythm import (
    ENOUGH,
    LONGEST_GAP,
    UNKNOWN,
    Rhythm,
    learnt,
    rhythm_from,
    rhythm_to,
)


def steady(gap: float, messages: int) -> Rhythm:
    return learnt(UNKNOWN, [n * gap for n in range(messages)])


def test_a_stranger_is_given_the_whole_pause():
    assert UNKNOWN.fitted(15.0) == 15.0
    assert steady(0.5, ENOUGH).fitted(15.0) == 15.0


def test_whoever_types_fast_is_waited_for_less_and_never_less_than_a_third():
    quick, slow = steady(2.0, 12), steady(6.0, 12)
    assert 5.0 <= quick.fitted(15.0) < slow.fitted(15.0) <= 15.0
    assert steady(0.1, 30).fitted(15.0) == 5.0


def test_an_uneven_hand_is_waited_for_longer():
    even = learnt(UNKNOWN, [0, 3, 6, 9, 12, 15, 18])
    uneven = learnt(UNKNOWN, [0, 1, 6, 7, 12, 13, 18])
    assert uneven.fitted(15.0) > even.fitted(15.0)


def test_what_comes_much_later_is_another_thought():
    known = steady(2.0, 6)
    assert known.heard(LONGEST_GAP + 1) == known
    assert known.heard(-1.0) == known


@given(st.lists(st.floats(-10, 100), max_size=20), st.floats(0, 30))
def test_the_pause_is_never_longer_than_was_set(times, pause):
    rhythm = learnt(UNKNOWN, times)
    assert pause / 3 - 1e-9 <= rhythm.fitted(pause) <= pause
    stored = rhythm_from(rhythm_to(rhythm))
    assert abs(stored.gap - rhythm.gap) < 0.01
    assert stored.gaps == rhythm.gaps


def test_a_rhythm_in_the_shape_of_another_version_is_forgotten():
    assert rhythm_from({"speed": 3}) == UNKNOWN
    assert rhythm_from(None) == UNKNOWN
