"""One shape for every database: a unit of work is a plain synchronous function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


class Engine(Protocol):
    """Runs units of work. A unit does SQL only: no I/O, no clock, safe to run again."""

    async def write(self, unit: Callable[[Connection], T], line: str = "") -> T:
        """Run the unit in a durable transaction of its own or of a group.

        Units of one `line` that this process asks for run in the order in which it asks.
        A unit that raises rolls back alone and its exception reaches the caller; a database that
        cannot take it raises LedgerError and nothing is stored.
        """
        ...

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run a query on a consistent, committed state. Raises LedgerError."""
        ...

    @property
    def refuses(self) -> bool:
        """Whether nothing could be written lately: a full disk, a lock, a server that is away."""
        ...

    async def close(self) -> None: ...
