"""What became of a line, in words that a colleague understands."""

from __future__ import annotations

import pytest

from bot.delivery import notices, ports
from bot.delivery.receipts import Receipt
from bot.desk import fate
from bot.desk.dead_letters import DROPPED
from bot.desk.fate import FAILURES, Fate, in_words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Fate("pending"), "waits to be sent"),
        (Fate("sending"), "on its way"),
        (Fate("sent"), ""),
        (Fate("sent", "queued"), "on its way"),
        (Fate("sent", "sending"), "on its way"),
        (Fate("sent", "sent"), "✓ sent"),
        (Fate("sent", "delivered"), "✓✓ delivered"),
        (Fate("sent", "read"), "✓✓ read"),
        (Fate("failed", "failed", "blocked"), "✗ not delivered: the customer has blocked us"),
        (Fate("failed", "sent", "too_long"), "✗ not delivered: it is too long"),
        (Fate("failed", "", "unheard_of"), "✗ not delivered: the platform refused it"),
        (Fate("failed", "", "window_closed"), "kept until the customer writes"),
        (Fate("unknown", "", "looking"), "being looked up at the platform"),
        (Fate("unknown", "", "unknown"), "? may not have arrived"),
        (Fate("unknown", "delivered", "unknown"), "✓✓ delivered"),
        (Fate("failed", "read", "refused"), "✓✓ read"),
        (Fate("sent", "a word of a later version"), ""),
    ],
)
def test_each_fate_has_its_words(given, words):
    assert in_words(given) == words


def test_the_words_are_those_of_the_courier():
    assert (fate.KEPT, fate.LOOKED_UP) == (ports.WINDOW_CLOSED, ports.LOOKING)
    ends = {"blocked", ports.WINDOW_CLOSED, DROPPED}
    assert set(FAILURES) == {*notices.REASONS, *ends}


@pytest.mark.parametrize("receipt", [each for each in Receipt if each is not Receipt.FAILED])
def test_every_receipt_says_something(receipt):
    assert in_words(Fate("sent", receipt.value))
