"""Nobody can write the log or the greeting: the desk serves on."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
import structlog

from bot.cli.log import configure_logging
from bot.cli.running import say
from tests.faults.judge import KEPT, drained, verdict
from tests.faults.rig import Bench, Senders


class Full:
    """A stream on a full disk."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        raise OSError(28, "No space left on device")

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return self.spare

    def __init__(self, spare: int = -1) -> None:
        self.spare = spare


@pytest.fixture
def structlog_as_before() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_a_log_that_cannot_be_written_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, structlog_as_before: None
) -> None:
    configure_logging("info")
    monkeypatch.setattr(sys, "stderr", Full())
    structlog.get_logger().error("nobody_reads_this")


def test_a_greeting_that_cannot_be_written_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with (tmp_path_factory.mktemp("out") / "out").open("w") as spare:
        monkeypatch.setattr(sys, "stdout", Full(spare.fileno()))
        say("Nightdesk is open.")


async def test_a_closed_pipe_stops_nothing(bench: Bench, customers: Senders) -> None:
    """`nightdesk serve 2>&1 | head -4`: the reader leaves once it has seen the address."""
    program = await bench.start(piped=True)
    await customers.fill(program, 5, 2)
    assert await drained(bench.database)
    assert await verdict(program, customers) == KEPT
    assert await program.terminated() == 0
