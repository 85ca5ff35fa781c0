"""A message over HTTP: Nightdesk's own API beside the bare echo of `echo.py`.

answered      from the begin of the POST until the answer is durable and may be read. Nightdesk:
              the line `turn_settled` of its log, written after the commit in which the answer
              row became `sent`. Echo: its HTTP answer, which it gives after its commit.
inside        the same, from the time that the row of the customer's message bears
acknowledged  from the begin of the POST until its HTTP answer: the message is stored for good
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from figures import IDLE_SECONDS, LONGEST_DRAIN, WARM_UP_SECONDS, percentile
from load import KEY, Customers, Sent, drive
from program import Program, clean_environment, free_port, started


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


def nightdesk(folder: Path, rate: float, seconds: float) -> tuple[Measured, dict[str, int]]:
    database = folder / "nightdesk.db"
    port = free_port()
    environment = desk_environment(database, port)
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


def echo(folder: Path, rate: float, seconds: float) -> Measured:
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


def desk_environment(database: Path, port: int) -> dict[str, str]:
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
        answered_p50=percentile(answered, 50),
        answered_p99=percentile(answered, 99),
        inside_p50=percentile(inside, 50) if inside else None,
        inside_p99=percentile(inside, 99) if inside else None,
        acknowledged_p50=percentile(acknowledged, 50),
        acknowledged_p99=percentile(acknowledged, 99),
        cpu_per_message=cpu * 1000,
        cpu_idle_percent=idle * 100,
        peak_memory=memory,
        first_start=first_start * 1000,
        second_start=second_start * 1000,
    )
