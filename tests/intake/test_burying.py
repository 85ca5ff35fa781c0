"""Rows that cannot be read at all: a person gets the chat, and its line moves on."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from bot.intake import giving_up
from bot.intake import line as line_room
from bot.intake import turns as turns_room
from bot.model import ConversationKey, Kind, Turn
from bot.outcome import OpenCase, Outcome, Verdict
from tests.builders import CHAT, arrival, incoming


def person_called(turn: Turn) -> Outcome:
    """As the road's own, without its sentence, which the book of these tests does not have."""
    return Outcome(Verdict.DEAD, "dead", changes=(OpenCase("dead"),))


@pytest.fixture(autouse=True)
def no_rest(monkeypatch):
    monkeypatch.setattr(line_room, "REST_SECONDS", 0.01)
    monkeypatch.setattr(turns_room, "REST_SECONDS", 0.01)
    monkeypatch.setattr(giving_up, "dead", person_called)


async def change(rig, sql: str, **values: object) -> None:
    await rig.ledger._engine.write(lambda connection: connection.execute(text(sql), values))


async def rows(rig, sql: str) -> list[tuple]:
    return await rig.ledger._engine.read(
        lambda connection: [tuple(row) for row in connection.execute(text(sql))]
    )


async def say(rig, words: str, id: str, chat: ConversationKey = CHAT) -> None:
    message = incoming(words, id=id, chat=chat, at=time.time(), kind=Kind.BUTTON)
    await rig.ledger.accept(arrival(message))


async def until_dead(rig) -> None:
    async with asyncio.timeout(10):
        while not await rows(rig, "SELECT seq FROM messages WHERE state = 'dead'"):
            await asyncio.sleep(0.01)


BROKEN = {
    "a kind that nobody knows": "UPDATE messages SET kind = 'telepathy' WHERE external_id = '1'",
    "media in another shape": """UPDATE messages SET media = '[{"colour": 1}]'
        WHERE external_id = '1'""",
    "media that is no JSON": "UPDATE messages SET media = '[{' WHERE external_id = '1'",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
async def test_the_message_is_given_up_and_what_is_behind_it_is_answered(rig, broken):
    await say(rig, "oi", "1")
    await say(rig, "e aí?", "2")
    await change(rig, broken)
    with capture_logs() as logs:
        rig.line.ring(CHAT, True)
        await until_dead(rig)
        assert "e aí?" in await rig.until(1)
    assert await rows(rig, "SELECT external_id, state FROM messages WHERE direction = 'in'") == [
        ("1", "dead"),
        ("2", "done"),
    ]
    assert await rows(rig, "SELECT reason, status FROM cases") == [("dead", "waiting")]
    ((verdict, state, trail),) = await rows(
        rig, "SELECT verdict, state, trail FROM turns ORDER BY id LIMIT 1"
    )
    assert (verdict, state) == ("dead", "settled")
    assert json.loads(trail)["error"]
    broke = [each for each in logs if each["event"] == "line_broken"]
    assert len(broke) == line_room.MOST_ATTEMPTS
    assert "oi" not in str(logs)


async def test_what_a_chat_has_kept_in_a_broken_shape_is_forgotten(rig):
    await say(rig, "oi", "1")
    await change(rig, "UPDATE conversations SET facts = '[1', form = '7', drafts = '{'")
    rig.line.ring(CHAT, True)
    await until_dead(rig)
    await say(rig, "e agora?", "2")
    rig.line.ring(CHAT, True)
    assert "e agora?" in await rig.until(1)
    assert await rows(rig, "SELECT facts FROM conversations") == [("{}",)]


async def test_the_line_of_somebody_else_is_left_alone(rig):
    await say(rig, "oi", "1")
    await change(
        rig,
        "UPDATE conversations SET lease_owner = 'other', lease_until = :until",
        until=time.time() + 60,
    )
    begun = await rig.ledger.bury(CHAT, "me", time.time(), rig.line._book(), 1)
    assert begun.at > time.time() + 50


async def test_the_turn_that_was_open_is_given_up_as_a_whole(rig):
    for n in ("1", "2", "3"):
        await say(rig, "oi", n)
    await change(rig, "UPDATE messages SET state = 'in_turn', turn_id = 1 WHERE external_id < '3'")
    await change(
        rig,
        "INSERT INTO turns (id, conversation, state, attempts, opened_at)"
        " VALUES (1, :key, 'open', 2, 1)",
        key=str(CHAT),
    )
    opened = await rig.ledger.bury(CHAT, "me", time.time(), rig.line._book(), 1)
    assert (opened.turn.id, opened.attempts) == (1, 3)
    assert await rows(rig, "SELECT external_id FROM messages WHERE state = 'in_turn'") == [
        ("1",),
        ("2",),
    ]
