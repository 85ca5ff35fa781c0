"""A bench and senders for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.faults.rig import Bench, Senders, senders


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Where programs are started; none outlives the test."""
    bench = Bench(tmp_path / "desk.db")
    try:
        yield bench
    finally:
        bench.end()


@pytest.fixture
async def customers() -> AsyncIterator[Senders]:
    """Programs that post messages."""
    async with senders() as found:
        yield found
