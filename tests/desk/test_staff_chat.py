"""Who can see a case: a staff chat that takes what is sent to it, or anybody at all."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.desk.staff_chat import StaffChatSurface
from bot.desk.surface import AnySurface


@dataclass(frozen=True)
class Sees:
    seen: bool

    async def can_see(self, now: float) -> bool:
        return self.seen


@pytest.mark.parametrize(
    ("took", "reachable", "seen"),
    [
        (False, True, True),  # what the platform says now counts more than what was
        (True, False, False),
        (True, None, True),
        (False, None, False),
        (None, None, False),
    ],
)
async def test_a_staff_chat_sees_what_it_took(took, reachable, seen):
    async def took_last():
        return took

    assert await StaffChatSurface(lambda: reachable, took_last).can_see(0.0) is seen


@pytest.mark.parametrize(
    ("each", "seen"),
    [((), False), ((False,), False), ((False, True), True), ((True, False), True)],
)
async def test_one_surface_that_sees_is_enough(each, seen):
    assert await AnySurface(tuple(Sees(one) for one in each)).can_see(0.0) is seen


async def test_the_next_is_only_asked_when_the_first_sees_nothing():
    class Broken:
        async def can_see(self, now: float) -> bool:
            raise AssertionError("asked in vain")

    assert await AnySurface((Sees(True), Broken())).can_see(0.0)
