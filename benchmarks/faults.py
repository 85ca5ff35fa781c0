"""What Nightdesk survives: the fault tests in their full forms, and one table of what came out.

Each test starts the real program, as one process on SQLite or as two web processes and two workers
on a PostgreSQL of its own, and puts stand-ins on loopback in the place of the platforms. A stand-in
proves our logic, not the platform's. It takes forty minutes; exit code 1 when any test failed.

    python benchmarks/faults.py                         everything
    python benchmarks/faults.py -k fleet_full           only what runs on several processes
    python benchmarks/faults.py --seeds 1 2 3           fleets with several seeds
    python benchmarks/faults.py --rate 100 --kills 10   less load, for a small machine
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from program import PROJECT
from rich.console import Console
from rich.table import Table

FIGURES = "FIGURES "  # in front of what a test tells: test | engine | seed | figures


@dataclass(frozen=True)
class Run:
    """One test, and what it printed."""

    test: str
    engine: str
    seed: str
    figures: str
    result: str
    seconds: float


def main() -> None:
    options = _options()
    console = Console()
    runs: list[Run] = []
    for seed in options.seeds:
        console.print(f"Seed {seed}, {options.rate:g} messages a second, {options.kills} kills ...")
        runs += _runs(seed, options)
    console.print(_table(runs))
    console.print(f"{os.cpu_count()} CPUs, load average {os.getloadavg()[0]:.1f}, {_versions()}.")
    failed = [run for run in runs if run.result != "passed"]
    if failed or not runs:
        sys.exit(f"{len(failed)} of {len(runs)} failed")


def _runs(seed: int, options: argparse.Namespace) -> list[Run]:
    with tempfile.TemporaryDirectory(prefix="nightdesk-faults-") as folder:
        report = Path(folder) / "report.xml"
        chosen = ["-k", options.k] if options.k else []
        subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-m", "full", "tests/faults"),
                *("-o", "junit_logging=system-out", f"--junitxml={report}", *chosen),
            ],
            cwd=PROJECT,
            env={
                **os.environ,
                "NIGHTDESK_FAULTS_SEED": str(seed),
                "NIGHTDESK_FAULTS_RATE": str(options.rate),
                "NIGHTDESK_FAULTS_KILLS": str(options.kills),
            },
            check=False,  # what failed is in the report
        )
        return list(_read(report)) if report.exists() else []


def _read(report: Path) -> Iterator[Run]:
    for case in ElementTree.parse(report).iter("testcase"):  # written by our own run of pytest
        kinds = {child.tag for child in case}
        result = "failed" if kinds & {"failure", "error"} else "passed"
        if "skipped" in kinds:
            result = "skipped"
        said = case.findtext("system-out") or ""
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        told = next((line for line in lines if line.startswith(FIGURES)), "")
        if told:
            _, engine, seed, figures = (each.strip() for each in told.split("|", 3))
            seed = seed.removeprefix("seed ")
        else:
            several = "fleet" in case.get("classname", "")
            engine, seed = "postgresql" if several else "sqlite", "fixed"
            figures = "; ".join(_own(lines))
        name = case.get("name", "").removeprefix("test_").replace("_", " ")
        yield Run(name, engine, seed, figures, result, float(case.get("time", 0)))


def _own(lines: list[str]) -> list[str]:
    """What a test has printed itself, without pytest's headings."""
    return [line for line in lines if not line.startswith(("---", "==="))]


def _table(runs: list[Run]) -> Table:
    table = Table(title="Faults, full forms")
    for name in ("test", "engine", "counts", "seed", "result"):
        table.add_column(name, overflow="fold")
    table.add_column("seconds", justify="right")
    for run in runs:
        values = run.test, run.engine, run.figures, run.seed, run.result, f"{run.seconds:.0f}"
        table.add_row(*values)
    return table


def _versions() -> str:
    from sqlite3 import sqlite_version

    return f"Python {sys.version.split()[0]}, SQLite {sqlite_version}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The fault tests in their full forms.")
    parser.add_argument("-k", default="", help="only tests whose name fits, as pytest has it")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--rate", type=float, default=200.0, help="messages a second, in all")
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    if options.rate <= 0 or options.kills < 1:
        parser.error("--rate and --kills are more than nothing")
    return options


if __name__ == "__main__":
    main()
