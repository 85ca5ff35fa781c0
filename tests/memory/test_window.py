"""The newest whole lines that fit; the question always stays."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as some

from bot.memory.tokens import bytes_within, estimate
from bot.memory.window import CUT, cut, window
from bot.prompt import Speaker, Spoken

CUSTOMER, DESK = Speaker.CUSTOMER, Speaker.DESK
texts = some.text(min_size=1, max_size=120)
spoken = some.builds(Spoken, some.sampled_from(Speaker), texts)


def test_an_estimate_is_a_quarter_of_the_bytes_and_some():
    assert [estimate(text) for text in ("", "a", "aaaa", "ação", "x" * 4000)] == [0, 1, 2, 2, 1150]


@given(some.text(), some.text())
def test_a_longer_text_is_never_estimated_lower(one, two):
    assert max(estimate(one), estimate(two)) <= estimate(one + two)
    assert estimate(one + two) <= estimate(one) + estimate(two)


@given(some.integers(0, 10_000))
def test_bytes_within_is_the_most_that_is_estimated_so(tokens):
    most = bytes_within(tokens)
    assert estimate("x" * most) <= tokens < estimate("x" * (most + 1))


@given(some.lists(spoken, max_size=12), some.lists(texts, min_size=1, max_size=6),
       some.integers(40, 300))  # fmt: skip
def test_the_room_is_kept_and_everybody_takes_turns(history, burst, tokens):
    seen = window(history, burst, tokens)
    assert sum(estimate(line.text) for line in seen.said) <= tokens
    assert seen.said[0].speaker is seen.said[-1].speaker is CUSTOMER
    speakers = [line.speaker for line in seen.said]
    assert all(one is not two for one, two in pairwise(speakers))
    assert seen.lines + seen.left_out == len(history)


@given(some.lists(spoken, max_size=12), some.lists(texts, min_size=1, max_size=6))
def test_with_room_enough_everything_is_there_in_its_order(history, burst):
    seen = window(history, burst, 100_000)
    while history and history[0].speaker is DESK:
        history = history[1:]
    joined = "\n".join([line.text for line in history] + burst)
    assert "\n".join(line.text for line in seen.said) == joined
    assert seen.lines == len(history)


@given(some.lists(spoken, max_size=12), some.integers(40, 300))
def test_what_is_shown_is_the_newest_without_a_gap(history, tokens):
    seen = window(history, ["q"], tokens)
    kept = history[len(history) - seen.lines :]
    joined = "\n".join([line.text for line in kept] + ["q"])
    assert "\n".join(line.text for line in seen.said) == joined
    if seen.lines < len(history):  # one more would not fit, or would be the desk's
        more = history[len(history) - seen.lines - 1]
        room = sum(estimate(line.text) + 4 for line in kept) + estimate("q") + 4
        assert more.speaker is DESK or room + estimate(more.text) + 4 > tokens


def test_the_oldest_lines_go_first_and_none_is_cut():
    history = [Spoken(CUSTOMER, "a" * 200), Spoken(DESK, "b" * 200), Spoken(CUSTOMER, "c" * 200)]
    seen = window(history, ["d"], 80)
    assert seen.said == (Spoken(CUSTOMER, f"{'c' * 200}\nd"),)
    assert (seen.lines, seen.left_out) == (1, 2)


def test_a_burst_that_is_too_long_keeps_its_newest_messages_and_cuts_one():
    burst = ["first", "a" * 500 + "z" * 500, "newest"]
    seen = window([Spoken(CUSTOMER, "before")], burst, 100)
    (line,) = seen.said
    assert line.text.endswith("z\nnewest")
    assert line.text.startswith("a")
    assert CUT in line.text
    assert "first" not in line.text
    assert (seen.lines, seen.left_out) == (0, 1)


def test_a_single_message_that_is_too_long_is_cut_in_the_middle():
    (line,) = window([], ["a" * 5000 + "z" * 5000], 200).said
    assert line.text.startswith("aaa")
    assert line.text.endswith("zzz")
    assert 190 <= estimate(line.text) <= 200


@given(some.text(alphabet="aé👩\u200d👧\ufe0f\u0301\n ", min_size=1), some.integers(1, 60))
def test_a_cut_is_two_ends_of_the_text_and_never_half_a_sign(text, tokens):
    found = cut(text, tokens)
    if estimate(text) <= tokens:
        assert found == text
        return
    head, tail = found.split(CUT)
    assert text.startswith(head)
    assert text.endswith(tail)
    assert not tail.startswith(("\u200d", "\ufe0f", "\u0301"))
    assert not head.endswith("\u200d")
    assert estimate(found) <= max(tokens, estimate(CUT))
