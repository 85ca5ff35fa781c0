"""A chat's queue: so many messages may wait in it, and who writes more is told so once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.intake.ports import Admission, Allowance
from bot.model import Action, ConversationKey, Kind, Limit, Ownership
from bot.outcome import OpenCase
from tests.builders import BOOK, CHAT, NOON, OWNER, act, answered, arrival, incoming, settlement

MOST = 6


@pytest.fixture
def say(ledger):
    async def said(n, *, most=MOST, kind=Kind.BUTTON, chat=CHAT, refuse=False, allowance=None):
        message = incoming(f"mensagem {n}", id=f"m{n}", at=NOON + n, chat=chat, kind=kind)
        asked = arrival(message, refuse=refuse, allowance=allowance)
        return await ledger.accept(replace(asked, most_waiting=most))

    return said


@pytest.fixture
def answer_one(ledger, open_turn):
    async def one():
        opened = await open_turn(at=NOON + 100)
        await ledger.settle(settlement(opened, answered(opened), at=NOON + 101))
        return opened.turn

    return one


async def test_a_full_queue_takes_no_more_and_the_customer_is_told_once(say, rows):
    limits = [(await say(n)).limit for n in range(MOST + 4)]

    assert limits == [Limit.PASS] * MOST + [Limit.FULL] + [Limit.SILENT] * 3
    states = [row["state"] for row in await rows("SELECT state FROM messages ORDER BY seq")]
    assert states == ["waiting"] * (MOST + 1) + ["limited"] * 3


async def test_who_is_told_is_told_before_what_waits_is_answered(say, answer_one):
    for n in range(MOST + 1):
        await say(n)
    told, first, second = [await answer_one() for _ in range(3)]

    assert (told.limit, told.waiting, told.text) == (Limit.FULL, MOST, f"mensagem {MOST}")
    assert [first.text, second.text] == ["mensagem 0", "mensagem 1"]
    assert (first.limit, first.waiting) == (Limit.PASS, 0)


async def test_a_running_turn_is_not_overtaken_by_the_notice(ledger, say, open_turn):
    await say(0)
    running = await open_turn(at=NOON + 1)
    for n in range(1, MOST + 1):
        await say(n)
    again = await open_turn(at=NOON + 99)

    assert again.turn.id == running.turn.id
    assert again.turn.text == "mensagem 0"


async def test_it_is_not_said_again_until_half_is_answered(say, answer_one, rows):
    for n in range(MOST + 1):
        await say(n)
    for _ in range(1 + 3):  # what was told, and three answers: three wait
        await answer_one()
    assert [(await say(n)).limit for n in range(10, 14)] == [Limit.PASS] * 3 + [Limit.SILENT]

    for _ in range(4):  # two wait
        await answer_one()
    limits = [(await say(n)).limit for n in range(20, 26)]
    assert limits == [Limit.PASS] * 4 + [Limit.FULL, Limit.SILENT]


async def test_a_request_for_a_person_finds_room(say):
    for n in range(MOST + 2):
        await say(n)
    limits = [(await say(n, kind=Kind.COMMAND)).limit for n in range(20, 32)]

    assert limits[:9] == [Limit.PASS] * 9
    assert limits[-1] is Limit.SILENT  # but not for any number of them


async def test_each_chat_has_a_queue_of_its_own(say):
    for n in range(MOST + 1):
        await say(n)
    elsewhere = ConversationKey("web", "", "bia")
    assert (await say(50, chat=elsewhere)).limit is Limit.PASS


async def test_a_program_is_refused_without_a_trace_and_its_id_stays_free(say, answer_one, rows):
    for n in range(MOST):
        await say(n, refuse=True)
    refused = await say(40, refuse=True)

    assert (refused.admission, refused.retry_after) == (Admission.REFUSED, 10.0)
    assert await rows("SELECT seq FROM messages WHERE external_id = 'm40'") == []
    assert (await rows("SELECT queue_full FROM conversations"))[0]["queue_full"] in (0, False)
    await answer_one()
    assert (await say(40, refuse=True)).admission is Admission.NEW


async def test_what_is_not_taken_is_not_charged(say, rows):
    much = Allowance(1_000, 1_000)
    for n in range(MOST):
        await say(n, allowance=much)
    before = await rows("SELECT * FROM charges")
    for n in range(MOST, MOST + 3):
        await say(n, allowance=much)
    assert before == await rows("SELECT * FROM charges") != []


async def test_who_has_a_persons_ear_is_not_limited(ledger, say, open_turn):
    await say(0)
    opened = await open_turn(at=NOON + 1)
    await ledger.settle(settlement(opened, answered(opened, "já vem", OpenCase("asked"))))
    await ledger.accept_act(act(Action.CLAIM), NOON + 6)

    assert {(await say(n)).limit for n in range(1, 3 * MOST)} == {Limit.PASS}


async def test_a_claim_takes_the_notice_along(ledger, say, begin):
    """It says what the bot will do; a person has the chat now, and reads all of it."""
    await say(0)
    opened = await begin(at=NOON + 1)
    await ledger.settle(settlement(opened, answered(opened, "já vem", OpenCase("asked"))))
    for n in range(1, MOST + 2):
        await say(n)
    await ledger.accept_act(act(Action.CLAIM), NOON + 20)
    opened = await ledger.begin(CHAT, OWNER, NOON + 30, BOOK, 1)

    assert opened.turn.ownership is Ownership.HUMAN


async def test_a_person_reads_in_the_order_of_writing(ledger, say, begin):
    await say(0)
    opened = await begin(at=NOON + 1)
    await ledger.settle(settlement(opened, answered(opened, "já vem", OpenCase("asked"))))
    for n in range(1, MOST + 2):
        await say(n)
    await ledger.accept_act(act(Action.CLAIM), NOON + 20)
    read = []
    for n in range(MOST + 1):
        opened = await begin(at=NOON + 30 + n)
        read += [message.text for message in opened.turn.messages]
        await ledger.settle(settlement(opened, answered(opened), at=NOON + 30 + n))

    assert read == [f"mensagem {n}" for n in range(1, MOST + 2)]


async def test_what_was_taken_by_the_turn_before_the_notice_waits_no_more(
    ledger, say, answer_one, open_turn
):
    for n in range(MOST):
        await say(n / 10, kind=Kind.TEXT)
    all_of_it = await open_turn(at=NOON + 50)
    assert (await say(MOST, kind=Kind.TEXT)).limit is Limit.FULL
    await ledger.settle(settlement(all_of_it, answered(all_of_it), at=NOON + 51))
    told = await answer_one()

    assert len(all_of_it.turn.messages) == MOST
    assert (told.limit, told.waiting) == (Limit.FULL, 0)
