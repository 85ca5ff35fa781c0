"""What models may cost in a day is never exceeded, however many ask at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ledger import spending
from bot.ledger.migrate import migrate
from bot.ledger.sqlite import writing_engine
from bot.prompt import Asked, Attempt
from tests.builders import NOON, answered, arrival, settlement

DAY = "2026-11-23"
NEXT_DAY = "2026-11-24"
LARGEST_CAP = 1_000_000 * 10**9  # what config.yaml allows, in billionths of a dollar


def reserve(amount, cap, day=DAY):
    return partial(spending.reserve, day=day, amount=amount, cap=cap)


def correct(difference, day=DAY):
    return partial(spending.correct, day=day, difference=difference)


def spent(day=DAY):
    return partial(spending.spent, day=day)


async def test_two_hundred_at_once_never_pass_the_cap(engine):
    asked = await asyncio.gather(*(engine.write(reserve(7, 1_000)) for _ in range(200)))
    assert sum(asked) == 1_000 // 7
    assert await engine.read(spent()) == 1_000 // 7 * 7


async def test_reservations_and_corrections_at_once_add_up(engine):
    async def call(cost):
        assert await engine.write(reserve(1_000, LARGEST_CAP))
        await engine.write(correct(cost - 1_000))

    await asyncio.gather(*(call(cost) for cost in range(200)))
    assert await engine.read(spent()) == sum(range(200))


async def test_the_cap_itself_may_be_reached_and_not_one_more(engine):
    assert await engine.write(reserve(60, 100))
    assert not await engine.write(reserve(41, 100))
    assert await engine.write(reserve(40, 100))
    assert not await engine.write(reserve(1, 100))
    assert await engine.read(spent()) == 100


async def test_the_first_of_a_day_is_held_against_the_cap_too(engine, rows):
    assert not await engine.write(reserve(101, 100))
    assert await rows("SELECT * FROM spending") == []
    assert await engine.write(reserve(100, 100))


async def test_what_turns_out_cheaper_makes_room(engine):
    assert await engine.write(reserve(100, 100))
    await engine.write(correct(-70))
    assert await engine.read(spent()) == 30
    assert await engine.write(reserve(70, 100))


async def test_it_never_falls_below_nothing(engine):
    assert await engine.write(reserve(10, 100))
    await engine.write(correct(-25))
    assert await engine.read(spent()) == 0
    await engine.write(correct(-1, NEXT_DAY))
    assert await engine.read(spent(NEXT_DAY)) == 0


async def test_what_turns_out_dearer_counts_even_beyond_the_cap(engine):
    assert await engine.write(reserve(100, 100))
    await engine.write(correct(5))
    assert await engine.read(spent()) == 105
    await engine.write(correct(5, NEXT_DAY))
    assert await engine.read(spent(NEXT_DAY)) == 5


async def test_every_day_has_its_own_budget(engine):
    assert await engine.write(reserve(100, 100))
    assert await engine.write(reserve(100, 100, NEXT_DAY))
    await engine.write(correct(-40))
    assert await engine.read(spent()) == 60
    assert await engine.read(spent(NEXT_DAY)) == 100


async def test_a_day_of_the_largest_cap_is_counted_to_the_last_billionth(engine):
    assert await engine.write(reserve(LARGEST_CAP - 1, LARGEST_CAP))
    assert await engine.write(reserve(1, LARGEST_CAP))
    assert not await engine.write(reserve(1, LARGEST_CAP))
    assert await engine.read(spent()) == LARGEST_CAP


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("reserve"), st.integers(0, 60), st.integers(0, 100)),
        st.tuples(st.just("correct"), st.integers(-60, 60), st.just(0)),
    ),
    max_size=30,
)


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    engine = writing_engine(tmp_path_factory.mktemp("purse") / "desk.db")
    migrate(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@given(steps=STEPS)
def test_any_order_of_steps_ends_where_arithmetic_does(connection, steps):
    held = 0
    for step, amount, cap in steps:
        if step == "reserve":
            fits = held + amount <= cap
            assert spending.reserve(connection, DAY, amount, cap) is fits
            held += amount if fits else 0
        else:
            spending.correct(connection, DAY, amount)
            held = max(held + amount, 0)
        assert spending.spent(connection, DAY) == held
    connection.rollback()


async def test_a_cap_that_is_set_in_mid_day_knows_what_was_spent_before(ledger, open_turn, engine):
    await ledger.accept(arrival())
    opened = await open_turn(NOON + 1)
    asked = Asked("a", (Attempt("a", "answered", 0.1, cost=1_700),), answered_by="a")
    await ledger.settle(settlement(opened, replace(answered(opened), asked=asked)))

    await ledger.at_least_recorded("2027-01-15", NOON + 2)  # of an earlier day
    assert await ledger.spent("2027-01-15") == 0
    await ledger.at_least_recorded("2027-01-15", NOON)
    await ledger.at_least_recorded("2027-01-15", NOON)
    assert await ledger.spent("2027-01-15") == 1_700
    await ledger.correct("2027-01-15", 300)  # reserved for a call that is under way
    await ledger.at_least_recorded("2027-01-15", NOON)
    assert await ledger.spent("2027-01-15") == 2_000
