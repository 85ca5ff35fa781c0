"""What no webhook has brought: found in the list, taken once, in order, and answered as written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from bot.channels.whatsapp import missed, receive
from bot.channels.whatsapp.health import WhatsAppHealth
from bot.channels.whatsapp.listed import File, Found, Listed, form_of
from bot.channels.whatsapp.missed import GRACE_SECONDS, LOOK_BACK_SECONDS, Missed
from bot.clock import Clock
from bot.errors import DeliveryDelayed, LedgerError
from bot.outcome import Button
from tests.channels.whatsapp.payloads import ANA, NOW, OURS, file_url, press, said, sid, whatsapp
from tests.channels.whatsapp.rig import CHAT, Rig

BIA = "+5511987654322"
MARK = f"whatsapp:{OURS}"
YES = Button("Sim", "yes please")


def wrote(text: str, number: int, ago: float, sender: str = ANA, files: int = 0) -> Listed:
    """A message of some seconds ago."""
    return Listed(sid(number), whatsapp(sender), whatsapp(OURS), text, files, NOW - ago)


@dataclass
class TwiliosList:
    """Answers what it is told to."""

    messages: list[Listed] = field(default_factory=list)
    whole: bool = True
    files: list[File] = field(default_factory=list)
    fails: Exception | None = None
    asked: list[float] = field(default_factory=list)

    async def inbound(self, since: float) -> Found:
        self.asked.append(since)
        if self.fails:
            raise self.fails
        return Found(tuple(each for each in self.messages if each.sent_at >= since), self.whole)

    async def files_of(self, sid: str) -> Sequence[File]:
        return self.files


@dataclass
class Desk:
    rig: Rig
    twilio: TwiliosList
    missed: Missed
    health: WhatsAppHealth

    async def mark(self) -> float | None:
        return await self.rig.ledger.mark(MARK)

    async def texts(self) -> list[str]:
        return [row["text"] for row in await self.rig.messages()]


@pytest.fixture
async def desk(rig: Rig) -> Desk:
    """A desk that looked an hour ago."""
    await rig.ledger.set_mark(MARK, NOW - 3600)
    twilio, health = TwiliosList(), WhatsAppHealth(OURS)
    clock = Clock(now=lambda: NOW)
    looking = Missed(OURS, twilio, rig.receiver, rig.ledger, health, clock)
    return Desk(rig, twilio, looking, health)


async def test_the_first_look_ever_takes_nothing_and_sets_the_mark(rig):
    twilio = TwiliosList([wrote("há um ano", 1, 60)])
    looking = Missed(
        OURS, twilio, rig.receiver, rig.ledger, WhatsAppHealth(OURS), Clock(now=lambda: NOW)
    )
    assert await looking.look() is None
    assert twilio.asked == []
    assert await rig.messages() == []
    assert await rig.ledger.mark(MARK) == NOW


async def test_what_was_missed_is_stored_as_of_when_it_was_written(desk):
    desk.twilio.messages = [wrote("oi", 1, 900)]
    assert await desk.missed.look() is None
    [row] = await desk.rig.messages()
    assert (row["text"], row["external_id"], row["at"]) == ("oi", sid(1), NOW - 900)
    [chat] = await desk.rig.rows("SELECT * FROM conversations")
    assert chat["last_in_at"] == NOW - 900  # from which the 24 hours count
    assert desk.rig.rung == [(CHAT, False)]
    assert await desk.mark() == NOW - GRACE_SECONDS
    assert (desk.health.looked_at, desk.health.missed) == (NOW, 1)


async def test_messages_of_a_chat_are_stored_in_order_before_its_line_is_woken(desk, monkeypatch):
    happened: dict[str, list[str]] = {ANA: [], BIA: []}
    takes = desk.rig.ledger.accept

    async def noted(arrival):
        accepted = await takes(arrival)
        happened[arrival.message.conversation.chat].append(arrival.message.text)
        return accepted

    monkeypatch.setattr(desk.rig.ledger, "accept", noted)
    desk.missed._ring = lambda chat, hurry: happened[chat.chat].append("woken")
    desk.twilio.messages = [
        wrote("um", 3, 90), wrote("a", 1, 80, BIA), wrote("dois", 2, 70), wrote("três", 4, 70),
    ]  # fmt: skip
    await desk.missed.look()
    assert happened == {ANA: ["um", "dois", "três", "woken"], BIA: ["a", "woken"]}
    assert [text for text in await desk.texts() if text != "a"] == ["um", "dois", "três"]


@pytest.mark.parametrize("hook_first", [True, False])
async def test_a_message_that_both_bring_is_stored_once(desk, hook_first):
    desk.twilio.messages = [wrote("oi", 1, 30)]
    if hook_first:
        await desk.rig.take(said("oi"))
        await desk.missed.look()
    else:
        await desk.missed.look()
        await desk.rig.take(said("oi"))
    assert await desk.texts() == ["oi"]
    assert await desk.rig.quarantined() == []
    assert desk.health.missed == (not hook_first)


async def test_a_message_that_both_bring_at_the_same_instant_is_stored_once(desk):
    listed = [wrote("oi", n, 30) for n in range(1, 11)]
    taking = [desk.rig.receiver.take_listed(form_of(each), each.sent_at) for each in listed]
    hooks = [desk.rig.take(said("oi", number=n)) for n in range(1, 11)]
    await asyncio.gather(*taking, *hooks)
    assert len(await desk.rig.messages()) == 10
    assert await desk.rig.quarantined() == []


async def test_a_press_is_known_by_its_label_and_is_the_same_as_the_hooks(desk):
    offered = desk.rig.slips.under
    offered[CHAT, ""] = offered[CHAT, sid(50)] = (YES, Button("Não", "rather not"))
    desk.twilio.messages = [wrote("Sim", 1, 60)]
    await desk.missed.look()
    await desk.rig.take(press("Sim", "0"))
    [row] = await desk.rig.messages()
    assert (row["kind"], row["text"], row["button"]) == ("button", "Sim", "yes please")
    assert await desk.rig.quarantined() == []


async def test_what_the_hook_understood_better_is_left_as_it_is(desk):
    desk.rig.slips.under[CHAT, sid(50)] = (YES,)  # no longer the last thing that was offered
    await desk.rig.take(press("Sim", "0"))
    listed = wrote("Sim", 1, 60)
    assert not await desk.rig.receiver.take_listed(form_of(listed), listed.sent_at)
    assert [row["button"] for row in await desk.rig.messages()] == ["yes please"]
    assert await desk.rig.quarantined() == []


async def test_files_are_asked_for_and_look_like_the_hooks(desk):
    desk.twilio.messages = [wrote("", 1, 60, files=1)]
    desk.twilio.files = [File(file_url(), "audio/ogg")]
    await desk.missed.look()
    [row] = await desk.rig.rows("SELECT kind, media FROM messages")
    assert row["kind"] == "media"
    assert '"kind": "voice"' in row["media"]
    assert file_url() in row["media"]


async def test_a_place_is_something_that_the_list_does_not_tell(desk):
    desk.twilio.messages = [wrote("", 1, 60)]
    await desk.missed.look()
    [row] = await desk.rig.rows("SELECT kind, media FROM messages")
    assert (row["kind"], '"kind": "other"' in row["media"]) == ("media", True)


async def test_what_is_young_is_left_to_its_hook_and_looked_for_again(desk):
    desk.twilio.messages = [wrote("oi", 1, 5)]
    assert await desk.missed.look() == GRACE_SECONDS
    assert await desk.rig.messages() == []
    await desk.rig.take(said("oi"))
    assert await desk.missed.look() is None  # it has come


async def test_the_clocks_of_others_may_be_ahead(desk):
    desk.twilio.messages = [wrote("oi", 1, -50)]
    assert await desk.missed.look() == GRACE_SECONDS
    listed = wrote("oi", 1, -50)
    assert await desk.rig.receiver.take_listed(form_of(listed), listed.sent_at)
    assert [row["at"] for row in await desk.rig.messages()] == [NOW]


async def test_the_mark_stays_until_all_of_it_is_stored(desk):
    desk.twilio.messages = [wrote("um", 1, 90), wrote("dois", 2, 80)]
    desk.rig.slips.fails, desk.rig.slips.failures = LedgerError("busy"), 1
    before = await desk.mark()
    with pytest.raises(LedgerError):
        await desk.missed.look()
    assert await desk.mark() == before
    assert await desk.missed.look() is None
    assert await desk.texts() == ["um", "dois"]


async def test_the_mark_stays_while_twilio_does_not_tell_or_tells_a_part(desk):
    before = await desk.mark()
    desk.twilio.fails = DeliveryDelayed(0.3)  # the SDK is being loaded
    assert await desk.missed.look() == 0.3
    desk.twilio.fails, desk.twilio.whole = None, False
    desk.twilio.messages = [wrote("oi", 1, 60)]
    await desk.missed.look()
    assert await desk.texts() == ["oi"]
    assert await desk.mark() == before


async def test_it_looks_back_to_the_mark_and_never_further_than_a_weekend(desk):
    await desk.missed.look()
    await desk.rig.ledger.set_mark(MARK, NOW - 365 * 86_400)
    await desk.missed.look()
    await desk.rig.ledger.set_mark(MARK, NOW + 86_400)  # the clock was set back since
    await desk.missed.look()
    late = missed.LATE_SECONDS
    assert desk.twilio.asked == [NOW - 3600 - late, NOW - LOOK_BACK_SECONDS, NOW - late]


async def test_what_nobody_can_read_is_kept_once_and_holds_nothing_up(desk):
    bad = replace(wrote("?", 1, 90), sender="whatsapp:nobody")
    desk.twilio.messages = [bad, wrote("oi", 2, 80)]
    await desk.missed.look()
    await desk.rig.ledger.set_mark(MARK, NOW - 3600)
    await desk.missed.look()
    assert [kept["reason"] for kept in await desk.rig.quarantined()] == ["wrong_sender"]
    assert await desk.texts() == ["oi"]


async def test_what_breaks_the_program_is_kept_once_and_holds_nothing_up(desk, monkeypatch):
    reads = receive.parse

    def breaks(form, *more):
        if "💥" in form.get("Body"):
            raise RuntimeError("what a customer wrote")
        return reads(form, *more)

    monkeypatch.setattr(receive, "parse", breaks)
    desk.twilio.messages = [wrote("💥", 1, 90), wrote("oi", 2, 80)]
    await desk.missed.look()
    assert await desk.mark() == NOW - GRACE_SECONDS
    assert [kept["reason"] for kept in await desk.rig.quarantined()] == ["failed"]
    assert await desk.texts() == ["oi"]


async def test_what_was_found_before_is_not_read_again(desk):
    desk.twilio.messages = [wrote("oi", n, 90) for n in range(1, 6)]
    await desk.missed.look()
    desk.rig.slips.met_names.clear()
    await desk.rig.ledger.set_mark(MARK, NOW - 3600)
    await desk.missed.look()
    assert desk.rig.slips.met_names == []


@pytest.mark.parametrize("n", [0, 1, 3])
async def test_a_database_that_fails_in_the_middle_loses_and_doubles_nothing(desk, monkeypatch, n):
    """What was stored before it failed is answered at once; the rest is found by the next look."""
    takes = desk.rig.ledger.accept
    left = n

    async def fails_once(arrival):
        nonlocal left
        left -= 1
        if left == -1:
            raise LedgerError("busy")
        return await takes(arrival)

    monkeypatch.setattr(desk.rig.ledger, "accept", fails_once)
    desk.twilio.messages = [wrote(f"n{n}", n, 90 - n) for n in range(1, 6)]
    before = await desk.mark()
    with pytest.raises(LedgerError):
        await desk.missed.look()
    assert await desk.mark() == before
    assert len(desk.rig.rung) == (n > 0)
    await desk.missed.look()
    assert await desk.texts() == ["n1", "n2", "n3", "n4", "n5"]
    assert desk.health.missed == 5


async def test_a_chat_that_cannot_be_stored_leaves_the_mark_and_not_the_other_chats(
    desk, monkeypatch
):
    takes = desk.rig.ledger.accept

    async def not_anas(arrival):
        if arrival.message.conversation == CHAT:
            raise LedgerError("busy")
        return await takes(arrival)

    desk.twilio.messages = [wrote("oi", 1, 90), wrote("olá", 2, 80, BIA)]
    desk.twilio.messages += [wrote("!", n, 70, f"+5511900000{n}") for n in range(10, 60)]
    monkeypatch.setattr(desk.rig.ledger, "accept", not_anas)
    before = await desk.mark()
    with pytest.raises(LedgerError):
        await desk.missed.look()
    assert await desk.mark() == before
    assert "olá" in await desk.texts()
    monkeypatch.setattr(desk.rig.ledger, "accept", takes)
    await desk.missed.look()
    assert len(await desk.texts()) == desk.health.missed == 52
