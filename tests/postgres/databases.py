"""Databases that have this version's tables already: copies of one that was migrated."""

from __future__ import annotations

from tests.postgres.server import Server

MIGRATED = "migrated"


async def fresh(server: Server) -> str:
    """The address of an empty desk's database."""
    if not server.has(MIGRATED):
        from bot.ledger.postgres import migrate_database

        await migrate_database(await server.new_database(name=MIGRATED))
    return await server.new_database(like=MIGRATED)
