"""Something breaks, a person is called, an operator mends it and has the message answered."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from bot.channels.telegram import receive
from bot.intake import line as line_room
from handlers.obey_rule import ObeyRule
from tests.desk_in_process import Desk, running_desk
from tests.telegram_desk import telegram_desk


async def ask_local(desk: Desk, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
    async with desk.local() as local, local.post(path, json=body) as r:
        return r.status, await r.json()


async def status(desk: Desk) -> dict[str, Any]:
    async with desk.local() as local, local.get("/status") as r:
        return dict(await r.json())


async def until(desk: Desk, **counts: int) -> None:
    async with asyncio.timeout(10):
        while (await status(desk))["dead_letters"] != {
            "turns": 0,
            "sends": 0,
            "unreadable": 0,
            **counts,
        }:
            await asyncio.sleep(0.02)


async def test_a_turn_that_broke_is_answered_once_what_broke_is_mended(monkeypatch, tmp_path):
    monkeypatch.setattr(line_room, "REST_SECONDS", 0.005)
    monkeypatch.setattr(line_room, "SWEEP_SECONDS", 60)  # nobody but the replay wakes the line

    async def broken(self: ObeyRule, turn: Any) -> None:
        raise ZeroDivisionError

    async with running_desk(monkeypatch, tmp_path) as desk:
        with monkeypatch.context() as breaking:
            breaking.setattr(ObeyRule, "__call__", broken)
            await desk.post("Vocês aceitam pix?", "q1")
            await until(desk, turns=1)
        told = [m for m in await desk.messages() if m["direction"] == "out"]
        assert [m["answers"] for m in told] == [[]]  # sorry, and a person is called

        assert await ask_local(desk, "/dead/turns/replay", number=1) == (200, {"replayed": 1})
        assert "Pix" in (await desk.answer_to("q1"))["text"]
        await until(desk)
        code, said = await ask_local(desk, "/dead/turns/replay", number=1)
        assert (code, said["error"]["code"]) == (404, "gone")


async def test_what_an_older_version_could_not_read_is_taken_by_one_that_can(monkeypatch, tmp_path):
    def cannot(*args: Any) -> None:
        raise KeyError("something new")

    async with telegram_desk(monkeypatch, tmp_path) as stage:
        desk, chat = stage.desk, stage.api.private(stage.ana)
        with monkeypatch.context() as older:
            older.setattr(receive, "parse", cannot)
            await stage.ana.says(chat, "Vocês aceitam pix?")
            await until(desk, unreadable=1)
            code, said = await ask_local(desk, "/dead/unreadable/replay", number=1)
            assert (code, said["error"]["code"]) == (409, "unreadable")
            await until(desk, unreadable=1)  # put away once, not twice

        assert (await ask_local(desk, "/dead/unreadable/replay", number=1))[0] == 200
        assert "Pix" in (await stage.hears(stage.ana)).text
        await until(desk)


async def test_what_cannot_be_read_again_says_why(monkeypatch, tmp_path):
    from bot.intake.ports import Poison

    async with running_desk(monkeypatch, tmp_path) as desk:
        for body, size in ((b"{", 1), (b"{", 9_000_000)):
            await desk.app.ledger.keep(
                Poison("telegram", "7", "not_json", body, time.time(), size=size)
            )
        codes = [
            (await ask_local(desk, "/dead/unreadable/replay", number=n))[1]["error"]["code"]
            for n in (1, 2, 3)
        ]
        assert codes == ["no_reader", "cut", "gone"]
        assert (await ask_local(desk, "/dead/letters/replay", number=1))[0] == 422
        assert (await ask_local(desk, "/dead/turns/replay", number="1"))[0] == 422
        async with desk.http.post(f"{desk.url}/dead/turns/drop", json={"numbers": [1]}) as r:
            assert r.status == 404  # never over TCP
        done = await ask_local(desk, "/dead/unreadable/drop", numbers=[1, 2, 3])
        assert done == (200, {"dropped": 2})
