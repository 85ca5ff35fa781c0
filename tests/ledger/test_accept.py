"""Accept: stored once, charged once, refused without a trace."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.intake.ports import Admission, Allowance
from bot.model import ConversationKey, Kind, Limit
from tests.builders import CHAT, NOON, arrival, incoming

FEW = Allowance(messages_per_hour=2, commands_per_minute=10)


async def test_a_message_is_stored_with_all_that_was_said(ledger, rows):
    message = replace(incoming("cadê meu pedido?"), quoted="antes")
    accepted = await ledger.accept(arrival(message))

    assert accepted.admission is Admission.NEW
    (row,) = await rows("SELECT * FROM messages")
    assert (row["seq"], row["direction"], row["state"]) == (accepted.seq, "in", "waiting")
    assert (row["text"], row["quoted"], row["at"]) == ("cadê meu pedido?", "antes", NOON)


async def test_the_same_message_again_is_a_duplicate_and_writes_nothing(ledger, rows):
    await ledger.accept(arrival())
    again = await ledger.accept(arrival(incoming(at=NOON + 60)))

    assert again.admission is Admission.DUPLICATE
    assert len(await rows("SELECT seq FROM messages")) == 1


async def test_another_text_under_a_used_id_is_a_conflict(ledger, rows):
    await ledger.accept(arrival(incoming("oi")))
    other = await ledger.accept(arrival(incoming("tchau")))

    assert other.admission is Admission.CONFLICT
    assert [row["text"] for row in await rows("SELECT text FROM messages")] == ["oi"]


async def test_ids_count_per_chat(ledger, rows):
    elsewhere = ConversationKey("web", "", "bia")
    await ledger.accept(arrival(incoming("oi")))
    accepted = await ledger.accept(arrival(incoming("outra", chat=elsewhere)))

    assert accepted.admission is Admission.NEW
    assert len(await rows("SELECT seq FROM messages")) == 2


async def test_messages_of_one_chat_that_come_together_are_stored_in_the_order_they_came(
    ledger, rows
):
    """Others' messages between them take their share of the connections."""
    ids = [f"m{n:02}" for n in range(60)]
    await asyncio.gather(
        *(
            ledger.accept(arrival(incoming("oi", id=id, chat=ConversationKey("web", "", chat))))
            for id in ids
            for chat in ("ana", "bia", f"x{id}")
        )
    )
    for chat in ("web//ana/", "web//bia/"):
        found = await rows(
            "SELECT external_id FROM messages WHERE conversation = :chat ORDER BY seq", chat=chat
        )
        assert [row["external_id"] for row in found] == ids


async def test_five_hundred_copies_at_once_store_one_message(ledger, rows):
    accepted = await asyncio.gather(*(ledger.accept(arrival()) for _ in range(500)))

    new = [each for each in accepted if each.admission is Admission.NEW]
    assert len(new) == 1
    assert len(await rows("SELECT seq FROM messages")) == 1


async def test_over_the_budget_one_notice_then_silence(ledger, rows):
    limits = []
    for n in range(5):
        message = incoming(f"mensagem {n}", id=f"m{n}", at=NOON + 30 * n)
        limits.append((await ledger.accept(arrival(message, allowance=FEW))).limit)

    assert limits == [Limit.PASS, Limit.PASS, Limit.NOTICE, Limit.SILENT, Limit.SILENT]
    states = [row["state"] for row in await rows("SELECT state FROM messages ORDER BY seq")]
    assert states == ["waiting", "waiting", "waiting", "limited", "limited"]


async def test_a_program_over_its_budget_is_refused_without_a_trace(ledger, rows):
    for n in range(2):
        await ledger.accept(arrival(incoming(f"texto {n}", id=f"m{n}"), allowance=FEW))
    before = await rows("SELECT * FROM charges")
    refused = await ledger.accept(arrival(incoming("c", id="m3"), allowance=FEW, refuse=True))

    assert refused.admission is Admission.REFUSED
    assert 0 < refused.retry_after <= 3601
    assert await rows("SELECT * FROM charges") == before
    assert await rows("SELECT * FROM messages WHERE external_id = 'm3'") == []
    assert await rows("SELECT * FROM deliveries WHERE key LIKE '%m3'") == []
    later = arrival(incoming("c", id="m3", at=NOON + 7200), allowance=FEW, refuse=True)
    assert (await ledger.accept(later)).admission is Admission.NEW


async def test_refusals_are_counted_by_day(ledger, rows):
    await ledger.count_refused("api", NOON)
    await ledger.count_refused("api", NOON)

    assert await rows("SELECT name, n FROM counters") == [{"name": "refused.api", "n": 2}]


async def test_commands_have_a_budget_of_their_own(ledger):
    for n in range(4):
        await ledger.accept(arrival(incoming(f"x {n}", id=f"m{n}"), allowance=FEW))
    command = incoming("/human", id="c1", kind=Kind.COMMAND)

    assert (await ledger.accept(arrival(command, allowance=FEW))).limit is Limit.PASS


async def test_messages_to_a_person_are_not_charged(ledger, engine, rows):
    from sqlalchemy import text

    await ledger.accept(arrival())
    await engine.write(
        lambda connection: (
            connection.execute(text("UPDATE conversations SET ownership='human'")) and None
        )
    )
    for n in range(5):
        message = incoming(f"para a pessoa {n}", id=f"h{n}", chat=CHAT)
        assert (await ledger.accept(arrival(message, allowance=FEW))).limit is Limit.PASS
    assert await rows("SELECT * FROM charges") == []


async def test_no_choice_of_names_makes_two_messages_one(ledger):
    """The seam between a chat's name and a message's id cannot be moved."""
    for chat, id in (("a\x1fb", "c"), ("a", "b\x1fc"), ("a/b", "c"), ("a", "b/c"), ("a%2Fb", "c")):
        message = incoming("oi", id=id, chat=ConversationKey("api", "k", chat))
        assert (await ledger.accept(arrival(message))).admission is Admission.NEW


async def test_a_known_id_is_known_in_its_own_chat_only(ledger):
    await ledger.accept(arrival())
    assert await ledger.knows(incoming())
    assert not await ledger.knows(incoming(id="m2"))
    assert not await ledger.knows(incoming(chat=ConversationKey("web", "", "bia")))
