"""The ledger as a fleet sees it: who works on it, who leads, what time it is there."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from bot.fleet.crew import Stage
from bot.ledger import leases
from bot.ledger.sends import LedgerOfSends

_PREFIX = {Stage.WORKS: leases.WORKER, Stage.RETIRES: leases.RETIRING, Stage.DOORS: leases.DOORS}


class LedgerOfFleet(LedgerOfSends):
    """Satisfies the fleet's port over an engine that several processes share."""

    async def renew(
        self, owner: str, *, stage: Stage, lead: bool, now: float, until: float
    ) -> leases.Roster:
        return await self._engine.write(
            partial(
                leases.renew,
                owner=owner,
                stage=_PREFIX[stage],
                lead=lead,
                now=now,
                until=until,
            )
        )

    async def release_gone(self, living: Collection[str], now: float) -> int:
        return await self._engine.write(partial(leases.release_gone, living=living, now=now))

    async def resign(self, owner: str) -> None:
        await self._engine.write(partial(leases.resign, owner=owner))

    async def database_time(self) -> float:
        """Unix time of the database's own clock. Raises LedgerError."""
        return await self._engine.read(leases.database_time)
