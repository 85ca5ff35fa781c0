"""A server under measurement: started as a process, seen from outside only, stopped by its id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LONGEST_START = 60.0  # seconds
LONGEST_STOP = 20.0  # seconds
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Program:
    """A process that answers."""

    process: subprocess.Popen[bytes]
    url: str
    cold_start: float  # seconds from the start of the process until /readyz said 200

    def cpu(self) -> float:
        """Seconds of CPU that the process has used, in user and system mode."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        after_name = stat.rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / TICKS

    def peak_memory(self) -> float:
        """The most memory it ever had resident, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024


@contextmanager
def started(
    command: Sequence[str], environment: Mapping[str, str], port: int, log: Path
) -> Iterator[Program]:
    """Start it, wait until it is ready, stop it at the end. What it prints goes to `log`."""
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={"NIGHTDESK__WEB__DRAIN_SECONDS": "0", **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a group of its own: `make` and what it started stop together
        )
        try:
            _wait_until_ready(process, f"{url}/readyz", log)
            yield Program(process, url, time.perf_counter() - begun)
        finally:
            _stop(process)


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + LONGEST_START
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.005)
    last_words = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    sys.exit(f"{' '.join(map(str, process.args))} did not become ready:\n{last_words}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(LONGEST_STOP)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port() -> int:
    """A TCP port of the loopback interface that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def clean_environment() -> dict[str, str]:
    """The environment without anything that sets up a desk or steers `make`."""
    ours = ("NIGHTDESK", "TELEGRAM", "TWILIO", "OPENAI", "ANTHROPIC", "MAKE", "MFLAGS")
    named = ("DATABASE_URL", "PORT", "HOST", "PUBLIC_URL", "SENTRY_DSN")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(ours) and name not in named
    }
