"""Which messages make one turn: the burst rules, case by case."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.intake.joining import (
    CLOSED,
    MOST_CHARACTERS,
    MOST_MESSAGES,
    Waiting,
    Writing,
    corrects,
    goes_on,
    next_burst,
)
from bot.intake.ports import Pauses
from bot.intake.rhythm import Rhythm
from bot.model import Kind, Limit, Ownership
from tests.builders import incoming

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


CORRECTING = Pauses(join=True, pause=6.0, cap=20.0, correction=2.0)


def test_a_complete_question_is_not_waited_for():
    whole = burst(text(1, 0.0), text(2, 0.5, text="cadê meu pedido?"))
    assert (whole.seqs, whole.closes_at) == ((1, 2), 0.5)


def test_the_pause_fits_whoever_writes():
    quick = Writing(Rhythm(gap=1.0, spread=0.1, gaps=9))
    found = next_burst([text(1, 0.0)], CORRECTING, Ownership.BOT, 0.0, quick)
    assert found.closes_at == 2.0  # a third of it


def test_the_gaps_of_this_very_burst_count():
    fragments = [text(n, n * 0.5) for n in range(6)]
    closes = burst(*fragments, pauses=CORRECTING).closes_at
    assert 2.5 + 2.0 <= closes < 2.5 + 6.0


def test_whoever_was_asked_for_something_is_hardly_waited_for():
    name = text(1, 0.0, text="Ana Souza")
    found = next_burst([name], CORRECTING, Ownership.BOT, 0.0, Writing(asked=True))
    assert 0.0 < found.closes_at < 1.0


def test_what_would_take_the_answer_back_joins_before_there_is_one():
    question = text(1, 0.0, text="vocês aceitam cartão?")
    assert burst(question, text(2, 1.9), pauses=CORRECTING).seqs == (1, 2)
    assert burst(question, text(2, 2.1), pauses=CORRECTING).seqs == (1,)


def test_what_took_an_answer_back_joins_however_late_it_is():
    given_back = text(1, 0.0, text="vocês aceitam cartão?", reruns=1)
    assert burst(given_back, text(2, 9.0), pauses=CORRECTING).seqs == (1, 2)
    # But not whatever comes after that.
    assert burst(given_back, text(2, 9.0), text(3, 19.0), pauses=CORRECTING).seqs == (1, 2)


def test_a_message_corrects_for_a_while_and_each_answer_once():
    read, more = [text(1, 0.0)], text(2, 11.9)
    assert corrects(read, more, 10.0, CORRECTING)
    assert not corrects(read, text(2, 12.1), 10.0, CORRECTING)
    assert not corrects([text(1, 0.0, reruns=1)], more, 10.0, CORRECTING)
    assert not corrects([text(0, 0.0), text(1, 0.0, reruns=1)], more, 10.0, CORRECTING)
    assert not corrects(read, more, 10.0, replace(CORRECTING, join=False))
    assert not corrects(read, more, 10.0, replace(CORRECTING, correction=0.0))
    assert not corrects(read, text(2, 11.0), 3_600.0, CORRECTING)  # the clock went back


def test_only_what_joins_corrects():
    read = [text(1, 0.0)]
    for other in (
        text(2, 10.1, kind=Kind.COMMAND),
        text(2, 10.1, kind=Kind.BUTTON),
        text(2, 10.1, kind=Kind.ACT),
        text(2, 10.1, limit=Limit.NOTICE),
        text(2, 10.1, identity="bia"),
        text(2, 10.1, text="a" * MOST_CHARACTERS),
    ):
        assert not corrects(read, other, 10.0, CORRECTING)
    assert not corrects([text(1, 0.0, kind=Kind.BUTTON)], text(2, 10.1), 10.0, CORRECTING)
    assert not corrects([text(1, 0.0, limit=Limit.NOTICE)], text(2, 10.1), 10.0, CORRECTING)
    assert corrects(read, text(2, 10.1, kind=Kind.MEDIA), 10.0, CORRECTING)


def test_only_what_plainly_goes_on_leaves_the_line_asleep():
    def said(text: str, **more: object) -> bool:
        return goes_on(incoming(text, **more))

    assert said("oi")
    assert not said("cadê meu pedido?")
    assert not said("meu chuveiro parou de esquentar")
    assert not said("/help", kind=Kind.COMMAND)
    assert not said("oi", kind=Kind.BUTTON)
