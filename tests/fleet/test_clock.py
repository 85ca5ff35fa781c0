"""A fleet has one time: the database's."""

from __future__ import annotations

import pytest

from bot.clock import SYSTEM, Clock
from bot.errors import LedgerError
from bot.fleet import clock as clocks
from bot.fleet.clock import DatabaseClock


class Database:
    now = 1_000_000.0
    takes = 0.0

    async def ask(self) -> float:
        if self.now < 0:
            raise LedgerError("away")
        machine.now += self.takes
        return self.now


class Machine:
    now = 50.0


machine = Machine()


@pytest.fixture
def database(monkeypatch):
    machine.now = 50.0
    monkeypatch.setattr(clocks, "monotonic", lambda: machine.now)
    return Database()


async def test_until_it_is_asked_the_machine_tells_the_time(database):
    assert DatabaseClock(Clock(now=lambda: 7.0), database.ask).now() == 7.0


async def test_it_goes_on_from_what_the_database_told_whatever_the_machine_says(database):
    here = {"now": 5.0}
    clock = DatabaseClock(Clock(now=lambda: here["now"]), database.ask)
    await clock.sync()
    machine.now += 2.5
    here["now"] = -99_999.0  # somebody sets the machine's clock
    assert clock.now() == 1_000_002.5
    assert clock.as_clock().now() == 1_000_002.5


async def test_half_of_the_way_is_taken_off(database):
    database.takes = 0.4
    clock = DatabaseClock(SYSTEM, database.ask)
    await clock.sync()
    assert clock.now() == pytest.approx(1_000_000.2)


async def test_a_time_that_was_long_on_its_way_does_not_move_the_clock(database):
    clock = DatabaseClock(SYSTEM, database.ask)
    await clock.sync()
    database.takes, database.now = 3.0, 2_000_000.0
    await clock.sync()
    assert clock.now() == 1_000_003.0


async def test_it_outlives_a_database_that_is_away(database):
    clock = DatabaseClock(SYSTEM, database.ask)
    await clock.sync()
    database.now = -1.0
    with pytest.raises(LedgerError):
        await clock.sync()
    machine.now += 60
    assert clock.now() == 1_000_060.0
