"""One person under several names is served in one chat."""

from __future__ import annotations

from dataclasses import replace

from bot.model import Action, ConversationKey
from bot.outcome import OpenCase
from tests.builders import NOON, act, answered, arrival, incoming, settlement

NUMBER, HIDDEN = "+5511999990000", "BR.1502576394655843"
ANA = ConversationKey("whatsapp", "+14155238886", NUMBER)
ANA_HIDDEN = replace(ANA, chat=HIDDEN)


async def test_somebody_with_one_name_leaves_no_trace(ledger, rows):
    person = await ledger.met(ANA, [NUMBER], NOON)
    assert (person.chat, person.name) == (ANA, NUMBER)
    assert await rows("SELECT * FROM identities") == []


async def test_whoever_hides_their_number_later_stays_in_the_same_chat(ledger):
    await ledger.met(ANA, [NUMBER, HIDDEN], NOON)
    person = await ledger.met(ANA_HIDDEN, [HIDDEN], NOON + 9)
    assert (person.chat, person.name) == (ANA, NUMBER)


async def test_whoever_shows_their_number_later_stays_too_and_is_known_by_it(ledger):
    assert (await ledger.met(ANA_HIDDEN, [HIDDEN], NOON)).chat == ANA_HIDDEN
    await ledger.accept(arrival(incoming(chat=ANA_HIDDEN)))
    person = await ledger.met(ANA, [NUMBER, HIDDEN], NOON + 9)
    assert (person.chat, person.name) == (ANA_HIDDEN, NUMBER)
    back = await ledger.met(ANA_HIDDEN, [HIDDEN], NOON + 99)
    assert (back.chat, back.name) == (ANA_HIDDEN, NUMBER)


async def test_of_two_chats_of_one_person_the_later_one_goes_on(ledger):
    await ledger.accept(arrival(incoming(chat=ANA, at=NOON)))
    await ledger.accept(arrival(incoming(chat=ANA_HIDDEN, at=NOON + 9)))
    assert (await ledger.met(ANA, [NUMBER, HIDDEN], NOON + 99)).chat == ANA_HIDDEN


async def test_of_two_chats_of_one_person_the_one_goes_on_that_somebody_holds(ledger, open_turn):
    await ledger.accept(arrival(incoming(chat=ANA_HIDDEN)))
    turn = await open_turn(chat=ANA_HIDDEN)
    await ledger.settle(settlement(turn, answered(turn, "já vai", OpenCase("asked"))))
    await ledger.accept_act(act(Action.CLAIM), NOON + 6)
    await ledger.accept(arrival(incoming(chat=ANA, at=NOON + 9)))
    assert (await ledger.met(ANA, [NUMBER, HIDDEN], NOON + 99)).chat == ANA_HIDDEN


async def test_names_count_for_one_of_our_numbers_and_one_channel(ledger):
    await ledger.met(ANA, [NUMBER, HIDDEN], NOON)
    elsewhere = replace(ANA_HIDDEN, account="+15550001111")
    assert (await ledger.met(elsewhere, [HIDDEN], NOON)).chat == elsewhere


async def test_a_new_number_of_a_new_id_is_a_new_person(ledger):
    await ledger.met(ANA, [NUMBER, HIDDEN], NOON)
    new = replace(ANA, chat="+5511888880000")
    person = await ledger.met(new, [new.chat, "BR.777"], NOON)
    assert person.chat == new


async def test_two_that_meet_at_once_end_in_one_chat(ledger):
    import asyncio

    people = await asyncio.gather(
        *(ledger.met(ANA, [NUMBER, HIDDEN], NOON) for _ in range(10)),
        *(ledger.met(ANA_HIDDEN, [HIDDEN, NUMBER], NOON) for _ in range(10)),
    )
    later = await ledger.met(ANA_HIDDEN, [HIDDEN], NOON)
    assert len({person.chat for person in people[1:]} | {later.chat}) == 1


async def test_where_to_answer_follows_the_last_message(ledger, rows):
    message = incoming(chat=ANA)
    await ledger.accept(arrival(replace(message, address=HIDDEN)))
    assert (await rows("SELECT address FROM conversations"))[0]["address"] == HIDDEN
    await ledger.accept(arrival(replace(message, id="m2")))
    assert (await rows("SELECT address FROM conversations"))[0]["address"] == ""
