"""What does a message cost, in time, CPU and memory?

Nightdesk as a process of its own, with a new database, is sent questions that its rules answer;
then a bare echo is sent the same ones at the same times. First over HTTP (`over_http.py`), then
over Telegram (`over_telegram.py`), where a stand-in on loopback takes the place of Telegram.

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
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import over_http
import over_telegram
from figures import fsync, table
from program import PROJECT, free_port, started
from rich.console import Console

START_BUDGET = 3.0  # seconds that a second `make run` may take


def main() -> None:
    options = _options()
    console = Console()
    result: dict[str, Any] = {"seconds": options.seconds}
    with tempfile.TemporaryDirectory(prefix="nightdesk-bench-") as name:
        folder = Path(name)
        result["fsync_ms"] = fsync(folder)
        if "http" in options.over:
            result |= _over_http(console, folder, options)
        if "telegram" in options.over:
            result["telegram"] = _over_telegram(console, folder, options)
    console.print(
        f"An fsync takes {result['fsync_ms']:.1f} ms here, {os.cpu_count()} CPUs, "
        f"load average {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}."
    )
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _over_http(console: Console, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    with console.status("Nightdesk over HTTP ..."):
        ours, authors = over_http.nightdesk(folder, options.rate, options.seconds)
    with console.status("bare echo over HTTP ..."):
        echo = over_http.echo(folder, options.rate, options.seconds)
    make_run = _make_run(folder)
    made = table(f"At {options.rate:g} messages a second over HTTP", ours, echo, "bare echo")
    budget = "not set up here" if make_run is None else f"{make_run:.0f} ms"
    made.add_row(f"make run, second (at most {START_BUDGET:g} s)", budget, "", "")
    console.print(made)
    said = ", ".join(f"{count} by {author}" for author, count in authors.items())
    console.print(f"{ours.messages} messages. Nightdesk's answers, warm-up included: {said}.")
    return {
        "rate": options.rate,
        "answers_by_author": authors,
        "nightdesk": asdict(ours),
        "echo": asdict(echo),
        "make_run_ms": make_run,
    }


def _over_telegram(console: Console, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    rate = min(options.rate, options.telegram_rate)
    with console.status("Nightdesk over Telegram ..."):
        ours = asyncio.run(over_telegram.nightdesk(folder, rate, options.seconds))
    with console.status("bare echo over Telegram ..."):
        echo = asyncio.run(over_telegram.echo(folder, rate, options.seconds))
    title = f"At {rate:g} messages a second over Telegram"
    console.print(table(title, ours, echo, "bare python-telegram-bot"))
    console.print(f"{ours.messages} messages.")
    return {"rate": rate, "nightdesk": asdict(ours), "echo": asdict(echo)}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What a message costs, beside a bare echo.")
    parser.add_argument("--seconds", type=float, default=18.0, help="of load, for each server")
    parser.add_argument("--rate", type=float, default=50.0, help="messages a second over HTTP")
    parser.add_argument(
        "--telegram-rate",
        type=float,
        default=20.0,
        help="messages a second over Telegram, whose limit is 30 for all chats together",
    )
    parser.add_argument(
        "--over", nargs="+", choices=("http", "telegram"), default=["http", "telegram"]
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    options = parser.parse_args()
    if not (1 <= options.seconds <= 600 and 1 <= options.rate <= 1000):
        parser.error("--seconds is 1 to 600 and --rate 1 to 1000")
    if not 1 <= options.telegram_rate <= 25:
        parser.error("--telegram-rate is 1 to 25: more would measure Telegram's limits")
    return options


def _make_run(folder: Path) -> float | None:
    """How long a second `make run` takes until it answers; None where none was made before."""
    make = shutil.which("make")
    if make is None or not (PROJECT / ".venv" / ".run").exists():
        return None
    environment = over_http.desk_environment(folder / "nightdesk.db", port := free_port())
    is_set_up = subprocess.run(
        (make, "--question", ".venv/.run"), cwd=PROJECT, env=environment, capture_output=True
    )
    if is_set_up.returncode:
        return None
    with started((make, "run"), environment, port, folder / "make.log") as program:
        return program.cold_start * 1000


if __name__ == "__main__":
    main()
