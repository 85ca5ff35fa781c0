"""The terminal desk tells how long a customer can be answered, and what an invitation takes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.desk.card import Card
from bot.desk.cases import CaseList, CaseSummary
from bot.intake.ports import ActAccepted
from bot.model import Action, Case, CaseStatus, ConversationKey, StaffAct
from bot.web.local import Local
from tests.builders import BOOK, NOON

WHATSAPP = ConversationKey("whatsapp", "+15550001111", "+5511999990000")
WINDOWS = {"whatsapp": 86_100.0}
CASE = Case(7, CaseStatus.WAITING, "asked", NOON - 60)


class Noon:
    def now(self) -> float:
        return NOON


@dataclass
class OneCase:
    """A ledger with one case, and an intake that takes every act."""

    channel: str = "whatsapp"
    heard_at: float = NOON
    case_: Case = CASE
    acts: list[StaffAct] = field(default_factory=list)
    on_its_way: int = 0

    async def cases(self, everything: bool, newest_first: bool = False) -> CaseList:
        found = CaseSummary(self.case_, self.channel, "pt", "oi", NOON, heard_at=self.heard_at)
        return CaseList((found,), 1)

    async def card(self, case: int) -> Card:
        return Card(self.case_, "Ana", self.channel, "pt", heard_at=self.heard_at)

    async def seen(self, agent: str, at: float) -> None: ...

    async def accept_act(self, act: StaffAct) -> ActAccepted:
        self.acts.append(act)
        return ActAccepted(WHATSAPP, 7, 12)

    async def being_sent(self, conversation: ConversationKey) -> bool:
        self.on_its_way -= 1
        return self.on_its_way >= 0


def client(given: OneCase, windows: dict[str, float] | None = None) -> TestClient:
    ledger: Any = given
    local = Local(
        ledger, ledger, ledger, ledger, ledger, Noon(), 9_000, 5.0, lambda: BOOK, {"whatsapp"},
        windows=WINDOWS if windows is None else windows,
    )  # fmt: skip
    return TestClient(Starlette(routes=local.routes()))


@pytest.mark.parametrize(
    ("given", "left", "closes"),
    [
        (OneCase(), "23 h 55 min", NOON + 86_100),
        (OneCase(heard_at=NOON - 86_099), "1 s", NOON + 1),
        (OneCase(heard_at=NOON - 86_100), "closed", NOON),
        (OneCase(heard_at=0.0), "closed", 86_100.0),
        (OneCase(channel="web"), "", None),
        (OneCase(case_=replace(CASE, status=CaseStatus.RESOLVED)), "", None),
    ],
)
def test_list_and_card_say_how_long_a_reply_gets_through(given, left, closes):
    asking = client(given)
    (listed,) = asking.get("/desk/cases?agent=Rita").json()["cases"]
    assert (listed["window"], listed["window_closes_at"]) == (left, closes)
    card = asking.get("/desk/cases/7?agent=Rita").json()
    assert card["window_closes_at"] == closes
    told = [line for line in card["lines"] if line.startswith("WhatsApp: ")]
    assert len(told) == (closes is not None)


def test_where_no_channel_has_a_window_nothing_is_said():
    (listed,) = client(OneCase(), {}).get("/desk/cases?agent=Rita").json()["cases"]
    assert (listed["window"], listed["window_closes_at"]) == ("", None)


def test_an_invitation_is_an_act_and_takes_the_chat():
    """It waits, as a claim does, until nothing of the bot is on its way to that customer."""
    ledger = OneCase(on_its_way=2)
    body = {"id": "a1", "case": 7, "agent": "Rita", "action": "invite"}
    done = client(ledger).post("/desk/acts", json=body).json()
    assert [act.action for act in ledger.acts] == [Action.INVITE]
    assert done["confirmed"] is True
    assert done["window"] == "23 h 55 min"
    assert ledger.on_its_way == -1


@pytest.mark.parametrize(
    ("given", "windows", "left"),
    [
        (OneCase(heard_at=NOON - 86_100), WINDOWS, "closed"),
        (OneCase(heard_at=NOON - 86_100), {}, ""),
        (OneCase(case_=replace(CASE, status=CaseStatus.RESOLVED)), WINDOWS, ""),
    ],
)
def test_whoever_replies_learns_whether_it_gets_through(given, windows, left):
    body = {"id": "a1", "case": 7, "agent": "Rita", "action": "reply", "text": "oi"}
    assert client(given, windows).post("/desk/acts", json=body).json()["window"] == left
