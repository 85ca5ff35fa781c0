"""Which messages make one turn: the burst rules, case by case."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.intake.joining import CLOSED, MOST_CHARACTERS, MOST_MESSAGES, Waiting, next_burst
from bot.intake.ports import Pauses
from bot.model import Kind, Limit, Ownership

PAUSES = Pauses(join=True, pause=0.6, cap=4.0)


def text(seq: int, at: float, **changes: object) -> Waiting:
    values = {
        "seq": seq,
        "kind": Kind.TEXT,
        "limit": Limit.PASS,
        "identity": "ana",
        "text": "então",
        "at": at,
        **changes,
    }
    return Waiting(**values)


def burst(*waiting: Waiting, pauses: Pauses = PAUSES, now: float = 0.0, by=Ownership.BOT):
    return next_burst(waiting, pauses, by, now)


def test_the_pause_counts_from_the_last_message():
    assert burst(text(1, 0.0), text(2, 0.5)).closes_at == 1.1


def test_the_cap_counts_from_the_first():
    fragments = [text(n, n * 0.5) for n in range(8)]
    assert burst(*fragments) == burst(*fragments)
    assert burst(*fragments).closes_at == 4.0


def test_a_message_after_the_close_is_for_the_next_turn():
    late = burst(text(1, 0.0), text(2, 0.7), now=1.0)
    assert (late.seqs, late.closes_at) == ((1,), CLOSED)


def test_nothing_waits_for_a_person_to_read_it():
    assert burst(text(1, 0.0), by=Ownership.HUMAN).closes_at == CLOSED


def test_what_cannot_join_goes_alone_and_closes_what_stands_before_it():
    for other in (
        text(2, 0.1, kind=Kind.COMMAND),
        text(2, 0.1, kind=Kind.BUTTON),
        text(2, 0.1, kind=Kind.ACT),
        text(2, 0.1, limit=Limit.NOTICE),
        text(2, 0.1, identity="bia"),
    ):
        before = burst(text(1, 0.0), other)
        assert (before.seqs, before.closes_at) == ((1,), CLOSED)
    alone = burst(text(2, 0.1, kind=Kind.BUTTON), text(3, 0.2))
    assert (alone.seqs, alone.closes_at) == ((2,), CLOSED)


def test_a_photo_joins_the_text_around_it():
    assert burst(text(1, 0.0, kind=Kind.MEDIA), text(2, 0.1)).seqs == (1, 2)


def test_a_burst_has_an_end_even_in_a_flood():
    flood = [text(n, 0.0) for n in range(MOST_MESSAGES + 5)]
    assert len(burst(*flood).seqs) == MOST_MESSAGES
    long = [text(n, 0.0, text="a" * (MOST_CHARACTERS // 2)) for n in range(3)]
    assert len(burst(*long).seqs) == 2


def test_joining_can_be_switched_off():
    off = burst(text(1, 0.0), text(2, 0.1), pauses=Pauses(False, 0.6, 4.0))
    assert (off.seqs, off.closes_at) == ((1,), CLOSED)


def test_a_clock_that_went_back_does_not_hold_the_customer():
    assert burst(text(1, 3600.0), now=0.0).closes_at == CLOSED


@given(
    st.lists(st.floats(0, 20), min_size=1, max_size=12).map(sorted),
    st.floats(0, 5),
    st.floats(0, 10),
)
def test_order_is_kept_and_nobody_waits_beyond_the_cap(times, pause, cap):
    waiting = [text(n, at) for n, at in enumerate(times)]
    found = next_burst(waiting, Pauses(True, pause, cap), Ownership.BOT, times[0])
    assert found.seqs == tuple(range(len(found.seqs)))
    assert found.closes_at <= times[0] + cap
