"""The load of one process: bounded, and red long before the bound."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.errors import LedgerError, Overloaded
from bot.intake.load import CAUGHT_UP_SECONDS, LATE_SECONDS, Load


def taking(load: Load, times: int, stack: ExitStack) -> None:
    for _ in range(times):
        stack.enter_context(load.taking())


def test_beyond_the_bound_nothing_is_begun_and_room_comes_back():
    load = Load(most=4)
    with ExitStack() as inside:
        taking(load, 4, inside)
        with pytest.raises(Overloaded), load.taking():
            raise AssertionError("it was begun")
        assert load.under_way == 4
    assert load.under_way == 0
    with load.taking():
        assert load.under_way == 1


def test_every_door_answers_it_as_what_was_not_stored():
    assert issubclass(Overloaded, LedgerError)


def test_a_failure_gives_its_room_back():
    load = Load(most=1)
    for _ in range(3):
        with pytest.raises(RuntimeError), load.taking():
            raise RuntimeError
    assert load.under_way == 0


def test_it_is_red_at_half_and_green_again_only_at_a_quarter():
    load = Load(most=8)
    with ExitStack() as many:
        taking(load, 2, many)
        with ExitStack() as more:
            taking(load, 1, more)
            assert not load.overloaded
            taking(load, 1, more)
            assert load.overloaded
        assert not load.overloaded  # two: a quarter
    with ExitStack() as some_of_them:
        taking(load, 3, some_of_them)
        with load.taking():
            assert load.overloaded
        assert load.overloaded  # three: between the two


def test_a_line_that_is_late_is_red_until_it_has_caught_up():
    load = Load()
    load.waited(LATE_SECONDS - 1)
    assert not load.overloaded
    load.waited(LATE_SECONDS)
    assert load.overloaded
    load.waited(CAUGHT_UP_SECONDS + 1)
    assert load.overloaded
    load.waited(CAUGHT_UP_SECONDS)
    assert not load.overloaded


def test_one_reason_is_enough_and_both_must_go():
    load = Load(most=2)
    with load.taking():
        load.waited(LATE_SECONDS)
        load.waited(0.0)
        assert load.overloaded  # half of two
    assert not load.overloaded


@given(some.lists(some.booleans(), max_size=60), some.integers(1, 9))
def test_never_more_under_way_than_the_bound(steps, most):
    load, entered = Load(most=most), []
    for enters in steps:
        if enters:
            one = load.taking()
            try:
                one.__enter__()
            except Overloaded:
                assert load.under_way == most
            else:
                entered.append(one)
        elif entered:
            entered.pop().__exit__(None, None, None)
        assert load.under_way == len(entered) <= most
