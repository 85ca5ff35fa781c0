"""A fleet: web processes behind a balancer and workers, all on one PostgreSQL database."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.faults.balancer import Balancer, balancer
from tests.faults.judge import Findings, agreed, drained, from_database
from tests.faults.looking import looking_at_server, seeing
from tests.faults.rig import ONE_BY_ONE, PATIENCE, Bench, Program, Senders
from tests.postgres import databases
from tests.postgres.server import Server

WEB = ("serve", "--no-worker")
WORKER = ("worker",)
DESK = ("serve",)
SHARED = {
    "NIGHTDESK_SECRET_KEY": "a key that every process of a fleet has, of no value",
    "NIGHTDESK__INBOX__QUEUE_MESSAGES": "10000",  # senders that are no customers
}

# When each turn was opened and closed, by one clock and in the order of the transactions: those
# of the processes differ, and a time that one of them read may be old when it is written.
WITNESS = """
CREATE TABLE witness (turn bigint PRIMARY KEY, opened_at float8 NOT NULL, settled_at float8);
CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO witness VALUES (NEW.id, extract(epoch FROM clock_timestamp()));
  ELSIF NEW.state <> 'open' AND OLD.state = 'open' THEN
    UPDATE witness SET settled_at = extract(epoch FROM clock_timestamp()) WHERE turn = NEW.id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER seen AFTER INSERT OR UPDATE OF state ON turns FOR EACH ROW EXECUTE FUNCTION seen();
"""
GRACE = 20.0  # seconds that a platform gives between SIGTERM and SIGKILL


class Fleet(Bench):
    """The processes of one desk; whatever still runs at the end of the test is ended."""

    def __init__(self, dsn: str, said: Path, settings: Mapping[str, str] = ONE_BY_ONE) -> None:
        super().__init__(dsn, said)
        self.dsn = dsn
        self.settings = {**SHARED, **settings}
        self.balancer: Balancer  # as soon as it stands

    @property
    def url(self) -> str:
        """Where customers come to."""
        return self.balancer.url

    @property
    def running(self) -> list[Program]:
        return [each for each in self._programs if each.process.poll() is None]

    @property
    def webs(self) -> list[Program]:
        return [each for each in self.running if each.command != WORKER]

    @property
    def workers(self) -> list[Program]:
        return [each for each in self.running if each.command != WEB]

    @property
    def said(self) -> str:
        """All that every process has written, the dead ones included."""
        return "".join(each.out + each.err for each in self._programs)

    def join(self, command: tuple[str, ...], **more: Any) -> Program:
        """Another process, not waited for."""
        return self.launch(self.settings, command=command, **more)

    async def man(self, webs: int = 2, workers: int = 2, **more: Any) -> None:
        """Start that many of each, and wait until all of them work."""
        for _ in range(webs):
            self.join(WEB, **more)
        for _ in range(workers):
            self.join(WORKER, **more)
        await self.all_open()

    async def all_open(self) -> None:
        await asyncio.gather(*(each.ready() for each in self.running))
        await self.balancer.all_ready()

    async def replace(self, program: Program, **more: Any) -> Program:
        """kill -9, and another one of its kind; how long that took is nobody's concern here."""
        program.kill()
        return await self.join(program.command, **more).ready()

    async def roll(self, program: Program) -> float:
        """As a platform deploys: the new one first, then SIGTERM to the old one.

        Returns the seconds that the old one took to end.
        """
        fresh = await self.join(program.command).ready()
        if fresh.url:
            async with asyncio.timeout(PATIENCE):
                while fresh.url not in self.balancer.ready:
                    await asyncio.sleep(0.02)
        began = time.monotonic()
        assert await program.terminated(GRACE) == 0, program.err
        return time.monotonic() - began

    def any(self, chance: random.Random) -> Program:
        """Whichever process the dice fall on."""
        return chance.choice(self.running)

    def leader(self) -> Program | None:
        """The worker that sends to platforms, by its own name in the table of leases."""
        with seeing(self.dsn) as look:
            rows = look.all("SELECT owner FROM leases WHERE name = 'leader'")
        pids = {int(row["owner"].split(":")[-2]) for row in rows}
        return next((each for each in self.workers if each.pid in pids), None)

    def lines_of(self, program: Program) -> int:
        """How many conversations that process has in a turn."""
        with seeing(self.dsn) as look:
            return int(
                look.all(
                    "SELECT count(DISTINCT key) FROM conversations JOIN messages"
                    " ON messages.conversation = key AND messages.state = 'in_turn'"
                    f" WHERE lease_owner LIKE '%:{program.pid}:%'"
                )[0][0]
            )

    async def frozen_in_a_turn(self, program: Program) -> None:
        """Stop that process where it stands, with a turn of its own under way."""
        async with asyncio.timeout(PATIENCE):
            while True:
                program.freeze()
                if self.lines_of(program):
                    return
                program.thaw()
                await asyncio.sleep(0.02)

    def stranded(self) -> list[str]:
        """Who still holds something, though gone: itself, the lead, or a conversation."""
        alive = {str(each.pid) for each in self.running}
        with seeing(self.dsn) as look:
            held = look.all(
                "SELECT owner FROM leases WHERE until > extract(epoch FROM clock_timestamp())"
                " UNION ALL SELECT lease_owner FROM conversations WHERE lease_owner <> ''"
            )
        return [row["owner"] for row in held if row["owner"].split(":")[-2] not in alive]

    async def verdict(self, customers: Senders, seconds: float = PATIENCE) -> Findings:
        """Once nothing waits any more: what the API and the database say, which must agree."""
        assert await drained(self.dsn, seconds), from_database(self.dsn, customers)
        return await agreed(self, self.dsn, customers, only="api/")  # others judge their own

    async def stopped(self) -> None:
        """SIGTERM to all of them at once; each goes in peace."""
        running = self.running
        for each in running:
            each.send(signal.SIGTERM)
        codes = [await each.ended(GRACE) for each in running]
        assert codes == [0] * len(running), [each.err for each in running]


@asynccontextmanager
async def fleet(
    server: Server, folder: Path, settings: Mapping[str, str] = ONE_BY_ONE, port: int = 0
) -> AsyncIterator[Fleet]:
    """An empty database and a balancer without anything behind it yet."""
    found = Fleet(await databases.fresh(server), folder, settings)
    with looking_at_server(found.dsn) as look:
        look.do(WITNESS)
    async with balancer(lambda: [web.url for web in found.webs if web.url], port) as front:
        found.balancer = front
        try:
            yield found
        finally:
            found.end()
