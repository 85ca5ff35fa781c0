"""Choices that are written out: where a platform has no buttons, a customer answers "2"."""

from __future__ import annotations

from collections.abc import Sequence


def numbered(labels: Sequence[str]) -> str:
    """The choices as they are appended to a message, two line breaks included; "" for none.

    The first is number 1. A label is one line, whatever stands in it.
    """
    if not labels:
        return ""
    lines = (f"{n}. {' '.join(label.split())}" for n, label in enumerate(labels, start=1))
    return "\n\n" + "\n".join(lines)
