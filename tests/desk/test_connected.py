"""Who is at the desk: seen lately, and not in a future that a wrong clock made up."""

from __future__ import annotations

import pytest

from bot.desk.connected import ConnectedDesk


class Seen:
    def __init__(self, at: float) -> None:
        self.at = at

    async def last_seen(self) -> float:
        return self.at


@pytest.mark.parametrize(
    ("seen", "present"),
    [(1000.0, True), (101.0, True), (99.0, False), (0.0, False), (5000.0, False)],
)
async def test_somebody_is_there_who_was_seen_lately(seen, present):
    assert await ConnectedDesk(Seen(seen), 900.0).can_see(1000.0) is present
