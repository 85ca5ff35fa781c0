"""How many tokens a text is, about."""

from __future__ import annotations


def estimate(text: str) -> int:
    """A quarter of the UTF-8 bytes and 15 % on top, rounded up.

    Good for sharing out room; no upper bound (long numbers take about twice as many), so money is
    never counted with it. A text that is part of another is never estimated higher.
    """
    size = len(text.encode("utf-8", "replace"))
    return -(-size * 115 // 400)


def bytes_within(tokens: int) -> int:
    """The most bytes of UTF-8 that `estimate` counts as so many tokens."""
    return max(0, tokens) * 400 // 115
