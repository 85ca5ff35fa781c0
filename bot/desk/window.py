"""How long a customer may still be written to freely, where a platform sets a limit to that."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Windows = Mapping[str, float]  # channel -> seconds after the customer's last message
NO_WINDOWS: Windows = MappingProxyType({})


def closes_at(channel: str, heard_at: float, windows: Windows) -> float | None:
    """Unix time from which on only an approved message gets through; None: there is none."""
    seconds = windows.get(channel)
    return None if seconds is None else heard_at + seconds
