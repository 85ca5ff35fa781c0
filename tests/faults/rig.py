"""The real program as a process of its own, and senders that keep a ledger of their own."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import aiohttp

from tests.faults.looking import Database

ROOT = Path(__file__).resolve().parents[2]
KEY = "faults-key"
PATIENCE = 90.0  # seconds: no test measures speed, this only ends what hangs
QUESTION = "Qual o horário de funcionamento..."  # breaks off: waited for as long as is set
QUICK = {"NIGHTDESK__INBOX__PAUSE_SECONDS": "0.05"}
ONE_BY_ONE = {"NIGHTDESK__INBOX__JOIN": "false"}
# Everything that is posted waits, as in a burst that goes on for a minute.
HOLDING_BACK = {
    "NIGHTDESK__INBOX__PAUSE_SECONDS": "30",
    "NIGHTDESK__INBOX__PAUSE_CAP_SECONDS": "60",
}
# Python may leave half a file behind when the disk is full, and would trip over it later.
NO_BYTECODE = {"PYTHONDONTWRITEBYTECODE": "1"}
_OURS = ("NIGHTDESK", "TELEGRAM", "TWILIO", "OPENAI", "ANTHROPIC", "DATABASE_URL", "PORT", "HOST")


class Door(Protocol):
    """Where messages are posted."""

    @property
    def url(self) -> str: ...


class Program:
    """One run of `python -m bot serve`; `broken` starts a build with that fault instead."""

    def __init__(
        self,
        database: Database,
        settings: Mapping[str, str] = {},
        *,
        command: Sequence[str] = ("serve",),
        broken: str = "",
        before: Callable[[], None] | None = None,
        said: Path | None = None,
        piped: bool = False,
    ) -> None:
        self.database = database
        if said is None:
            assert isinstance(database, Path), "a server has no folder for what programs say"
            said = database.parent
        folder = said  # where its output is kept
        n = len(list(folder.glob("*.out")))
        self._out = folder / f"{n}.out"
        self._err = folder / f"{n}.err"
        self.command = tuple(command)
        start = ["-m", "bot", *command]
        if broken:
            code = (
                f"import tests.faults.broken_builds as builds; builds.apply({broken!r}); "
                "from bot.__main__ import main; main()"
            )
            start = ["-c", code, *command]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        environment = {
            **kept,
            "DATABASE_URL": f"sqlite:///{database}" if isinstance(database, Path) else database,
            "HOST": "127.0.0.1",
            "PORT": "0",
            "NIGHTDESK_CONFIG": str(ROOT / "config.yaml"),
            "NIGHTDESK_API_KEYS": f"test={KEY}",
            "NIGHTDESK__LIMITS__ENABLED": "false",
            "NIGHTDESK__WEB__DRAIN_SECONDS": "0",
            **settings,
        }
        with self._out.open("wb") as out, self._err.open("wb") as err, ExitStack() as pipes:
            if piped:  # as in `nightdesk serve 2>&1 | head -4`, which leaves after the address
                head = subprocess.Popen(["head", "-n", "4"], stdin=subprocess.PIPE, stdout=out)
                out = err = pipes.enter_context(head.stdin)
            self.process = subprocess.Popen(
                [sys.executable, *start],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                preexec_fn=before,
            )
        self.pid = self.process.pid

    @property
    def out(self) -> str:
        return self._out.read_text(errors="replace")

    @property
    def err(self) -> str:
        return self._err.read_text(errors="replace")

    @property
    def url(self) -> str:
        """Where it listens; empty until it says so."""
        found = re.search(r"HTTP API: (http://[\d.:]+)/", self.out)
        return found[1] if found else ""

    @property
    def is_open(self) -> bool:
        """Whether it says that it is at work."""
        return bool(self.url) or " works: " in self.out

    async def ready(self) -> Program:
        """Return once it takes messages, or answers them."""
        async with asyncio.timeout(PATIENCE):
            while not self.is_open:
                assert self.process.poll() is None, f"it did not start:\n{self.out}{self.err}"
                await asyncio.sleep(0.02)
        return self

    def send(self, number: signal.Signals) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """kill -9: no goodbye."""
        self.send(signal.SIGKILL)
        self.process.wait(PATIENCE)

    def freeze(self) -> None:
        """Stop every thread where it stands, and return once it does."""
        self.send(signal.SIGSTOP)
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        else:  # macOS
            time.sleep(0.01)

    def thaw(self) -> None:
        self.send(signal.SIGCONT)

    async def ended(self, seconds: float = PATIENCE) -> int:
        """The exit code, once it has ended by itself."""
        async with asyncio.timeout(seconds):
            while (code := self.process.poll()) is None:
                await asyncio.sleep(0.02)
        return code

    async def terminated(self, seconds: float = PATIENCE) -> int:
        """SIGTERM, and the exit code."""
        self.send(signal.SIGTERM)
        return await self.ended(seconds)


class Bench:
    """The programs of one test on one database; ends whatever still runs."""

    def __init__(self, database: Database, said: Path | None = None) -> None:
        self.database = database
        self._said = said
        self._programs: list[Program] = []

    def launch(self, settings: Mapping[str, str] = QUICK, **more: Any) -> Program:
        program = Program(self.database, settings, said=self._said, **more)
        self._programs.append(program)
        return program

    async def start(self, settings: Mapping[str, str] = QUICK, **more: Any) -> Program:
        return await self.launch(settings, **more).ready()

    def end(self) -> None:
        for program in self._programs:
            program.kill()


class Senders:
    """Other programs that post messages; what they tried and what was acknowledged."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self.tried: defaultdict[str, list[str]] = defaultdict(list)  # ids by conversation
        self.acknowledged: Counter[tuple[str, str]] = Counter()  # (conversation, id): 202 or 200
        self.codes: Counter[int] = Counter()  # 0: no answer came

    async def say(self, program: Door, conversation: str, id: str, text: str = QUESTION) -> int:
        """Post once; the status, or 0 when the connection broke before an answer came."""
        if id not in self.tried[conversation]:
            self.tried[conversation].append(id)
        body = {"conversation": conversation, "id": id, "text": text}
        status = 0
        try:
            async with self._http.post(
                f"{program.url}/api/messages",
                json=body,
                headers={"Authorization": f"Bearer {KEY}"},
            ) as response:
                await response.read()
                status = response.status
        except (aiohttp.ClientError, ConnectionError, TimeoutError):
            pass
        self.codes[status] += 1
        if status in (200, 202):
            self.acknowledged[conversation, id] += 1
        return status

    async def fill(
        self, program: Door, chats: int, each: int, gap: float = 0.0, name: str = "c"
    ) -> None:
        """Several conversations side by side, in each one message after the other."""

        async def one(chat: str) -> None:
            for n in range(each):
                await self.say(program, chat, f"m{n:03}")
                await asyncio.sleep(gap * (n % 2))

        await asyncio.gather(*(one(f"{name}{n}") for n in range(chats)))

    async def transcript(self, program: Door, conversation: str) -> list[dict[str, Any]]:
        """All of a conversation as the API shows it, page by page."""
        url = f"{program.url}/api/conversations/{conversation}/messages"
        found: list[dict[str, Any]] = []
        query: dict[str, str] = {}
        while True:
            async with self._http.get(
                url, params=query, headers={"Authorization": f"Bearer {KEY}"}
            ) as response:
                page = await response.json()
            found += page["messages"]
            if not page["next"]:
                return found
            query = {"after": page["next"]}


@asynccontextmanager
async def senders() -> AsyncIterator[Senders]:
    # No connection is kept: aiohttp repeats nothing on a fresh one, so one post is one request.
    connector = aiohttp.TCPConnector(limit=256, force_close=True)
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
        yield Senders(http)
