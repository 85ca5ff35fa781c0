"""A budget that is exact for a newcomer, fair to a hurry, hard on a flood, and soon forgiving."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.limits.budget import Charged, Charges, charge
from bot.model import Limit

START = 1_795_440_034.5  # not on the hour: buckets begin with the first message
HOUR = 3600.0


@dataclass
class Sender:
    """Keeps the charges of one sender, as a database row would."""

    base: int = 100
    charges: Charges | None = None
    passed: list[float] = field(default_factory=list)
    serial: int = 0

    def send(self, now: float, text: str = "", *, command: bool = False) -> Charged:
        self.serial += 1
        charged = charge(
            self.charges,
            now=now,
            digest=text or f"d{self.serial}",
            is_command=command,
            messages_per_hour=self.base,
            commands_per_minute=10,
        )
        self.charges = charged.charges
        if charged.limit is Limit.PASS:
            self.passed.append(now)
        return charged


def human(n: int, start: float = START, pace: float = 30.0) -> list[float]:
    """Times of messages at an uneven, human pace."""
    return [start + n * pace + (n * 7 % 5) * pace / 6 for n in range(n)]


@pytest.mark.parametrize("pace", [2.0, 12.0, 30.0, 35.0])
def test_a_newcomer_gets_exactly_the_budget_within_the_hour(pace):
    sender = Sender()
    limits = [sender.send(at).limit for at in human(101, pace=pace)]
    assert limits == [Limit.PASS] * 100 + [Limit.NOTICE]


def test_the_notice_comes_once_and_silence_after_it():
    sender = Sender(base=2)
    assert [sender.send(START + n * 40).limit for n in range(6)] == [
        Limit.PASS,
        Limit.PASS,
        Limit.NOTICE,
        Limit.SILENT,
        Limit.SILENT,
        Limit.SILENT,
    ]


def test_there_is_at_most_one_notice_an_hour_even_when_some_pass_between():
    sender = Sender(base=10)
    told = [
        at
        for at in (START + n * 31.0 for n in range(1000))
        if sender.send(at).limit is Limit.NOTICE
    ]
    assert len(told) > 2
    assert all(later - earlier >= HOUR for earlier, later in pairwise(told))


def test_six_fragments_and_a_second_hello_cost_nobody_a_share():
    sender = Sender()
    at = START
    for _ in range(10):
        for n in range(6):
            assert sender.send(at + n * 0.5).risk == 0.0
        at += 25.0
    for n, text in enumerate(("oi", "oi", "?")):
        assert sender.send(at + n * 3, text).risk == 0.0


def test_a_flood_of_one_text_loses_most_of_the_budget_and_never_all_of_it():
    sender = Sender()
    for n in range(3000):
        sender.send(START + n * 0.2, "spam")
    assert 25 <= len(sender.passed) <= 35
    assert max(sender.send(START + 600.0 + n * 0.2, "spam").risk for n in range(50)) > 0.74


def test_a_flood_that_goes_on_stays_limited_and_its_window_still_frees_itself():
    sender = Sender()
    for n in range(6 * 3600):
        sender.send(START + n, "spam")
    later = [at for at in sender.passed if at >= START + HOUR]
    assert 5 * 15 <= len(later) <= 5 * 40


def test_limited_messages_do_not_lengthen_the_wait():
    patient, pushing = Sender(), Sender()
    for sender in (patient, pushing):
        for at in human(100, pace=5.0):
            sender.send(at)
    promised = patient.send(START + 600).retry_after
    pushing.send(START + 600)
    for at in human(60, start=START + 610, pace=30.0):  # keeps asking, like a person
        pushing.send(at)
    assert len(pushing.passed) == 100
    assert pushing.send(START + 600 + promised).limit is Limit.PASS


def test_a_quiet_hour_restores_the_whole_budget():
    sender = Sender()
    for n in range(500):
        sender.send(START + n * 0.2, "spam")
    rested = START + 100 + HOUR
    for at in human(100, start=rested):
        charged = sender.send(at)
        assert (charged.limit, charged.risk) == (Limit.PASS, 0.0)


def test_the_budget_never_falls_to_nothing():
    sender = Sender(base=1)
    assert sender.send(START, "spam").limit is Limit.PASS
    for n in range(1, 50):
        assert sender.send(START + n * 0.1, "spam").limit is not Limit.PASS
    assert sender.send(START + HOUR + 5, "spam").limit is Limit.PASS


# Commands


def test_commands_have_a_budget_of_their_own():
    sender = Sender(base=1)
    for n in range(5):
        sender.send(START + n, "spam")
    assert sender.send(START + 6, command=True) == Charged(sender.charges, Limit.PASS, 0.0, 0.0)
    before = sender.charges
    sender.send(START + 7, command=True)
    assert astuple(before)[:5] == astuple(sender.charges)[:5]
    assert before.recent == sender.charges.recent


def test_ten_commands_a_minute_then_one_notice_then_silence_then_again():
    sender = Sender()
    limits = [sender.send(START + n, command=True).limit for n in range(13)]
    assert limits == [Limit.PASS] * 10 + [Limit.NOTICE, Limit.SILENT, Limit.SILENT]
    assert sender.send(START + 75, command=True).limit is Limit.PASS


def test_the_wait_for_a_command_is_kept():
    sender = Sender()
    charged = [sender.send(START + n, command=True) for n in range(11)][-1]
    assert 0 < charged.retry_after <= 60.01
    assert sender.send(START + 10 + charged.retry_after, command=True).limit is Limit.PASS


# A row can hold it


def test_charges_are_plain_values_that_a_row_can_hold():
    sender = Sender()
    for n in range(200):
        sender.send(START + n, "a" * 64)
    assert {type(value) for value in astuple(sender.charges)} <= {int, float, str}
    assert len(sender.charges.recent) < 8 * 90


# For all senders

gaps = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.5, 3.0, 40.0, 400.0, 1900.0, 3700.0]), st.booleans()),
    max_size=120,
)


@settings(max_examples=200, deadline=None)
@given(gaps=gaps, base=st.integers(1, 20), jitter=st.floats(0.5, 1.5))
def test_no_hour_holds_more_than_the_budget_and_the_counters_known_error(gaps, base, jitter):
    """The window takes the older bucket as evenly filled.

    So an hour can hold more than the budget only by what an uneven older bucket hides: never
    twice the budget; and within one bucket never more than the budget itself.
    """
    sender, now, buckets = Sender(base), START, {}
    for gap, same in gaps:
        now += gap * jitter
        charged = sender.send(now, "same" if same else "")
        if charged.limit is Limit.PASS:
            start = charged.charges.hour_start
            buckets[start] = buckets.get(start, 0) + 1
            covered = 1 - (now - start) / HOUR
            assert charged.charges.hour_before * covered + charged.charges.hour_count <= base + 1e-6
    assert all(count <= base for count in buckets.values())
    for last in sender.passed:
        within = [at for at in sender.passed if last - HOUR < at <= last]
        assert len(within) < 2 * base or len(within) <= base


@settings(max_examples=200, deadline=None)
@given(gaps=gaps, base=st.integers(1, 20), jitter=st.floats(0.5, 1.5))
def test_the_time_that_is_named_is_honest(gaps, base, jitter):
    """Who waits that long passes; who comes clearly sooner does not; who passed need not wait."""
    sender, now = Sender(base), START
    for gap, same in gaps:
        now += gap * jitter
        charged = sender.send(now, "same" if same else "")
        wait = charged.retry_after
        if charged.limit is Limit.PASS:
            assert wait == 0.0
            continue
        assert 0 < wait <= HOUR + 0.01
        assert Sender(base, charged.charges).send(now + wait).limit is Limit.PASS
        if wait > 0.1:
            early = Sender(base, charged.charges).send(now + wait - 0.1)
            assert early.limit is not Limit.PASS


@settings(max_examples=100, deadline=None)
@given(gaps=gaps, base=st.integers(1, 20))
def test_after_any_history_a_quiet_hour_gives_the_whole_budget_back(gaps, base):
    sender, now = Sender(base), START
    for gap, same in gaps:
        now += gap
        sender.send(now, "same" if same else "")
    rested = human(base, start=now + HOUR + 1, pace=40.0)
    assert all(sender.send(at).limit is Limit.PASS for at in rested)


def test_a_clock_set_back_does_not_lengthen_anybodys_wait():
    day = 86_400.0
    charges = None
    for n in range(3):
        charged = charge(
            charges,
            now=2 * day + n,
            digest=f"d{n}",
            is_command=False,
            messages_per_hour=2,
            commands_per_minute=10,
        )
        charges = charged.charges
    back = charge(
        charges,
        now=day,
        digest="later",
        is_command=False,
        messages_per_hour=2,
        commands_per_minute=10,
    )
    assert back.retry_after <= 3600.1
    freed = charge(
        back.charges,
        now=day + 2 * 3600,
        digest="free",
        is_command=False,
        messages_per_hour=2,
        commands_per_minute=10,
    )
    assert freed.limit == "pass"
