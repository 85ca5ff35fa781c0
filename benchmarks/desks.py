"""A whole desk under measurement: one process on SQLite, or a fleet on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from load import KEY
from program import (
    LONGEST_START,
    LONGEST_STOP,
    PROJECT,
    TICKS,
    Program,
    clean_environment,
    free_port,
    started,
)

sys.path.append(str(PROJECT))  # where the tests' PostgreSQL lives
from tests.postgres.server import Server

WAITING = "SELECT count(*) FROM messages WHERE state IN ('waiting', 'in_turn')"


@dataclass(frozen=True, slots=True)
class Kind:
    """What is measured: no workers means one process on SQLite."""

    workers: int = 0

    @property
    def name(self) -> str:
        if not self.workers:
            return "SQLite, 1 process"
        return f"PostgreSQL, 1 web + {self.workers} worker{'s' if self.workers > 1 else ''}"


@dataclass(slots=True)
class Desk:
    """A desk that answers."""

    kind: Kind
    url: str
    database: str  # an address for sqlite3 or asyncpg
    programs: list[Program] = field(default_factory=list)
    server: Server | None = None

    def cpu(self) -> float:
        """Seconds of CPU of all its processes, PostgreSQL's included."""
        ours = sum(program.cpu() for program in self.programs)
        return ours + (_family_cpu(self.server.pid) if self.server else 0.0)

    def own_cpu(self) -> float:
        """The same without PostgreSQL's."""
        return sum(program.cpu() for program in self.programs)

    def peak_memory(self) -> float:
        """MiB, of its own processes together."""
        return sum(program.peak_memory() for program in self.programs)

    def count(self, query: str) -> int:
        if self.server is None:
            connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
            try:
                return int(connection.execute(query).fetchone()[0])
            finally:
                connection.close()
        return asyncio.run(_asked(self.database, query))

    def drained(self, seconds: float) -> None:
        """Return once nothing waits for its answer."""
        until = time.monotonic() + seconds
        while self.count(WAITING):
            if time.monotonic() > until:
                sys.exit(f"{self.kind.name}: answers are still owed after {seconds:.0f} s")
            time.sleep(0.05)


@contextmanager
def databases(kind: Kind) -> Iterator[tuple[str, str, Server | None]]:
    """An empty place for a ledger: DATABASE_URL, an address to look at it, its server."""
    if not kind.workers:
        with tempfile.TemporaryDirectory(prefix="nightdesk-bench-") as folder:
            file = Path(folder) / "desk.db"
            yield f"sqlite:///{file}", str(file), None
        return
    server = Server()
    try:
        dsn = asyncio.run(server.new_database())
        yield dsn, dsn, server
    finally:
        server.stop()


@contextmanager
def opened(
    kind: Kind, url: str, look: str, server: Server | None, more: Mapping[str, str]
) -> Iterator[Desk]:
    """The desk, ready, for as long as the block lasts."""
    port = free_port()
    environment = clean_environment() | {
        "DATABASE_URL": url,
        "PORT": str(port),
        "NIGHTDESK_SECRET_KEY": "benchmark-key-of-no-value-at-all",
        "NIGHTDESK_API_KEYS": f"bench={KEY}",
        "NIGHTDESK__INBOX__JOIN": "false",
        "NIGHTDESK__LIMITS__ENABLED": "false",
        **more,
    }
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nightdesk-log-")))
        serve = ("serve", "--no-worker") if kind.workers else ("serve",)
        command = (sys.executable, "-m", "bot", *serve)
        first = stack.enter_context(started(command, environment, port, folder / "web.log"))
        desk = Desk(kind, first.url, look, [first], server)
        for n in range(kind.workers):
            log = folder / f"worker{n}.log"
            desk.programs.append(stack.enter_context(_worker(environment, log)))
        yield desk


@contextmanager
def _worker(environment: Mapping[str, str], log: Path) -> Iterator[Program]:
    with log.open("wb") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            (sys.executable, "-m", "bot", "worker"),
            cwd=PROJECT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            until = time.monotonic() + LONGEST_START
            while b" works:" not in log.read_bytes():
                if process.poll() is not None or time.monotonic() > until:
                    sys.exit(f"a worker did not start:\n{log.read_text()[-2000:]}")
                time.sleep(0.02)
            yield Program(process, "", time.perf_counter() - begun)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(LONGEST_STOP)


async def _asked(dsn: str, query: str) -> int:
    connection: Any = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval(query))
    finally:
        await connection.close()


def _family_cpu(pid: int) -> float:
    """Seconds of a process, of those that it has started, and of those of them that have ended."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == pid:
            ticks += sum(int(fields[n]) for n in (11, 12, 13, 14))
        elif int(fields[1]) == pid:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS
