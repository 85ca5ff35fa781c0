"""The figures of a period are sums of the record: each row counted once, in its own period."""

from __future__ import annotations

import asyncio

import pytest

from bot.figures import Figures, ModelFigures, Spread
from bot.ledger.figures import figures
from bot.ledger.looking import looking_into
from bot.ledger.postgres import PostgresEngine
from bot.prompt import NANO
from tests.builders import NOON
from tests.monitor.rows import Rows, attempt, filled
from tests.postgres.databases import fresh

DAY = 86_400.0
UNTIL = NOON + DAY
TODAY = "2027-01-15"  # of NOON, in UTC


@pytest.fixture(params=["sqlite", "postgres"])
def figured(request, tmp_path):
    """The figures of a database with those rows in it."""

    def of(fill=lambda rows: None, since: float | None = NOON, until: float = UNTIL) -> Figures:
        if request.param == "postgres":
            server = request.getfixturevalue("postgres_server")
            return asyncio.run(_on_server(server, fill, since, until))
        file = filled(tmp_path / "desk.db", fill)
        with looking_into(file) as connection:
            return figures(connection, since, until)

    return of


async def _on_server(server, fill, since: float | None, until: float) -> Figures:
    engine = PostgresEngine(await fresh(server))
    await engine.write(lambda connection: fill(Rows(connection)))
    found = await engine.read(lambda connection: figures(connection, since, until))
    await engine.close()
    return found


def test_an_empty_database_has_zeros_and_nothing_to_divide(figured):
    found = figured(since=None)
    assert found == Figures(None, UNTIL)
    assert (found.uptime, found.cost_per_message) == (None, None)


def test_messages_are_those_of_customers_limited_and_erased_ones_included(figured):
    def fill(rows: Rows) -> None:
        for n, state in enumerate(("done", "done", "waiting", "in_turn", "limited", "dead")):
            rows.message(NOON + n, state=state)
        rows.message(NOON - 1)
        rows.message(UNTIL)
        rows.answer(NOON)
        rows.message(NOON, direction="act", author="staff")
        rows.counted("erased.in", 5, TODAY)
        rows.counted("erased.limited", 2, TODAY)
        rows.counted("erased.in", 90, "2027-01-14")
        rows.counted("refused.api", 7, TODAY)

    found = figured(fill)
    assert (found.messages, found.limited, found.dead, found.erased) == (11, 3, 1, 5)
    assert found.turned_away == {"api": 7}


def test_a_period_has_its_first_moment_and_not_its_last(figured):
    def fill(rows: Rows) -> None:
        for at in (NOON - 0.001, NOON, UNTIL - 0.001, UNTIL):
            rows.turn(at, cost=NANO, fallback=True, refused=1)
            rows.case(at, status="resolved")

    found = figured(fill)
    assert (found.cost, found.fallbacks, found.made_up) == (2 * NANO, 2, 2)
    assert (found.answered_by, found.cases, found.times.response.count) == (
        {"rule": 2},
        {"asked": 2},
        2,
    )


def test_response_time_is_that_of_customers_who_were_answered(figured):
    def fill(rows: Rows) -> None:
        rows.turn(NOON, accepted_at=NOON - 1, settled_at=NOON + 2, responded_at=NOON + 4)
        rows.turn(NOON + 1, accepted_at=NOON, settled_at=NOON + 1, responded_at=NOON + 1)
        # An act of staff, silence, an answer that never left, one that is not settled.
        rows.turn(NOON + 2, messages=0, accepted_at=None, answered_by="staff")
        rows.turn(NOON + 3, answered_by="", responded_at=None)
        rows.turn(NOON + 4, responded_at=None)
        rows.turn(NOON + 5, state="open", settled_at=None, answered_by="")
        rows.turn(NOON + 6, state="superseded")

    times = figured(fill).times
    assert times.response == Spread(2, 3.0, 1.0, 5.0)
    assert times.waiting == Spread(2, 1.0, 1.0, 1.0)
    assert times.deciding == Spread(2, 1.0, 0.0, 2.0)
    assert times.sending == Spread(2, 1.0, 0.0, 2.0)
    assert times.models == Spread()


def test_a_clock_that_went_back_makes_no_negative_time(figured):
    found = figured(lambda rows: rows.turn(NOON, accepted_at=NOON + 90, responded_at=NOON))
    assert found.times.response == Spread(1, 0.0, 0.0, 0.0)


def test_percentiles_are_times_that_somebody_waited():
    values = [float(n) for n in range(1, 101)]
    assert Spread.of(values[::-1]) == Spread(100, 50.5, 50.0, 95.0)
    assert Spread.of([3.0]) == Spread(1, 3.0, 3.0, 3.0)
    assert Spread.of([1.0, 2.0]) == Spread(2, 1.5, 1.0, 2.0)


