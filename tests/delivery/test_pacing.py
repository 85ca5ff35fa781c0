"""Pacing: never more in any window than was allowed, whatever the clock does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from bot.delivery.pacing import TIDY_EVERY, Pacing
from bot.delivery.ports import Rate

CHAT = {"ana": Rate(3, 3.0), "bot": Rate(5, 1.0)}
NOON = 1_800_000_000.0


def test_a_short_burst_passes_and_then_it_is_one_a_second():
    pacing, now, left = Pacing(), NOON, []
    for _ in range(7):
        now = pacing.ready_at({"ana": Rate(3, 3.0)}, now)
        pacing.spend({"ana": Rate(3, 3.0)}, now)
        left.append(now - NOON)
    assert left == [0, 0, 0, 3, 3, 3, 6]


def test_chats_share_what_they_share():
    pacing = Pacing()
    for chat in ("ana", "ana", "bia", "bia", "caio"):
        pacing.spend({chat: Rate(3, 3.0), "bot": Rate(5, 1.0)}, NOON)
    assert pacing.ready_at({"dora": Rate(3, 3.0), "bot": Rate(5, 1.0)}, NOON + 0.2) == NOON + 1
    assert pacing.ready_at({"dora": Rate(3, 3.0)}, NOON + 0.2) == NOON + 0.2


def test_room_is_what_may_go_at_once():
    pacing = Pacing()
    assert pacing.room({}, NOON) is None
    assert pacing.room(CHAT, NOON) == 3
    pacing.spend(CHAT, NOON)
    assert pacing.room(CHAT, NOON) == 2
    assert pacing.room(CHAT, NOON + 3) == 3
    pacing.rest("bot", NOON + 10)
    assert pacing.room(CHAT, NOON + 9.9) == 0
    assert pacing.room(CHAT, NOON + 10) == 3


def test_a_rest_is_not_shortened_by_another():
    pacing = Pacing()
    pacing.rest("ana", NOON + 17)
    pacing.rest("ana", NOON + 2)
    assert pacing.ready_at(CHAT, NOON) == NOON + 17
    assert pacing.ready_at({"bot": Rate(5, 1.0)}, NOON) == NOON


def test_a_clock_that_goes_back_keeps_the_gaps_and_stalls_nothing():
    pacing = Pacing()
    for _ in range(3):
        pacing.spend(CHAT, NOON)
    pacing.rest("bia", NOON + 17)
    assert pacing.ready_at(CHAT, NOON + 1) == NOON + 3
    early = NOON - 3_599  # an hour back, a moment later
    assert pacing.ready_at(CHAT, early) == early + 2
    assert pacing.ready_at({"bia": Rate(3, 3.0)}, early) == early + 16


def test_names_that_no_longer_matter_are_dropped():
    pacing = Pacing()
    for n in range(5 * TIDY_EVERY):
        now = NOON + n
        pacing.spend({f"chat {n}": Rate(3, 3.0), "bot": Rate(5, 1.0)}, now)
        pacing.rest(f"chat {n}", now + 1)
    assert len(pacing._spent) <= TIDY_EVERY + 4
    assert len(pacing._rests) <= TIDY_EVERY + 4


@given(
    some.integers(1, 5),
    some.floats(0.5, 10),
    some.lists(some.floats(0, 3), min_size=1, max_size=60),
)
def test_never_more_in_any_window(most, seconds, gaps):
    """A sender that is always ready and waits exactly as told, with pauses of its own."""
    pacing, now, sent = Pacing(), 1_000.0, []
    rates = {"chat": Rate(most, seconds)}
    for gap in gaps:
        now = pacing.ready_at(rates, now + gap)
        assert pacing.room(rates, now)
        pacing.spend(rates, now)
        sent.append(now)
    for first, later in zip(sent, sent[most:], strict=False):
        assert later >= first + seconds


@given(some.lists(some.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_whatever_the_clock_does_the_wait_is_bounded(jumps):
    pacing, now = Pacing(), NOON
    for jump in jumps:
        now += jump
        assert pacing.ready_at(CHAT, now) - now <= 3.001
        pacing.spend(CHAT, now)
