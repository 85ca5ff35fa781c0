"""A delivery that cannot be stored is held: Twilio asks once, and waits for fifteen seconds."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.channels.whatsapp.form import Form
from bot.errors import LedgerError
from bot.web.holding import Holding, Patience
from bot.web.whatsapp_hook import WhatsAppDoor
from tests.channels.whatsapp.door import opened
from tests.channels.whatsapp.genuine import told, written
from tests.channels.whatsapp.payloads import ANA, HIDDEN, sid
from tests.channels.whatsapp.rig import Rig, busy, rig_in
from tests.channels.whatsapp.signing import Answer, Post, send

SHORT = Patience(pause=0.02, try_until=0.4, answer_by=0.6)

Sent = Callable[[Post], Awaitable[Answer]]


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig_in(tmp_path) as rig:
        yield rig


@asynccontextmanager
async def served(
    door: WhatsAppDoor,
    patience: Patience | None = None,
    refused: Callable[[], None] = lambda: None,
) -> AsyncIterator[Sent]:
    server, port = await opened(door, holding=Holding(patience), refused=refused)
    yield lambda post: send(port, post)
    await server.stop()


class Door:
    """Takes what it is given once it is let; writes down in which order."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.begun: list[str] = []
        self.taken: list[str] = []

    async def take(self, form: Form, query: str) -> None:
        self.begun.append(form.get("Body"))
        if form.get("From").endswith(ANA):
            await self.free.wait()
        self.taken.append(form.get("Body"))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


def seconds() -> float:
    return asyncio.get_running_loop().time()


async def test_by_default_the_answer_comes_before_twilio_gives_up():
    assert Patience() == Patience(pause=0.25, try_until=13.0, answer_by=14.0)


@pytest.mark.parametrize("post", [written(), told()])
async def test_it_is_tried_again_until_it_can_be_stored(rig, post):
    rig.slips.fails, rig.slips.failures = busy(), 3
    begun = seconds()
    async with served(rig.receiver, Patience(pause=0.05)) as sent:
        answer = await sent(post)
    assert (answer.status, answer.body) == (200, b"<Response/>")
    assert rig.slips.failures == 0
    assert seconds() - begun >= 0.15
    assert len(await rig.messages()) + len(rig.slips.noted) == 1


async def test_a_database_that_somebody_else_holds_is_waited_for(rig, tmp_path):
    other = sqlite3.connect(tmp_path / "desk.db", isolation_level=None)
    async with served(rig.receiver) as sent:
        other.execute("BEGIN IMMEDIATE")
        held = asyncio.create_task(sent(written()))
        await asyncio.sleep(0.5)
        assert not held.done()
        other.execute("COMMIT")
        assert (await held).status == 200
    other.close()
    [row] = await rig.messages()
    assert row["external_id"] == sid()


async def test_when_time_is_up_it_is_refused_and_never_said_to_be_stored(rig):
    rig.slips.fails = busy()
    begun = seconds()
    async with served(rig.receiver, SHORT) as sent:
        answer = await sent(written())
    assert answer.status == 503
    assert seconds() - begun >= 0.3
    assert (len(answer.body) < 200, answer.headers[b"content-type"]) == (True, b"application/json")
    assert await rig.messages() == []


async def test_a_message_that_was_refused_is_looked_for_and_a_report_is_not(rig):
    rig.slips.fails = busy()
    calls: list[int] = []
    async with served(rig.receiver, SHORT, lambda: calls.append(1)) as sent:
        assert (await sent(told("delivered"))).status == 503
        assert calls == []
        assert (await sent(written())).status == 503
        assert calls == [1]
        rig.slips.fails = None
        assert (await sent(written())).status == 200
    assert calls == [1]


async def test_an_attempt_under_way_does_not_hold_up_the_answer_and_is_not_given_up():
    door = Door()
    begun = seconds()
    async with served(door, SHORT) as sent:
        assert (await sent(written("oi"))).status == 503
        assert 0.5 <= seconds() - begun < 10
        assert door.taken == []
        door.free.set()
        await until(lambda: door.taken == ["oi"])
    assert door.begun == ["oi"]


async def test_what_one_person_writes_is_taken_in_order_and_holds_up_nobody_else():
    door = Door()
    async with served(door) as sent:
        mine = []
        for number, text in enumerate(("um", "dois", "três"), 1):
            mine.append(asyncio.create_task(sent(written(text, number=number))))
            await asyncio.sleep(0.05)
        assert (await sent(written("outra", number=9, sender=HIDDEN))).status == 200
        assert door.taken == ["outra"]
        assert door.begun == ["um", "outra"]
        door.free.set()
        assert [answer.status for answer in await asyncio.gather(*mine)] == [200] * 3
    assert door.taken == ["outra", "um", "dois", "três"]


async def test_what_is_held_when_the_program_stops_is_still_answered():
    door = Door()
    server, port = await opened(door)
    held = asyncio.create_task(send(port, written("oi")))
    await until(lambda: door.begun == ["oi"])
    stopping = asyncio.create_task(server.stop())
    await asyncio.sleep(0.2)
    door.free.set()
    assert (await held).status == 200
    await stopping


async def test_a_failure_of_the_first_does_not_let_the_second_overtake():
    attempts: list[str] = []
    failing = [3]

    async def attempt(name: str) -> None:
        attempts.append(name)
        if failing[0]:
            failing[0] -= 1
            raise LedgerError("busy")

    holding = Holding(Patience(pause=0.01))
    took = await asyncio.gather(
        *(holding.take("ana", lambda n=name: attempt(n), seconds()) for name in ("um", "dois"))
    )
    assert took == [True, True]
    assert attempts == ["um"] * 4 + ["dois"]


async def test_after_its_time_nothing_is_tried_any_more():
    attempts: list[float] = []

    async def attempt() -> None:
        attempts.append(seconds())
        raise LedgerError("busy")

    holding = Holding(Patience(pause=0.01, try_until=0.1, answer_by=30.0))
    begun = seconds()
    assert await holding.take("ana", attempt, begun) is False
    assert seconds() - begun < 15
    assert len(attempts) > 1
    assert holding._tasks == set()


async def test_no_line_is_remembered_once_it_is_empty():
    async def attempt() -> None:
        await asyncio.sleep(0)

    holding = Holding()
    await asyncio.gather(*(holding.take(str(n % 5), attempt, seconds()) for n in range(50)))
    assert (holding._lines, holding._tasks) == ({}, set())


async def test_a_late_second_is_still_tried_once():
    """The first took all the time there was: the second is stored if it can be."""
    done: list[str] = []
    release = asyncio.Event()

    async def slow() -> None:
        await release.wait()

    async def quick() -> None:
        done.append("second")

    holding = Holding(SHORT)
    first = asyncio.create_task(holding.take("ana", slow, seconds()))
    second = asyncio.create_task(holding.take("ana", quick, seconds()))
    assert await first is False
    assert await second is False
    release.set()
    await until(lambda: done == ["second"])


async def test_what_nobody_foresaw_is_an_answer_of_500_and_names_nothing():
    class Broken:
        async def take(self, form: Form, query: str) -> None:
            raise RuntimeError("segredo")

    async with served(Broken()) as sent:
        answer = await sent(written())
    assert answer.status == 500
    assert b"segredo" not in answer.body