def test_uptime_counts_from_the_period_or_from_the_first_beat_ever(figured):
    first = int(NOON // 60)
    now = NOON + 100 * 60 + 30

    def fill(rows: Rows) -> None:
        rows.beats(first + n for n in range(101) if n not in (10, 20, 21))

    whole = figured(fill, since=None, until=now)
    assert (whole.minutes_up, whole.minutes) == (98, 101)
    assert whole.uptime == pytest.approx(98 / 101)


@pytest.mark.parametrize(
    ("since", "until", "up_of"),
    [
        (NOON - 30 * DAY, NOON + 10 * 60, (10, 10)),  # the running minute has none yet
        (NOON + 5 * 60, NOON + 20 * 60, (5, 15)),
        (NOON + 12 * 60, NOON + 20 * 60, (0, 8)),  # closed all the time
        (NOON, NOON + 30 * 60 + 5, (11, 31)),
        (NOON - 60, NOON - 1, (0, 0)),
    ],
)
def test_uptime_of_a_part_and_of_a_desk_that_is_younger_than_the_period(
    figured, since, until, up_of
):
    first = int(NOON // 60)
    found = figured(lambda rows: rows.beats([*range(first, first + 10), first + 30]), since, until)
    assert (found.minutes_up, found.minutes) == up_of


def test_what_models_did_is_read_from_the_trails(figured):
    def fill(rows: Rows) -> None:
        rows.turn(
            NOON,
            answered_by="model",
            model="openai",
            calls=1,
            trail={"step": "AskModels", "attempts": [attempt(seconds=1.5)]},
        )
        failed = attempt(result="timeout", seconds=2.0, written=0, cost=None)
        skipped = attempt(result="breaker_open", called=False, seconds=99.0, read=9, cost=9)
        second = attempt("anthropic", seconds=0.5, cost=1_000_000)
        rows.turn(
            NOON + 1,
            answered_by="model",
            model="anthropic",
            fallback=True,
            calls=2,
            cost=1_000_000,
            unpriced=1,
            trail={"attempts": [failed, skipped, second]},
        )
        rows.turn(NOON + 2, fallback=True, trail={"attempts": [skipped]})
        # Called back, but its call has been paid for.
        rows.turn(NOON + 3, state="superseded", calls=1, cost=3, trail={"attempts": [attempt()]})
        rows.turn(NOON + 4, trail={"step": "MatchRule"})
        rows.turn(NOON + 5, trail=None)
        rows.turn(NOON - 1, trail={"attempts": [attempt("old")]})

    found = figured(fill)
    assert found.models == (
        ModelFigures("openai", 1, 3, 1, 300, 120, 40, 4_000_000, 1),
        ModelFigures("anthropic", 1, 1, 0, 100, 40, 20, 1_000_000, 0),
    )
    assert found.errors == {"breaker_open": 2, "timeout": 1}
    assert found.answered_by == {"model": 2, "rule": 3}
    assert (found.fallbacks, found.unpriced, found.cost) == (2, 1, 1_000_003)
    assert found.times.models == Spread(2, 2.0, 1.5, 2.5)


def test_drafts_refused_are_counted_by_check(figured):
    def fill(rows: Rows) -> None:
        rows.turn(NOON, trail={"drafts": [["amount", "email"], ["amount"]]}, refused=2)
        rows.turn(NOON + 1, trail={"drafts": [["length"]]})
        rows.turn(NOON + 2, trail={"drafts": []})

    found = figured(fill)
    assert found.checks == {"amount": 2, "email": 1, "length": 1}
    assert found.made_up == 2


def test_people_count_by_their_replies_and_the_desks_talk_to_its_staff_does_not(figured):
    def fill(rows: Rows) -> None:
        rows.turn(NOON, messages=0, accepted_at=None, answered_by="staff")
        rows.turn(
            NOON + 1, messages=0, accepted_at=None, answered_by="system", conversation="desk//R"
        )
        rows.turn(NOON + 2, answered_by="system")
        rows.turn(NOON + 3, answered_by="")

    assert figured(fill).answered_by == {"staff": 1, "system": 1}


def test_sends_that_went_wrong_are_counted(figured):
    def fill(rows: Rows) -> None:
        for state in ("sent", "failed", "failed", "unknown", "superseded", "pending"):
            rows.answer(NOON, state=state)
        rows.answer(NOON - 1, state="failed")

    assert figured(fill).sends == {"failed": 2, "unknown": 1}


@pytest.mark.parametrize("first", ["turn", "message", "beat"])
def test_it_says_when_everything_began(figured, first):
    def fill(rows: Rows) -> None:
        rows.turn(NOON - (60 if first == "turn" else 0))
        rows.message(NOON - (60 if first == "message" else 0))
        rows.beats([int(NOON // 60) - (first == "beat")])

    assert figured(fill).began == NOON - 60
