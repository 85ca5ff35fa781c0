"""A breaker against a simple model of what it promises, in any order of events."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
)

from bot.providers.breaker import (
    FAILURES,
    ODD_ANSWERS,
    OPEN_SECONDS,
    REST_SECONDS,
    Breaker,
    End,
    State,
    Turned,
)


def ended(breaker, *ends, at=0.0):
    """The last of these calls, one after the other, turned it into what?"""
    turned = None
    for end in ends:
        ticket = breaker.enter(at)
        assert ticket is not None
        turned = breaker.tell(ticket, end, at)
        breaker.leave(ticket)
    return turned


def opened(*ends, at=0.0):
    breaker = Breaker()
    ended(breaker, *ends, at=at)
    assert breaker.state is State.OPEN
    return breaker


def test_three_failures_in_a_row_open_it_and_two_do_not():
    breaker = Breaker()
    assert ended(breaker, End.FAILED, End.FAILED) is None
    assert ended(breaker, End.ANSWERED, End.FAILED, End.FAILED) is None
    assert ended(breaker, End.FAILED) is Turned.OPENED
    assert breaker.enter(0.0) is None


def test_five_odd_answers_in_a_row_open_it_and_four_do_not():
    breaker = Breaker()
    assert ended(breaker, *[End.ODD] * 4, End.ANSWERED, *[End.ODD] * 4) is None
    assert ended(breaker, End.ODD) is Turned.OPENED


def test_an_odd_answer_shows_that_it_can_be_reached():
    breaker = Breaker()
    assert ended(breaker, End.FAILED, End.FAILED, End.ODD, End.FAILED, End.FAILED) is None


def test_a_failure_does_not_excuse_the_odd_answers_before_it():
    breaker = Breaker()
    assert ended(breaker, *[End.ODD] * 4, End.FAILED, End.ODD) is Turned.OPENED


def test_a_question_that_is_at_fault_counts_neither_way():
    breaker = Breaker()
    assert ended(breaker, *[End.OUR_FAULT] * 50) is None
    assert ended(breaker, End.FAILED, End.FAILED, End.OUR_FAULT, End.FAILED) is Turned.OPENED


def test_a_broken_account_opens_it_at_once():
    assert ended(Breaker(), End.BROKEN) is Turned.BROKE


def test_it_lets_one_try_through_after_five_seconds_and_no_second():
    breaker = opened(End.BROKEN, at=100.0)
    assert breaker.enter(104.999) is None
    assert breaker.would_let(105.0)
    assert breaker.enter(105.0) is not None
    assert breaker.enter(1e9) is None
    assert not breaker.would_let(1e9)


@pytest.mark.parametrize("end", [End.ANSWERED, End.OUR_FAULT])
def test_a_try_that_reaches_the_model_closes_it_with_all_counts_at_nothing(end):
    breaker = opened(*[End.FAILED] * 3)
    assert ended(breaker, end, at=5.0) is Turned.RECOVERED
    assert ended(breaker, End.FAILED, End.FAILED, at=5.0) is None
    assert ended(breaker, *[End.ODD] * 4, at=5.0) is None


@pytest.mark.parametrize("end", [End.FAILED, End.ODD, End.BROKEN])
def test_a_failed_try_opens_it_again_for_five_seconds_from_its_beginning(end):
    breaker = opened(End.BROKEN)
    assert ended(breaker, end, at=5.0) is None, "said already"
    assert breaker.enter(9.99) is None
    assert breaker.enter(10.0) is not None


def test_after_a_try_that_hung_it_rests_a_second():
    breaker = opened(End.BROKEN)
    ticket = breaker.enter(5.0)
    breaker.tell(ticket, End.FAILED, 13.0)
    assert breaker.enter(13.9) is None
    assert breaker.enter(14.0) is not None


def test_an_outage_that_turns_out_to_be_the_account_is_news():
    breaker = opened(*[End.FAILED] * 3)
    assert ended(breaker, End.FAILED, at=5.0) is None
    assert ended(breaker, End.BROKEN, at=10.0) is Turned.BROKE
    assert ended(breaker, End.BROKEN, at=15.0) is None


def test_a_try_that_told_nothing_frees_its_place_at_once():
    breaker = opened(End.BROKEN)
    breaker.leave(breaker.enter(5.0))
    assert breaker.enter(5.0) is not None


def test_what_began_before_it_opened_decides_nothing_any_more():
    breaker = Breaker()
    early = [breaker.enter(0.0) for _ in range(4)]
    ended(breaker, End.BROKEN)
    assert breaker.tell(early[0], End.ANSWERED, 1.0) is None
    assert breaker.state is State.OPEN
    assert breaker.enter(5.0) is not None
    for end, ticket in zip((End.ANSWERED, End.FAILED), early[1:], strict=False):
        assert breaker.tell(ticket, end, 5.0) is None
        breaker.leave(ticket)
    assert breaker.state is State.HALF_OPEN


class AnyOrder(RuleBasedStateMachine):
    """Calls begin, end, and are cancelled in any order while time passes."""

    calls = Bundle("calls")

    @initialize()
    def begin(self):
        self.breaker = Breaker()
        self.now = 1_000.0
        self.closed = True  # the model: closed, or not
        self.trying = None  # the ticket of the one try
        self.row = []  # failures and odd answers since the last answer, as far as they count
        self.earliest = 0.0
        self.alerts = 0

    @rule(seconds=st.sampled_from([0.1, 1.0, OPEN_SECONDS, 60.0]))
    def passes(self, seconds):
        self.now += seconds

    @rule(target=calls)
    def enter(self):
        expected = self.closed or (self.trying is None and self.now >= self.earliest)
        assert self.breaker.would_let(self.now) is expected
        ticket = self.breaker.enter(self.now)
        assert (ticket is not None) is expected
        tries = ticket is not None and not self.closed
        if tries:
            self.trying, self.began = ticket, self.now
        return (ticket, tries, self.alerts if self.closed else None)

    @rule(call=consumes(calls), end=st.sampled_from(End))
    def ends(self, call, end):
        ticket, tries, period = call
        if ticket is None:
            return
        turned = self.breaker.tell(ticket, end, self.now)
        self.breaker.leave(ticket)
        if tries:
            self.trying = None
            if end in (End.ANSWERED, End.OUR_FAULT):
                assert turned is Turned.RECOVERED
                self.closed, self.row = True, []
            else:
                assert turned in (None, Turned.BROKE)
                self.earliest = max(self.began + OPEN_SECONDS, self.now + REST_SECONDS)
        elif self.closed and period == self.alerts:
            self._counts(end, turned)
        else:
            assert turned is None, "it began before the breaker last opened"

    def _counts(self, end, turned):
        if end is End.ANSWERED:
            self.row = []
        elif end is End.ODD:
            self.row = [each for each in self.row if each is End.ODD] + [End.ODD]
        elif end is not End.OUR_FAULT:
            self.row.append(end)
        full = (
            end is End.BROKEN
            or self.row.count(End.FAILED) >= FAILURES
            or self.row.count(End.ODD) >= ODD_ANSWERS
        )
        assert (turned is not None) is full
        if full:
            self.closed = False
            self.alerts += 1
            self.earliest = self.now + OPEN_SECONDS

    @rule(call=consumes(calls))
    def is_cancelled(self, call):
        ticket, tries, _ = call
        if ticket is not None:
            self.breaker.leave(ticket)
            if tries:
                self.trying = None

    @invariant()
    def agrees(self):
        if hasattr(self, "breaker"):
            expected = State.CLOSED if self.closed else State.OPEN
            if self.trying is not None:
                expected = State.HALF_OPEN
            assert self.breaker.state is expected


AnyOrder.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase
