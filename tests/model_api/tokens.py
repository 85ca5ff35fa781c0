"""Counting, roughly, and remembering what was read before."""

from __future__ import annotations


def tokens_of(text: str) -> int:
    """About as many as a tokenizer would find."""
    return -(-len(text.encode()) // 4)


class Seen:
    """Prefixes that the provider's cache holds."""

    def __init__(self) -> None:
        self._prefixes: set[int] = set()

    def before(self, prefix: str) -> bool:
        """Whether it was read before; from now on it was."""
        known = hash(prefix) in self._prefixes
        self._prefixes.add(hash(prefix))
        return known
