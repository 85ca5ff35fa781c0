"""Who is there, and who may do what only one process of a fleet may do at a time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from bot.ledger.conditions import IS_LEAVING, IS_SENDING, ROW_IS_OPEN
from bot.ledger.tables import conversations, leases, messages
from bot.ledger.upsert import upsert

WORKER = "worker/"  # the lease of a worker on itself, by its name
DOORS = "doors/"  # of a process that only takes messages in
RETIRING = "retiring/"  # of one that ends its last turns and takes no new ones
LEADER = "leader"  # sends to platforms, and does what is done now and then
FORGOTTEN_SECONDS = 3_600.0  # after which nobody wants to know of a worker that is gone

_SHOW = (
    upsert(leases)
    .values(name=bindparam("named"), owner=bindparam("me"), until=bindparam("deadline"))
    .on_conflict_do_update(
        index_elements=[leases.c.name],
        set_={"owner": bindparam("me"), "until": bindparam("deadline")},
    )
)
_LEAD = (
    upsert(leases)
    .values(name=LEADER, owner=bindparam("me"), until=bindparam("deadline"))
    .on_conflict_do_update(
        index_elements=[leases.c.name],
        set_={"owner": bindparam("me"), "until": bindparam("deadline")},
        where=or_(leases.c.owner == bindparam("me"), leases.c.until <= bindparam("now")),
    )
    .returning(leases.c.owner)
)
_WORKERS = select(leases.c.owner).where(
    leases.c.name.startswith(WORKER), leases.c.until > bindparam("now")
)
_TIME = select(func.extract("epoch", func.clock_timestamp()))
_LIVING = select(leases.c.owner).where(leases.c.until > bindparam("now"))
_LEADER = select(leases.c.owner).where(leases.c.name == LEADER, leases.c.until > bindparam("now"))


@dataclass(frozen=True, slots=True)
class Roster:
    """Who works on this database."""

    workers: frozenset[str]
    living: frozenset[str]  # those that are retiring, too
    leads: bool


def renew(
    connection: Connection, owner: str, *, stage: str, lead: bool, now: float, until: float
) -> Roster:
    """Say that this process is there, lead if nobody does, and see who else is there.

    `stage` is WORKER, RETIRING or DOORS; `lead` tells whether it wants to lead.
    """
    values = {"me": owner, "deadline": until}
    connection.execute(_SHOW, {"named": stage + owner, **values})
    connection.execute(delete(leases).where(leases.c.until < now - FORGOTTEN_SECONDS))
    if stage == RETIRING:
        connection.execute(delete(leases).where(leases.c.name == WORKER + owner))
    led = connection.execute(_LEAD, {**values, "now": now}).first() if lead else None
    workers = connection.execute(_WORKERS, {"now": now}).scalars().all()
    living = connection.execute(_LIVING, {"now": now}).scalars().all()
    return Roster(frozenset(workers), frozenset(living), leads=led is not None)


def database_time(connection: Connection) -> float:
    """Unix time of the database's own clock; PostgreSQL only."""
    return float(connection.execute(_TIME).scalar_one())


def release_gone(connection: Connection, living: Collection[str], now: float) -> int:
    """Free the lines of workers that are gone, and let be looked at what they were sending.

    Nothing that a worker still does is spoilt if it lives after all: its fence is over.
    """
    waiting = select(messages.c.conversation).where(ROW_IS_OPEN)  # few, and they have an index
    freed = connection.execute(
        update(conversations)
        .where(
            conversations.c.key.in_(waiting),
            conversations.c.lease_owner.not_in(["", *living]),
            conversations.c.lease_until > now,
        )
        .values(lease_owner="", lease_until=0, fence=conversations.c.fence + 1)
    )
    connection.execute(
        update(messages)
        .where(IS_LEAVING, IS_SENDING, messages.c.owner.not_in(living), messages.c.until > now)
        .values(until=0)
    )
    return freed.rowcount


def resign(connection: Connection, owner: str) -> None:
    """This process goes: others take over at once."""
    connection.execute(delete(leases).where(leases.c.owner == owner))


def present(connection: Connection, now: float) -> dict[str, int]:
    """How many processes there are of each kind: doors, worker, retiring."""
    names = connection.execute(select(leases.c.name).where(leases.c.until > now)).scalars()
    kinds = [name.partition("/")[0] for name in names if "/" in name]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def leads(connection: Connection, owner: str, now: float) -> bool:
    """Whether this process still leads; one that was stopped for a while may not know better."""
    return connection.execute(_LEADER, {"now": now}).scalar() == owner
