"""Figures of two servers beside each other, as a table."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table

WARM_UP_SECONDS = 3.0  # loads tables and statements; not measured
IDLE_SECONDS = 5.0
LONGEST_DRAIN = 30.0  # seconds for the last answers

ROWS: Mapping[str, str] = {
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


def table(title: str, ours: object, other: object, name: str) -> Table:
    """Every row that both have: ours, theirs, and how many times theirs ours is."""
    made = Table(title=title)
    made.add_column("")
    for heading in ("Nightdesk", name, "ratio"):
        made.add_column(heading, justify="right")
    for label, figure in ROWS.items():
        if hasattr(ours, figure):
            cells = _cells(figure, getattr(ours, figure), getattr(other, figure))
            made.add_row(label, *cells)
    return made


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


def percentile(seconds: Sequence[float], percent: int) -> float:
    """In milliseconds."""
    return statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1] * 1000


def fsync(folder: Path) -> float:
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
