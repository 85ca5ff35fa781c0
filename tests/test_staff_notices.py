"""What the team is told about sending: each thing once, and nothing that will be true no longer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.clock import Clock
from bot.delivery.ports import Parcel
from bot.model import ConversationKey
from bot.outcome import Outgoing
from bot.plan import Plan, read_plan
from bot.staff_notices import SURE_SECONDS, TOLD_ONCE_SECONDS, StaffNotices
from tests.builders import NOON
from tests.virtual_time import in_virtual_time

TEAM = ConversationKey("telegram_staff", "7", "-1")
ANA = ConversationKey("whatsapp", "+1", "+2")


@dataclass
class Told:
    """A ledger that notes what the team is told, and a bot in the team's chat."""

    texts: list[str] = field(default_factory=list)
    there: ConversationKey | None = TEAM

    async def tell(self, message: Outgoing, case: int | None, at: float) -> None:
        assert message.to == TEAM
        self.texts.append(message.text)

    def staff(self) -> ConversationKey | None:
        return self.there


def plan() -> Plan:
    return read_plan()


def notices(told: Any, seconds: float = 0.0) -> StaffNotices:
    read = plan()
    clock = Clock(now=lambda: NOON + seconds + asyncio.get_running_loop().time())
    return StaffNotices(read, told, lambda: read.book, clock, told)


@in_virtual_time
async def test_a_stop_is_told_once_however_often_it_is_met() -> None:
    told = Told()
    speaking = notices(told)
    for _ in range(5):
        speaking.alert(20003)
        await asyncio.sleep(30)
    assert len(told.texts) == 1
    assert "WhatsApp" in told.texts[0]
    assert "credenciais" in told.texts[0]
    await speaking.close()


@in_virtual_time
async def test_another_reason_is_told_too() -> None:
    told = Told()
    speaking = notices(told)
    for code in (63038, 63051, 63038):
        speaking.alert(code)
    await asyncio.sleep(1)
    assert len(set(told.texts)) == len(told.texts) == 2
    await speaking.close()


@in_virtual_time
async def test_that_it_works_again_is_told_once_it_is_sure() -> None:
    told = Told()
    speaking = notices(told)
    speaking.alert(63038)
    await asyncio.sleep(10)
    speaking.alert(None)  # taken, and refused a moment later after all
    await asyncio.sleep(5)
    speaking.alert(63038)
    await asyncio.sleep(SURE_SECONDS * 2)
    assert len(told.texts) == 1
    speaking.alert(None)
    await asyncio.sleep(SURE_SECONDS + 1)
    assert len(told.texts) == 2
    assert "voltou" in told.texts[1]
    speaking.alert(63038)  # and another stop is news
    await asyncio.sleep(1)
    assert len(told.texts) == 3
    await speaking.close()


@in_virtual_time
async def test_what_was_never_stopped_does_not_work_again() -> None:
    told = Told()
    speaking = notices(told)
    speaking.alert(None)
    await asyncio.sleep(SURE_SECONDS * 2)
    assert told.texts == []
    await speaking.close()


@in_virtual_time
async def test_a_desk_without_a_team_chat_tells_nobody_and_goes_on() -> None:
    told = Told(there=None)
    speaking = notices(told)
    speaking.alert(20003)
    await asyncio.sleep(1)
    assert told.texts == []
    assert speaking.undelivered(Parcel(1, ANA, "x", "rule", ()), "unknown") is None
    await speaking.close()


@in_virtual_time
async def test_that_our_own_number_is_wrong_is_told_now_and_then_not_for_every_message() -> None:
    told = Told()
    speaking = notices(told)
    parcel = Parcel(1, ANA, "x", "rule", ())
    notes = []
    for _ in range(30):
        notes.append(speaking.undelivered(parcel, "sender"))
        await asyncio.sleep(TOLD_ONCE_SECONDS / 20)
    assert len([note for note in notes if note]) == 2
    assert all(speaking.undelivered(parcel, "policy") for _ in range(5))
    await speaking.close()


def test_this_file_reads_the_templates_that_ship() -> None:
    assert Path(plan().folder, "templates").is_dir()
