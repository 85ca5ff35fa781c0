"""LISTEN and NOTIFY: how processes of a fleet wake each other.

A notification is a hint. It is sent apart from the transaction that it speaks of, several in one,
and without waiting for the disk: inside of it, PostgreSQL would let those transactions commit one
after the other (its queue has one lock), and a lost one costs no more than the next sweep.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

from bot.fleet.signals import packed
from bot.ledger.failures import postgres_name

log = structlog.get_logger()

CHANNEL = "nightdesk"
# Below 8,000 bytes: https://www.postgresql.org/docs/current/sql-notify.html
MOST_BYTES = 7_800
MOST_WAITING = 10_000  # signals; whoever has missed more sweeps anyway
CONNECT_SECONDS = 5.0
CALL_SECONDS = 5.0
PING_SECONDS = 5.0  # between two looks at whether the connection is still there
# A connection that the server has just ended raises any of these.
LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
FIRST_REST, LONGEST_REST = 0.2, 3.0  # seconds between two tries to connect


class Bell:
    """Tells the other processes, and hears them; its own signals do not come back."""

    def __init__(
        self,
        dsn: str,
        owner: str,
        heard: Callable[[str], None],
        missed: Callable[[], None],
    ) -> None:
        """`heard` is given what others tell; `missed` is called when some of it may be lost."""
        self._dsn = dsn
        self._owner = owner
        self._heard = heard
        self._missed = missed
        self._waiting: list[str] = []
        self._rung = asyncio.Event()
        self._stopping = False

    def ring(self, signal: str) -> None:
        """Tell the others, soon."""
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(signal)
            self._rung.set()

    def stop(self) -> None:
        """End `run` once what was rung is told."""
        self._stopping = True
        self._rung.set()

    async def run(self) -> None:
        """Listen and tell until `stop`, over as many connections as it takes."""
        rest = FIRST_REST
        while not self._stopping:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    connection = await self._connected()
            except LOST as error:
                log.warning("bell_not_connected", error=postgres_name(error))
                await self._rest(rest)
                rest = min(rest * 2, LONGEST_REST)
                continue
            rest = FIRST_REST
            self._missed()
            try:
                await self._serve(connection)
            except LOST as error:
                log.warning("bell_lost", error=postgres_name(error))
                await self._rest(FIRST_REST)
            finally:
                connection.terminate()

    async def _connected(self) -> asyncpg.Connection[Any]:
        connection = await asyncpg.connect(
            self._dsn,
            command_timeout=CALL_SECONDS,
            server_settings={"application_name": "nightdesk-bell", "synchronous_commit": "off"},
        )
        await connection.add_listener(CHANNEL, self._notified)
        return connection

    def _notified(self, _: Any, __: int, ___: str, payload: object) -> None:
        owner, _, signals = str(payload).partition("\n")
        if owner != self._owner:
            self._heard(signals)

    async def _serve(self, connection: asyncpg.Connection[Any]) -> None:
        while True:
            self._rung.clear()
            waiting, self._waiting = self._waiting, []
            try:
                await self._told(connection, waiting)
            except LOST as error:
                if not isinstance(error, asyncpg.DataError):  # that one would come again and again
                    # Told over the next connection; twice does no harm.
                    self._waiting = [*waiting, *self._waiting][:MOST_WAITING]
                raise
            if self._waiting:
                continue
            if self._stopping:
                return
            try:
                async with asyncio.timeout(PING_SECONDS):
                    await self._rung.wait()
            except TimeoutError:
                await connection.execute("SELECT 1")

    async def _told(self, connection: asyncpg.Connection[Any], waiting: list[str]) -> None:
        for text in packed(waiting, MOST_BYTES - len(self._owner.encode()) - 1):
            await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, f"{self._owner}\n{text}")

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped()

    async def _stopped(self) -> None:
        while not self._stopping:
            self._rung.clear()
            await self._rung.wait()
