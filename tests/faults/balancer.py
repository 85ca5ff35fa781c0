"""A load balancer on loopback: one address for several web processes.

It passes on connections in turn, asks each process five times a second whether it is ready, and
takes one out that is not. A connection that no process takes goes to the next one: nothing has
been said on it yet. One that breaks is broken for the sender, too: only the sender may repeat.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

LOOK_SECONDS = 0.2
ANSWER_SECONDS = 2.0  # for /readyz: a process that is stopped takes connections and says nothing
_ASKED = b"GET /readyz HTTP/1.1\r\nHost: balancer\r\nConnection: close\r\n\r\n"


class Balancer:
    """Stands in front of `behind()`: addresses such as http://127.0.0.1:8000, as they are now."""

    def __init__(self, behind: Callable[[], Sequence[str]]) -> None:
        self._behind = behind
        self._ready: frozenset[str] = frozenset()
        self._turn = 0
        self._server: asyncio.Server | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._looks: asyncio.Task[None] | None = None
        self.refused = 0  # connections for which there was no process

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._taken, "127.0.0.1", port, backlog=1024)
        self._looks = asyncio.create_task(self._look_for_ever())

    async def stop(self) -> None:
        assert self._server is not None
        assert self._looks is not None
        self._server.close()
        for task in (self._looks, *self._under_way):
            task.cancel()
        await asyncio.gather(self._looks, *self._under_way, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def ready(self) -> frozenset[str]:
        """The addresses that connections go to."""
        return self._ready

    async def all_ready(self, seconds: float = 60.0) -> None:
        """Return once everything behind it is ready."""
        async with asyncio.timeout(seconds):
            while not self._behind() or self._ready != frozenset(self._behind()):
                await asyncio.sleep(0.02)

    async def _look_for_ever(self) -> None:
        while True:
            there = list(self._behind())
            said = await asyncio.gather(*(_is_ready(url) for url in there))
            self._ready = frozenset(url for url, ready in zip(there, said, strict=True) if ready)
            await asyncio.sleep(LOOK_SECONDS)

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._under_way.add(task)
        try:
            if (found := await self._connected()) is None:
                self.refused += 1
                writer.transport.abort()
                return
            await _pass_on(reader, writer, *found)
        finally:
            self._under_way.discard(task)

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        there = sorted(self._ready)
        self._turn += 1
        for n in range(len(there)):
            host, port = _address(there[(self._turn + n) % len(there)])
            with suppress(OSError):
                return await asyncio.open_connection(host, port)
        return None


async def _pass_on(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
) -> None:
    ways = [
        asyncio.create_task(_pour(reader, far_writer)),
        asyncio.create_task(_pour(far_reader, writer)),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        if not ways[1].done():  # the sender has said everything; the answer may still come
            await asyncio.wait(ways)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for end in (writer, far_writer):
            end.close()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
        return
    writer.transport.abort()  # broken on one side, broken on the other


async def _is_ready(url: str) -> bool:
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(*_address(url))
            try:
                writer.write(_ASKED)
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
    return False


def _address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)


@asynccontextmanager
async def balancer(behind: Callable[[], Sequence[str]], port: int = 0) -> AsyncIterator[Balancer]:
    found = Balancer(behind)
    await found.start(port)
    try:
        yield found
    finally:
        await found.stop()
