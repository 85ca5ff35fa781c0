"""Speaking to the desk of a database over its local socket; opening that desk if none runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from bot.environment import load_environment
from bot.errors import AlreadyServed, BotError, LedgerError
from bot.ledger.file import socket_path

PING_SECONDS = 5.0  # a desk that is well says at once that it is there


class DeskGone(BotError):
    """The desk stopped while we were talking to it."""


class Refusal(BotError):
    """The desk said no; the message says why."""


class SocketClient:
    """HTTP over the Unix socket, JSON both ways."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def get(self, path: str, **query: str | int) -> dict[str, Any]:
        return await self._ask("GET", path, query, None)

    async def post(self, path: str, body: Mapping[str, Any], **query: str) -> dict[str, Any]:
        return await self._ask("POST", path, query, body)

    async def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int],
        body: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        try:
            async with self._session.request(method, path, params=query, json=body) as answer:
                said: dict[str, Any] = await answer.json(content_type=None)
                if "error" in said:
                    raise Refusal(said["error"]["message"])
                return said
        except (aiohttp.ClientError, OSError) as error:
            raise DeskGone("the desk does not answer any more; start it and try again") from error

    async def events(self, path: str, **query: str | int) -> AsyncIterator[tuple[str, Any]]:
        """Server-sent events as (name, data). Ends when the desk closes; raises DeskGone."""
        try:
            async with self._session.get(
                path, params=query, timeout=aiohttp.ClientTimeout(total=None, sock_read=60)
            ) as answer:
                name = ""
                async for raw in answer.content:
                    line = raw.decode().rstrip("\n")
                    if line.startswith("event: "):
                        name = line.removeprefix("event: ")
                    elif line.startswith("data: "):
                        yield name, json.loads(line.removeprefix("data: "))
        except (aiohttp.ClientError, OSError) as error:
            raise DeskGone("the desk does not answer any more; start it and try again") from error


@asynccontextmanager
async def local_desk() -> AsyncIterator[SocketClient]:
    """A client of the desk that serves the configured database.

    Where none runs, this process takes the database's lock and opens one of its own, without the
    public address, for as long as the block lasts. Raises ConfigError, AlreadyServed.
    """
    environment = load_environment()
    if environment.is_shared:
        async with _guest(environment.database_dsn) as client:
            yield client
        return
    path = socket_path(environment.database_file)
    if await _answers(path):
        async with _client(path) as client:
            yield client
        return
    from bot.app import opened  # most of a second, and not needed to talk to a desk
    from bot.plan import read_plan

    try:
        async with opened(read_plan(), connect=False), _client(path) as client:
            yield client
    except AlreadyServed as error:
        raise AlreadyServed(f"{error} (it does not answer on its local socket)") from error


@asynccontextmanager
async def _guest(dsn: str) -> AsyncIterator[SocketClient]:
    """A desk of this command's own on a database that a fleet shares.

    Where workers are, they answer; where there are none, this process does while it lasts.
    """
    from bot.app import opened
    from bot.fleet.role import Role
    from bot.ledger.server import processes
    from bot.plan import read_plan

    plan = read_plan()
    with TemporaryDirectory(prefix="nightdesk-") as folder:
        path = Path(folder) / "desk.sock"
        try:
            role = Role.WEB if (await processes(dsn)).get("worker") else Role.GUEST
        except LedgerError:  # empty, or older: opening it brings it up to date
            role = Role.GUEST
        async with (
            opened(plan, connect=False, role=role, local_socket=path),
            _client(path) as client,
        ):
            yield client


@asynccontextmanager
async def running_desk() -> AsyncIterator[SocketClient | None]:
    """A client of the desk that serves the configured database; None where none runs."""
    environment = load_environment()
    if environment.is_shared:
        yield None  # its processes are asked through the database
        return
    path = socket_path(environment.database_file)
    if not await _answers(path):
        yield None
        return
    async with _client(path) as client:
        yield client


async def _answers(path: Path) -> bool:
    """Whether a desk is there. Raises DeskGone where one is, and says nothing."""
    try:
        async with asyncio.timeout(PING_SECONDS), _client(path) as client:
            await client.get("/desk/ping")
    except TimeoutError:
        raise DeskGone("a desk has this database but does not answer: is it stuck?") from None
    except DeskGone:
        return False
    return True


@asynccontextmanager
async def _client(path: Path) -> AsyncIterator[SocketClient]:
    connector = aiohttp.UnixConnector(str(path))
    async with aiohttp.ClientSession("http://desk", connector=connector) as session:
        yield SocketClient(session)
