"""What does a message cost, in time, CPU and memory?

Nightdesk as a process of its own, with its HTTP API and a new database, is sent questions that
its rules answer; then the bare echo of `echo.py` is sent the same ones at the same times.

    answered      from the begin of the POST until the answer is durable and may be read. Nightdesk:
                  the line `turn_settled` of its log, written after the commit in which the answer
                  row became `sent`. Echo: its HTTP answer, which it gives after its commit.
    inside        the same, from the time that the row of the customer's message bears
    acknowledged  from the begin of the POST until its HTTP answer: the message is stored for good
    CPU           user and system time of the server process by /proc, less what it uses when idle
    peak memory   the most that was ever resident (VmHWM)
    cold start    from the start of the process until /readyz says 200

Joining of bursts is off, for its pause is meant; so are limits, for 50 messages a second are many.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from load import KEY, Customers, Sent, drive
from program import PROJECT, Program, clean_environment, free_port, started
from rich.console import Console
from rich.table import Table

WARM_UP_SECONDS = 3.0  # loads tables and statements; not measured
IDLE_SECONDS = 5.0
LONGEST_DRAIN = 30.0  # seconds for the last answers
START_BUDGET = 3.0  # seconds that a second `make run` may take


@dataclass(frozen=True, slots=True)
class Measured:
    """What one server cost. Times in milliseconds, memory in MiB."""

    messages: int
    answered_p50: float
    answered_p99: float
    inside_p50: float | None
    inside_p99: float | None
    acknowledged_p50: float
    acknowledged_p99: float
    cpu_per_message: float
    cpu_idle_percent: float
    peak_memory: float
    first_start: float
    second_start: float


def main() -> None:
    options = _options()
    console = Console()
    with tempfile.TemporaryDirectory(prefix="nightdesk-bench-") as name:
        folder = Path(name)
        fsync = _fsync(folder)
        with console.status("Nightdesk ..."):
            ours, authors = _nightdesk(folder, options.rate, options.seconds)
        with console.status("bare echo ..."):
            echo = _echo(folder, options.rate, options.seconds)
        make_run = _make_run(folder)
    console.print(_table(ours, echo, make_run, options.rate))
    said = ", ".join(f"{count} by {author}" for author, count in authors.items())
    console.print(
        f"{ours.messages} messages in {options.seconds:g} s. "
        f"Nightdesk's answers, warm-up included: {said}. "
        f"An fsync takes {fsync:.1f} ms here, {os.cpu_count()} CPUs, "
        f"load average {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}."
    )
    if options.json:
        result = {
            "rate": options.rate,
            "seconds": options.seconds,
            "fsync_ms": fsync,
            "answers_by_author": authors,
            "nightdesk": asdict(ours),
            "echo": asdict(echo),
            "make_run_ms": make_run,
        }
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What a message costs, beside a bare echo.")
    parser.add_argument("--seconds", type=float, default=18.0, help="of load, for each server")
    parser.add_argument("--rate", type=float, default=50.0, help="messages a second")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    options = parser.parse_args()
    if not (1 <= options.seconds <= 600 and 1 <= options.rate <= 1000):
        parser.error("--seconds is 1 to 600 and --rate 1 to 1000")
    return options


def _nightdesk(folder: Path, rate: float, seconds: float) -> tuple[Measured, dict[str, int]]:
    database = folder / "nightdesk.db"
    port = free_port()
    environment = _desk_environment(database, port)
    command = (sys.executable, "-m", "bot", "serve")
    log = folder / "nightdesk.log"
    with started(command, environment, port, log) as program:
        sent, cpu, idle = _loaded(program, rate, seconds, database)
        memory, first_start = program.peak_memory(), program.cold_start
    with started(command, environment, port, folder / "second.log") as program:
        second_start = program.cold_start
    settled = _settled(log)
    arrived, authors = _answers(database)
    waits = [(one, arrived[one.id], settled[arrived[one.id].turn]) for one in sent]
    answered = [done - one.begun for one, _, done in waits]
    inside = [done - row.at for _, row, done in waits]
    return _measured(sent, answered, inside, cpu, idle, memory, first_start, second_start), authors


def _echo(folder: Path, rate: float, seconds: float) -> Measured:
    port = free_port()
    script = Path(__file__).with_name("echo.py")
    command = (sys.executable, str(script), str(port), str(folder / "echo.db"))
    environment = clean_environment()
    with started(command, environment, port, folder / "echo.log") as program:
        sent, cpu, idle = _loaded(program, rate, seconds, None)
        memory, first_start = program.peak_memory(), program.cold_start
    with started(command, environment, port, folder / "echo2.log") as program:
        second_start = program.cold_start
    answered = [one.answered - one.begun for one in sent]
    return _measured(sent, answered, None, cpu, idle, memory, first_start, second_start)


def _make_run(folder: Path) -> float | None:
    """How long a second `make run` takes until it answers; None where none was made before."""
    make = shutil.which("make")
    if make is None or not (PROJECT / ".venv" / ".run").exists():
        return None
    environment = _desk_environment(folder / "nightdesk.db", port := free_port())
    is_set_up = subprocess.run(
        (make, "--question", ".venv/.run"), cwd=PROJECT, env=environment, capture_output=True
    )
    if is_set_up.returncode:
        return None
    with started((make, "run"), environment, port, folder / "make.log") as program:
        return program.cold_start * 1000


def _desk_environment(database: Path, port: int) -> dict[str, str]:
    return clean_environment() | {
        "DATABASE_URL": f"sqlite:///{database}",
        "PORT": str(port),
        "NIGHTDESK_API_KEYS": f"bench={KEY}",
        "NIGHTDESK__INBOX__JOIN": "false",
        "NIGHTDESK__LIMITS__ENABLED": "false",
    }


def _loaded(
    program: Program, rate: float, seconds: float, ledger: Path | None
) -> tuple[list[Sent], float, float]:
    """Warm up, watch it idle, load it: the messages, CPU a message, and share of CPU when idle."""
    customers = Customers(seed=7)
    asyncio.run(drive(program.url, customers, rate, WARM_UP_SECONDS))
    _drained(ledger)
    idle = _idle(program)
    before, begun = program.cpu(), time.monotonic()
    sent = asyncio.run(drive(program.url, customers, rate, seconds))
    _drained(ledger)
    used, passed = program.cpu() - before, time.monotonic() - begun
    return sent, (used - idle * passed) / len(sent), idle


def _idle(program: Program) -> float:
    time.sleep(0.5)
    before, begun = program.cpu(), time.monotonic()
    time.sleep(IDLE_SECONDS)
    return (program.cpu() - before) / (time.monotonic() - begun)


def _drained(ledger: Path | None) -> None:
    """Return once no message waits for its answer."""
    until = time.monotonic() + LONGEST_DRAIN
    while ledger and _waiting(ledger):
        if time.monotonic() > until:
            sys.exit("Nightdesk still owes answers; the rate is too high for this machine")
        time.sleep(0.1)


def _waiting(database: Path) -> int:
    [count] = _rows(database, "SELECT count(*) FROM messages WHERE state IN ('waiting', 'in_turn')")
    return int(count[0])


@dataclass(frozen=True, slots=True)
class _Arrived:
    at: float
    turn: int


def _answers(database: Path) -> tuple[dict[str, _Arrived], dict[str, int]]:
    """Each message's arrival by its id, and how many answers each author gave."""
    arrived = _rows(database, "SELECT external_id, at, turn_id FROM messages WHERE direction='in'")
    sent = "SELECT author, count(*) FROM messages WHERE direction='out' AND state='sent' GROUP BY 1"
    return {name: _Arrived(at, turn) for name, at, turn in arrived}, dict(_rows(database, sent))


