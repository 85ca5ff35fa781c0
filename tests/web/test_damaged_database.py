"""Damage that is found while the desk serves: readiness turns red, `status` says what to do."""

from __future__ import annotations

import asyncio
import threading

from bot.ledger import soundness
from bot.ledger.soundness import State
from tests.desk_in_process import running_desk


async def test_readiness_turns_red_when_a_long_check_finds_damage(monkeypatch, tmp_path):
    found = threading.Event()

    def finds_damage(self, opened) -> None:
        opened.close()
        if found.wait(20):
            self.state = State.DAMAGED

    monkeypatch.setattr(soundness.Soundness, "_look", finds_damage)
    monkeypatch.setattr(soundness, "FIRST_SECONDS", 0.01)
    (tmp_path / "desk.db.lock").write_text("pid 1")  # of somebody who was killed
    async with running_desk(monkeypatch, tmp_path) as desk:

        async def readiness() -> tuple[int, dict]:
            async with desk.http.get(f"{desk.url}/readyz") as r:
                return r.status, await r.json()

        async def status() -> str:
            async with desk.local() as local, local.get("/status") as r:
                return str((await r.json())["database"])

        assert (await readiness())[0] == 200
        assert await status() == "checking"
        found.set()
        async with asyncio.timeout(10):
            while (await readiness())[0] == 200:
                await asyncio.sleep(0.01)
        assert await readiness() == (503, {"status": "unavailable", "ledger": "damaged"})
        assert await status() == "damaged"
        async with desk.http.get(f"{desk.url}/healthz") as r:
            assert r.status == 200


async def test_a_database_that_takes_nothing_is_not_ready(desk, monkeypatch):
    """A full disk, or a lock that is held for too long: whoever can go elsewhere shall."""
    monkeypatch.setattr(desk.app.ledger, "_soundness", lambda: State.REFUSES)
    async with desk.http.get(f"{desk.url}/readyz") as r:
        assert (r.status, (await r.json())["ledger"]) == (503, "takes nothing")
