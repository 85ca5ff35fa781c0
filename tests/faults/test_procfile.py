"""The Procfile, run by honcho as a platform would run it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.faults.crowd import free_port
from tests.faults.fleet import SHARED
from tests.faults.rig import KEY, ONE_BY_ONE, PATIENCE, QUESTION, ROOT
from tests.postgres.server import Server


@dataclass(frozen=True)
class Honcho:
    """A run of the Procfile."""

    process: subprocess.Popen[bytes]
    port: int
    file: Path

    @property
    def said(self) -> str:
        return self.file.read_text(errors="replace")

    async def says(self, *words: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while not all(word in self.said for word in words):
                assert self.process.poll() is None, self.said
                await asyncio.sleep(0.05)

    async def ended(self) -> int:
        async with asyncio.timeout(PATIENCE):
            while (code := self.process.poll()) is None:
                await asyncio.sleep(0.05)
        return code


@contextmanager
def honcho(
    folder: Path, database: str, settings: Mapping[str, str] = {}, *, lines: Sequence[str]
) -> Iterator[Honcho]:
    """Start these lines of it."""
    port, file = free_port(), folder / f"{'-'.join(lines)}.out"
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "DATABASE_URL": database,
        "NIGHTDESK_CONFIG": str(ROOT / "config.yaml"),
        "NIGHTDESK_API_KEYS": f"test={KEY}",
        "NIGHTDESK__WEB__DRAIN_SECONDS": "0",
        **settings,
    }
    with file.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "honcho", "--no-colour", "start", "-p", str(port), *lines],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Honcho(process, port, file)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # a session of this test's own
            process.wait()


async def test_a_platform_runs_the_procfile_as_it_is(
    postgres_server: Server, tmp_path: Path
) -> None:
    """The release makes the tables; then both answer, and go in peace when the platform says so."""
    dsn = await postgres_server.new_database()
    with honcho(tmp_path, dsn, SHARED, lines=["release"]) as run:
        assert await run.ended() == 0
        assert "The database was made, at revision" in run.said
    with honcho(tmp_path, dsn, {**SHARED, **ONE_BY_ONE}, lines=["web", "worker"]) as run:
        await run.says(" is open.", " works: ")
        url = f"http://127.0.0.1:{run.port}/api"
        headers = {"Authorization": f"Bearer {KEY}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            for n in range(12):  # so many that each of the two has some
                body = {"conversation": f"c{n}", "id": "m1", "text": QUESTION}
                async with http.post(f"{url}/messages", json=body) as posted:
                    assert posted.status == 202
            async with asyncio.timeout(PATIENCE):
                for n in range(12):
                    while len(await _shown(http, f"{url}/conversations/c{n}/messages")) < 2:
                        await asyncio.sleep(0.05)
        settled = Counter(
            line.partition("|")[0].split()[-1]
            for line in run.said.splitlines()
            if '"event": "turn_settled"' in line
        )
        assert set(settled) == {"web.1", "worker.1"}
        assert settled.total() == 12
        run.process.send_signal(signal.SIGTERM)
        await run.ended()
        assert run.said.count("stopped (rc=0)") + run.said.count("(rc=-15)") == 2, run.said
        assert "Traceback" not in run.said


async def _shown(http: aiohttp.ClientSession, url: str) -> list[object]:
    async with http.get(url) as response:
        return list((await response.json())["messages"])


async def test_a_worker_beside_a_file_says_why_it_cannot_be(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'desk.db'}"
    with honcho(tmp_path, database, lines=["web", "worker"]) as run:
        assert await run.ended() != 0  # one that ends takes the others with it, with honcho
        assert "worker.1 stopped (rc=2)" in run.said
        assert "`nightdesk worker` is for several" in run.said
        assert "Traceback" not in run.said
