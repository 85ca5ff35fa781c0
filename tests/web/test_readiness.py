"""Too much at once: the rest is refused at the door, and /readyz says so before that."""

from __future__ import annotations

import asyncio
import signal

import pytest

from bot.errors import Overloaded
from bot.intake.load import Load
from bot.model import ConversationKey, Edit
from bot.web import holding
from bot.web.holding import Holding, Patience
from bot.web.leaving import Leaving
from bot.web.readiness import LEAVING, OVERLOADED, READY, Readiness
from tests.desk_in_process import KEY, Desk, running_desk

MOST = 20


@pytest.fixture
async def stuck(monkeypatch, tmp_path):
    """A desk whose ledger takes nothing until `let` is set."""
    let = asyncio.Event()
    async with running_desk(monkeypatch, tmp_path) as desk:
        desk.app.readiness.load.most = MOST
        stores = desk.app.ledger.accept

        async def later(arrival):
            await let.wait()
            return await stores(arrival)

        monkeypatch.setattr(desk.app.ledger, "accept", later)
        yield desk, let
        let.set()


async def asked(desk: Desk, path: str) -> tuple[int, str]:
    async with desk.http.get(f"{desk.url}{path}") as r:
        return r.status, (await r.json())["status"]


async def test_what_is_too_much_is_refused_at_once_and_nothing_acknowledged_is_lost(stuck):
    desk, let = stuck
    body = {"id": "m1", "text": "Qual o horário?"}
    headers = {"Authorization": f"Bearer {KEY}"}
    answered: list[tuple[int, str, str]] = []

    async def post(n: int) -> None:
        asking = {**body, "conversation": f"c{n}"}
        async with desk.http.post(f"{desk.url}/api/messages", json=asking, headers=headers) as r:
            answered.append((r.status, r.headers.get("Retry-After", ""), f"c{n}"))

    posts = [asyncio.ensure_future(post(n)) for n in range(3 * MOST)]
    async with asyncio.timeout(20):
        while len(answered) < 2 * MOST:
            await asyncio.sleep(0.01)
    assert {each[:2] for each in answered} == {(503, "2")}
    assert desk.app.readiness.load.under_way == MOST
    assert await asked(desk, "/readyz") == (503, OVERLOADED)
    assert await asked(desk, "/healthz") == (200, "ok")

    let.set()
    await asyncio.gather(*posts)
    stored = [chat for status, _, chat in answered if status == 202]
    assert len(stored) == MOST
    for chat in stored:
        await desk.answer_to("m1", chat, seconds=20)
    assert await asked(desk, "/readyz") == (200, READY)


async def test_an_edit_is_refused_like_a_message(desk):
    desk.app.readiness.load.most = 0
    edit = Edit("e1", ConversationKey("telegram", "7", "1"), "m1", "outra coisa", 1.0)
    with pytest.raises(Overloaded):
        await desk.app.intake.edit(edit)


async def test_it_is_red_before_anything_is_refused(stuck):
    desk, let = stuck
    posts = [asyncio.ensure_future(desk.post("oi", "m1", f"c{n}")) for n in range(MOST // 2)]
    async with asyncio.timeout(20):
        while desk.app.readiness.load.under_way < MOST // 2:
            await asyncio.sleep(0.01)
    assert await asked(desk, "/readyz") == (503, OVERLOADED)
    let.set()
    assert {status for status, _ in await asyncio.gather(*posts)} == {202}


async def test_who_leaves_says_so_and_serves_all_the_same(desk):
    desk.app.readiness.leave()
    assert await asked(desk, "/readyz") == (503, LEAVING)
    assert await asked(desk, "/healthz") == (200, "ok")
    assert "09:00" in await desk.ask("Qual o horário de vocês?", "m1")


async def test_only_so_many_deliveries_are_held(monkeypatch):
    monkeypatch.setattr(holding, "MOST_HELD", 3)
    held, free, begun = Holding(Patience(0.02, 20.0, 20.0)), asyncio.Event(), []

    async def attempt() -> None:
        begun.append(1)
        await free.wait()

    now = asyncio.get_running_loop().time()
    takes = [asyncio.ensure_future(held.take(f"line {n}", attempt, now)) for n in range(3)]
    await asyncio.sleep(0)
    assert not await held.take("one more", attempt, now)
    free.set()
    assert await asyncio.gather(*takes) == [True] * 3
    assert len(begun) == 3
    await asyncio.sleep(0)
    assert await held.take("one more", attempt, now)


def test_leaving_comes_before_overloaded():
    readiness = Readiness(Load(most=2))
    with readiness.load.taking():
        assert readiness.state == OVERLOADED
        readiness.leave()
        assert readiness.state == LEAVING


@pytest.mark.parametrize(
    "signals", [(signal.SIGINT,), (signal.SIGTERM, signal.SIGTERM), (signal.SIGTERM, signal.SIGINT)]
)
async def test_ctrl_c_and_a_second_signal_do_not_wait(signals):
    leaving = Leaving()
    for number in signals:
        leaving.signalled(number)
    assert leaving.asked.is_set()
    async with asyncio.timeout(20):
        await leaving.drained(600)


async def test_a_first_sigterm_waits_and_a_second_ends_the_wait():
    leaving = Leaving()
    leaving.signalled(signal.SIGTERM)
    waiting = asyncio.ensure_future(leaving.drained(600))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    leaving.signalled(signal.SIGTERM)
    async with asyncio.timeout(20):
        await waiting
    await Leaving().drained(0.01)  # nobody is in a hurry: the time is over
