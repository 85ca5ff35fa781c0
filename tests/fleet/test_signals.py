"""What is told fits into notifications, and what another version tells is no harm."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.fleet.signals import Signal, Tiding, packed, unpacked
from bot.model import ConversationKey
from bot.presence import Sign

words = st.text(max_size=40)
signals = st.builds(
    Signal,
    st.sampled_from(sorted(Tiding)),
    st.one_of(st.none(), st.builds(ConversationKey, words, words, words, words)),
)


@given(st.lists(signals, max_size=50), st.integers(600, 8_000))
def test_whatever_is_told_is_heard_once_and_in_order(told, most):
    texts = list(packed(map(str, told), most))
    assert all(len(text.encode()) <= most for text in texts)
    heard = [signal for text in texts for signal in unpacked(text)]
    assert heard == list(dict.fromkeys(told))


def test_a_signal_that_fits_nowhere_is_left_to_the_sweep():
    fits, huge = str(Signal(Tiding.OUTBOX)), "arrived " + "x" * 9_000
    assert list(packed([huge, fits], 7_800)) == [fits]


def test_lines_of_another_version_are_left_out():
    assert list(unpacked("dance web//ana\narrived nonsense\noutbox\n")) == [Signal(Tiding.OUTBOX)]


def test_every_sign_but_the_end_of_a_process_can_be_told():
    assert {tiding.sign for tiding in Tiding} == {None, *Sign} - {Sign.CLOSE}
