"""T4: many people write in pieces at once, each presses a button in between, and each gets an
answer to all of it."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass

import pytest

from tests.faults.crowd import chat_of
from tests.faults.judge import looking, overlapping
from tests.faults.rig import Bench
from tests.faults.town import KEPT, Town, Verdict, town
from tests.model_api import KEY, StandIn
from tests.telegram_api.people import User

FRAGMENTS = 6
WITHIN = 3.0  # seconds
PRESSED_BEFORE = 3  # the number of the fragment that follows the press


@dataclass(frozen=True)
class Outcome:
    """What breaks the promise; empty when it was kept."""

    verdict: Verdict = KEPT
    overlapping: tuple[str, ...] = ()  # chats with two turns at a time
    torn: tuple[str, ...] = ()  # chats whose burst got more than two replies
    forgotten: tuple[str, ...] = ()  # chats whose last answer was made without all fragments


def fragments(person: User) -> list[str]:
    """One thought, with words that tell whose it is."""
    tag = f"k{person.id}"
    return [
        f"oi {tag}a",
        f"queria saber {tag}b,",
        f"sobre o produto {tag}c,",
        f"que eu vi {tag}d",
        f"na loja {tag}e,",
        f"vocês ainda têm {tag}f?",
    ]


async def writes(here: Town, person: User) -> None:
    """The press is a question of its own: it closes what stands before it, and is answered."""
    welcome, *_ = await here.api.wait_shown(here.chat(person))
    for n, text in enumerate(fragments(person)):
        if n == PRESSED_BEFORE:
            await person.presses(welcome, welcome.labels[1])
        await here.says(person, text)
        await asyncio.sleep(WITHIN / FRAGMENTS)


async def bursts(bench: Bench, people: int, **how: str) -> Outcome:
    async with StandIn() as model:
        model.openai.latency = (0.0, 0.8)
        settings = {
            "NIGHTDESK__INBOX__JOIN": "true",
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": model.openai_base,
        }
        async with town(bench, people=people, **settings) as here:
            await here.start(**how)
            await asyncio.gather(*(here.says(person, "/start") for person in here.people))
            assert await here.settled()
            await asked_at_all(model, here)
            began = time.monotonic()
            await asyncio.gather(*(writes(here, person) for person in here.people))
            assert await here.settled(staff=False)
            print(f"{people} bursts answered in {time.monotonic() - began:.1f} s")
            return judged(here, model)


async def asked_at_all(model: StandIn, here: Town) -> None:
    """Until the model is loaded, and asked."""
    person = here.people[0]
    async with asyncio.timeout(30):
        while not model.calls("openai"):
            await here.says(person, "vocês vendem guarda-chuva xadrez?")
            assert await here.settled()


def judged(here: Town, model: StandIn) -> Outcome:
    said = {
        row["seq"]: row["text"]
        for row in here.rows("direction = 'in' AND kind = 'text' AND text LIKE '%k1%'")
    }
    replies: dict[str, int] = {}
    for row in here.answers("state <> 'superseded'"):
        answered = [seq for seq in json.loads(row["answers"] or "[]") if seq in said]
        replies[chat_of(row)] = replies.get(chat_of(row), 0) + bool(answered)
    asked = [json.dumps(call.body, ensure_ascii=False) for call in model.calls("openai")]
    forgotten = []
    for person in here.people:
        last = next((body for body in reversed(asked) if f"k{person.id}f" in body), "")
        if not all(text in last for text in fragments(person)):
            forgotten.append(str(person.id))
    with looking(here.bench.database) as connection:
        turns = connection.execute("SELECT * FROM turns ORDER BY id").fetchall()
    return Outcome(
        here.verdict(),
        tuple(overlapping(turns)),
        tuple(chat for chat, n in replies.items() if n > 2),
        tuple(forgotten),
    )


async def test_a_burst_with_a_press_in_it_is_answered_as_a_whole(bench: Bench) -> None:
    assert await bursts(bench, 12) == Outcome()


@pytest.mark.full
@pytest.mark.timeout(300)
async def test_a_hundred_bursts_at_once(bench: Bench) -> None:
    assert await bursts(bench, 100) == Outcome()


@pytest.mark.parametrize(
    "build", ["answers_the_first_fragment", pytest.param("joins_nothing", marks=pytest.mark.full)]
)
async def test_a_broken_build_is_caught(bench: Bench, build: str) -> None:
    assert await bursts(bench, 4, broken=build) != Outcome()