def _rows(database: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def _settled(log: Path) -> dict[int, float]:
    """When each turn's answer was durable, by the log."""
    lines = log.read_text(encoding="utf-8").splitlines()
    events = (json.loads(line) for line in lines if '"turn_settled"' in line)
    return {e["turn"]: datetime.fromisoformat(e["timestamp"]).timestamp() for e in events}


def _measured(
    sent: Sequence[Sent],
    answered: Sequence[float],
    inside: Sequence[float] | None,
    cpu: float,
    idle: float,
    memory: float,
    first_start: float,
    second_start: float,
) -> Measured:
    acknowledged = [one.answered - one.begun for one in sent]
    return Measured(
        messages=len(sent),
        answered_p50=_percentile(answered, 50),
        answered_p99=_percentile(answered, 99),
        inside_p50=_percentile(inside, 50) if inside else None,
        inside_p99=_percentile(inside, 99) if inside else None,
        acknowledged_p50=_percentile(acknowledged, 50),
        acknowledged_p99=_percentile(acknowledged, 99),
        cpu_per_message=cpu * 1000,
        cpu_idle_percent=idle * 100,
        peak_memory=memory,
        first_start=first_start * 1000,
        second_start=second_start * 1000,
    )


def _percentile(seconds: Sequence[float], percent: int) -> float:
    """In milliseconds."""
    return statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1] * 1000


def _fsync(folder: Path) -> float:
    """The median of a small durable write here, in milliseconds: what no server can save."""
    times = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(50):
            file.write(b"x" * 4096)
            file.flush()
            begun = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000


def _table(ours: Measured, echo: Measured, make_run: float | None, rate: float) -> Table:
    table = Table(title=f"What a message costs at {rate:g} messages a second")
    table.add_column("")
    for heading in ("Nightdesk", "bare echo", "ratio"):
        table.add_column(heading, justify="right")
    rows: Mapping[str, str] = {
        "answered, p50": "answered_p50",
        "answered, p99": "answered_p99",
        "inside, p50": "inside_p50",
        "inside, p99": "inside_p99",
        "acknowledged, p50": "acknowledged_p50",
        "acknowledged, p99": "acknowledged_p99",
        "CPU a message": "cpu_per_message",
        "CPU when idle": "cpu_idle_percent",
        "peak memory": "peak_memory",
        "cold start, new database": "first_start",
        "cold start, second": "second_start",
    }
    for label, name in rows.items():
        table.add_row(label, *_cells(name, getattr(ours, name), getattr(echo, name)))
    budget = "not set up here" if make_run is None else f"{make_run:.0f} ms"
    table.add_row(f"make run, second (at most {START_BUDGET:g} s)", budget, "", "")
    return table


def _cells(name: str, ours: float, echo: float | None) -> tuple[str, str, str]:
    unit, digits = "ms", 0 if name.endswith("start") else 2
    if name == "peak_memory":
        unit, digits = "MiB", 0
    elif name == "cpu_idle_percent":
        unit, digits = "%", 1
    if echo is None:
        return f"{ours:.{digits}f} {unit}", "", ""
    ratio = f"{ours / echo:.1f}" if echo else ""
    return f"{ours:.{digits}f} {unit}", f"{echo:.{digits}f} {unit}", ratio


if __name__ == "__main__":
    main()
