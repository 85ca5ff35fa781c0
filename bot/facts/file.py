"""Facts from a file: .yaml (records in a list, or by their keys) or .csv (a line a customer).

The file is read at the start and again whenever it has changed. A new version with a mistake in
it is left alone, and what was read before goes on counting.
"""

from __future__ import annotations

import asyncio
import stat
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import structlog

from bot import yaml_source
from bot.clock import Clock
from bot.errors import ConfigError, Flaw
from bot.facts.sender import Customer
from bot.facts.table import Table, read_table
from bot.model_settings import FactSource

log = structlog.get_logger()

ENDINGS = (".yaml", ".yml", ".csv")
MAX_BYTES = {".csv": 10_000_000}  # of the others as much as of any YAML file
WAITING = 0.5  # the part of a turn's time for facts that a look at the file may take
LOOK_SECONDS = 1.0  # between two looks at whether the file has changed
# A channel whose people are numbers that are no telephone's: compared as they stand.
NOT_BY_TELEPHONE = frozenset({"telegram"})

Mark = tuple[int, int, int]  # inode, time of change in ns, size: what differs when a file does


class FileSource:
    """A file that somebody at the business keeps."""

    def __init__(
        self, entry: FactSource, path: Path, clock: Clock, table: Table, mark: Mark
    ) -> None:
        self.entry = entry
        self._path = path
        self._clock = clock
        self._table = table
        self._mark = mark  # of the version that was read last, sound or not
        self._looked = clock.now()
        self._looking = threading.Lock()

    @classmethod
    def opened(cls, entry: FactSource, folder: Path, clock: Clock) -> FileSource:
        """Read the file. Raises ConfigError with every flaw, each with its line."""
        path = folder / entry.path
        found = _read(entry, path)
        if isinstance(found, list):
            raise ConfigError(found)
        return cls(entry, path, clock, *found)

    async def read(self, customer: Customer, seconds: float) -> Mapping[str, str]:
        """See `Source`."""
        now = self._clock.now()
        if abs(now - self._looked) >= LOOK_SECONDS:  # a clock may also go back
            self._looked = now
            with suppress(TimeoutError):  # a slow disk: what was read before goes on counting
                async with asyncio.timeout(seconds * WAITING):
                    await asyncio.to_thread(self._look)
        if self.entry.match == "identity":
            return self._table.of(customer.identity, as_number=False)
        as_number = customer.channel not in NOT_BY_TELEPHONE
        return self._table.of(customer.sender, as_number=as_number)

    async def close(self) -> None:
        """Nothing is held open."""

    def _look(self) -> None:
        """Read the file again if it has changed. One thread at a time: a disk may hang."""
        if not self._looking.acquire(blocking=False):
            return
        try:
            mark = _mark(self._path)
            if mark == self._mark:
                return
            found = _read(self.entry, self._path)
            if isinstance(found, list):
                self._mark = mark
                log.warning("fact_file_refused", source=self.entry.name, mistakes=len(found))
                return
            self._table, self._mark = found
            log.info("fact_file_read", source=self.entry.name, customers=len(self._table.rows))
        finally:
            self._looking.release()


def flaws_of(entry: FactSource, folder: Path) -> list[Flaw]:
    """Everything that is wrong with the file of an entry."""
    found = _read(entry, folder / entry.path)
    return found if isinstance(found, list) else []


def _read(entry: FactSource, path: Path) -> tuple[Table, Mark] | list[Flaw]:
    if path.suffix.lower() not in ENDINGS:
        message = f"{entry.path} is of no known kind"
        return [Flaw(f"facts.{entry.name}.path", message, advice=f"use {', '.join(ENDINGS)}")]
    mark = _mark(path)  # before the bytes: what is written meanwhile counts as a change
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            message = f"{entry.path} is no file"
            return [Flaw(f"facts.{entry.name}.path", message, advice="check the path")]
        most = MAX_BYTES.get(path.suffix.lower(), yaml_source.MAX_BYTES)
        if mark[2] > most:
            advice = "keep so many customers in a .csv file or a database (kind: sql)"
            return [Flaw(entry.path, f"is larger than {most:,} bytes", advice=advice)]
        raw = path.read_bytes()
    except OSError as error:
        advice = "check the path; it is relative to config.yaml"
        message = f"{entry.path} cannot be read: {error.strerror or error}"
        return [Flaw(f"facts.{entry.name}.path", message, advice=advice)]
    table = read_table(raw, entry)
    return table if isinstance(table, list) else (table, mark)


def _mark(path: Path) -> Mark:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_mtime_ns, found.st_size)
