"""What every test gets: a closed network and an environment without anybody's settings."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import settings

from tests.desk_in_process import Desk, running_desk
from tests.postgres.server import Server

# How long an example takes says nothing on a machine that does other things too.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


@pytest.fixture(autouse=True)
def closed_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches for another machine fails, and says so."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])
            if not host.startswith(LOOPBACK):
                raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own settings never reach a test."""
    for name in os.environ:
        if name.startswith(("NIGHTDESK", "TELEGRAM", "TWILIO", "OPENAI", "ANTHROPIC")) or name in (
            "DATABASE_URL",
            "PORT",
            "HOST",
            "PUBLIC_URL",
            "SENTRY_DSN",
        ):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def log_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test that configures the log leaves no logger behind that is bound to it for good."""
    configure = structlog.configure

    def uncached(**how: Any) -> None:
        configure(**{**how, "cache_logger_on_first_use": False})

    monkeypatch.setattr(structlog, "configure", uncached)
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL of this worker's own, started when the first test wants it."""
    server = Server()
    server.hurry()
    yield server
    server.stop()


@pytest.fixture
async def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Desk]:
    """A running desk on loopback."""
    async with running_desk(monkeypatch, tmp_path) as desk:
        yield desk
