"""Who has waited for long is told so once, before the answer or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from bot.intake.ports import Allowance
from bot.ledger.late import TOLD_SECONDS
from bot.model import Action, ConversationKey
from bot.outcome import OpenCase, Outgoing, Urgency
from tests.builders import CHAT, NOON, PUSHED, act, answered, arrival, incoming, settlement

SLOW = 20.0
CHANNELS = ("web", "wire")
BIA = replace(CHAT, chat="bia")


@pytest.fixture
def who(ledger):
    async def waits(at, channels=CHANNELS, most=9):
        found = await ledger.late(at - SLOW, at, channels, most)
        return [each.conversation.chat for each in found]

    return waits


@pytest.fixture
def tell(ledger):
    async def told(at, chat=CHAT, marked=""):
        message = Outgoing(chat, "estamos lentos", "system", marked=marked)
        return await ledger.tell_late(message, at - SLOW, at)

    return told


@pytest.fixture
def spoken(rows):
    async def said():
        found = await rows("SELECT text FROM messages WHERE direction = 'out' ORDER BY seq")
        return [row["text"] for row in found]

    return said


async def say(ledger, text="oi", *, id="m1", chat=CHAT, at=NOON, **more):
    return await ledger.accept(arrival(incoming(text, id=id, chat=chat, at=at), **more))


async def test_the_longest_waiting_first_and_only_so_many(ledger, who):
    for n, name in enumerate(("ana", "bia", "caio")):
        await say(ledger, chat=replace(CHAT, chat=name), at=NOON + n)
    assert await who(NOON + SLOW - 0.1) == []
    assert await who(NOON + SLOW + 1) == ["ana", "bia"]
    assert await who(NOON + 60, most=2) == ["ana", "bia"]
    assert await who(NOON + 60, channels=("wire",)) == []


async def test_what_waits_and_what_is_known_of_its_language_are_told(ledger):
    await say(ledger, "where is my order?")
    (found,) = await ledger.late(NOON, NOON + SLOW, CHANNELS, 9)
    assert (found.text, found.language, found.pinned_language) == ("where is my order?", "", False)


async def test_it_is_said_once_and_after_an_hour_again(ledger, who, tell, spoken, open_turn):
    await say(ledger)
    assert await tell(NOON + 30)
    assert not await tell(NOON + 31)
    assert await spoken() == ["estamos lentos"]
    opened = await open_turn(at=NOON + 40)
    await ledger.settle(settlement(opened, answered(opened), at=NOON + 41))

    await say(ledger, id="m2", at=NOON + 50)
    assert await who(NOON + 100) == []
    assert not await tell(NOON + 100)
    soon = NOON + 30 + TOLD_SECONDS
    assert await who(soon) == ["ana"]
    assert await tell(soon)


async def test_a_clock_that_went_back_silences_nobody_for_ever(ledger, tell, spoken, open_turn):
    await say(ledger, at=NOON + 90_000)
    assert await tell(NOON + 90_030)
    opened = await open_turn(at=NOON + 90_040)
    await ledger.settle(settlement(opened, answered(opened), at=NOON + 90_041))
    await say(ledger, id="m2", at=NOON)
    assert await tell(NOON + 30)


async def test_it_answers_nothing_and_the_answer_follows_it(ledger, tell, rows, open_turn):
    await say(ledger)
    opened = await open_turn(at=NOON + 5)  # being decided, by a model that hangs
    assert await tell(NOON + 30)
    assert not (await ledger.settle(settlement(opened, answered(opened), at=NOON + 40))).fenced

    told, answer = await rows("SELECT * FROM messages WHERE direction = 'out' ORDER BY seq")
    assert (told["state"], told["answers"], told["turn_id"]) == ("sent", "[]", None)
    (asked,) = await rows("SELECT * FROM messages WHERE direction = 'in'")
    assert (asked["state"], asked["answered_by"]) == ("done", answer["seq"])


async def test_it_is_never_said_after_the_answer(ledger, tell, spoken, open_turn):
    await say(ledger)
    opened = await open_turn(at=NOON + 5)
    await ledger.settle(settlement(opened, answered(opened), at=NOON + 29))
    assert not await tell(NOON + 30)
    assert await spoken() == ["olá"]


async def test_answer_and_notice_at_the_same_instant_keep_their_order(ledger, tell, rows, begin):
    chats = [replace(CHAT, chat=f"c{n}") for n in range(40)]
    for chat in chats:
        await say(ledger, chat=chat)
    opened = [await begin(at=NOON + 5, chat=chat) for chat in chats]
    settling = [
        ledger.settle(settlement(each, answered(each), at=NOON + 30)) for each in opened[::-1]
    ]
    telling = [tell(NOON + 30, chat) for chat in chats]
    both = [work for pair in zip(settling, telling, strict=True) for work in pair]
    await asyncio.gather(*both)

    for chat in chats:
        key = {"key": str(chat)}
        sql = "SELECT text FROM messages WHERE direction='out' AND conversation=:key ORDER BY seq"
        said = [row["text"] for row in await rows(sql, **key)]
        assert said in (["olá"], ["estamos lentos", "olá"])


async def test_who_is_being_answered_all_the_time_is_not_told(ledger, who, tell, open_turn):
    """A queue that moves: its last message has waited for long, but something was said since."""
    await ledger.accept(arrival(incoming("um", id="1", button="1")))
    for n in range(2, 4):
        message = replace(incoming(str(n), id=str(n), at=NOON + 1), button="x")
        await ledger.accept(arrival(message))
    opened = await open_turn(at=NOON + 15)
    await ledger.settle(settlement(opened, answered(opened), at=NOON + 16))
    assert await who(NOON + 60) == []
    assert not await tell(NOON + 60)


async def test_who_writes_again_while_waiting_is_told_all_the_same(ledger, who, tell):
    await say(ledger)
    await say(ledger, "alô?", id="m2", at=NOON + 10)
    assert await who(NOON + 30) == ["ana"]
    assert await tell(NOON + 30)


async def test_after_a_person_has_left_the_chat_it_still_leaves(ledger, tell, open_turn):
    await say(ledger, chat=PUSHED)
    opened = await open_turn(at=NOON + 5, chat=PUSHED)
    await ledger.settle(settlement(opened, answered(opened, "já vem", OpenCase("asked"))))
    (promise,) = await ledger.take("w", NOON + 5, NOON + 9, 9, ["wire"])
    await ledger.sent(promise.seq, "w", "x1", NOON + 6)
    await ledger.accept_act(act(Action.CLAIM), NOON + 7)
    await ledger._engine.write(
        lambda c: c.execute(text("UPDATE conversations SET ownership='bot'")) and None
    )
    await say(ledger, id="m2", chat=PUSHED, at=NOON + 8)
    assert await tell(NOON + 60, PUSHED)
    assert [each.text for each in await ledger.take("w", NOON + 61, NOON + 90, 9, ["wire"])] == [
        "estamos lentos"
    ]


async def test_nobody_speaks_over_a_person(ledger, who, tell, open_turn):
    await say(ledger)
    opened = await open_turn(at=NOON + 5)
    await ledger.settle(settlement(opened, answered(opened, "já vem", OpenCase("asked"))))
    await say(ledger, id="m2", at=NOON + 6)
    await ledger.accept_act(act(Action.CLAIM), NOON + 7)
    assert await who(NOON + 60) == []
    assert not await tell(NOON + 60)


async def test_what_is_over_the_budget_waits_for_no_answer(ledger, who):
    few = Allowance(messages_per_hour=1, commands_per_minute=1)
    await say(ledger, allowance=few, chat=BIA)
    await say(ledger, id="m2", allowance=few, chat=replace(CHAT, chat="caio"))
    for n in range(3):
        await say(ledger, f"de novo {n}", id=f"n{n}", allowance=few)
    assert set(await who(NOON + 60)) >= {"bia", "caio"}
    await ledger._engine.write(
        lambda c: (
            c.execute(text("UPDATE messages SET state='done' WHERE external_id='n0'")) and None
        )
    )
    assert "ana" not in await who(NOON + 60)


async def test_who_shut_us_out_and_who_wrote_yesterday_are_left_alone(ledger, who, tell):
    await say(ledger)
    await say(ledger, chat=BIA, at=NOON + 80_000)
    await ledger.blocked(BIA, True, NOON + 80_001)
    assert await who(NOON + 80_100) == []
    assert not await tell(NOON + 80_100)
    assert not await tell(NOON + 80_100, BIA)


async def test_a_pushed_chat_gets_it_through_the_courier_with_its_marks(ledger, tell):
    await say(ledger, chat=PUSHED)
    assert await tell(NOON + 30, PUSHED, marked="*estamos* lentos")
    (parcel,) = await ledger.take("w", NOON + 31, NOON + 60, 9, ["wire"])
    assert (parcel.text, parcel.marked, parcel.to) == ("*estamos* lentos", True, PUSHED)
    assert await ledger.sent(parcel.seq, "w", "x1", NOON + 32) is None


async def test_it_can_wait_for_answers_of_others(ledger, rows):
    await say(ledger, chat=PUSHED)
    notice = Outgoing(PUSHED, "lentos", "system", urgency=Urgency.ROUTINE)
    assert await ledger.tell_late(notice, NOON + 10, NOON + 30)
    (row,) = await rows("SELECT can_wait FROM messages WHERE direction = 'out'")
    assert row["can_wait"]


async def test_an_unknown_chat_is_told_nothing(tell):
    assert not await tell(NOON + 30, ConversationKey("web", "", "nobody"))


async def test_behind_is_the_age_of_the_nth_that_nobody_serves(ledger, open_turn):
    for n in range(5):
        await say(ledger, chat=replace(CHAT, chat=f"c{n}"), at=NOON + n)
    assert await ledger.behind(NOON + 100, 1) == 100
    assert await ledger.behind(NOON + 100, 4) == 97
    assert await ledger.behind(NOON + 100, 6) == 0.0
    await open_turn(at=NOON + 99, chat=replace(CHAT, chat="c0"))  # served, however slowly
    assert await ledger.behind(NOON + 100, 1) == 99
    assert await ledger.behind(NOON - 50, 1) == 0.0
