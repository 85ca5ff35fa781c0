"""How many answers somebody gets who writes in pieces, and how long everybody else waits for that.

Usage: bursts.py [--train]. The figures are those of the half of the corpus that nothing was tuned
on; with --train, of the other. What is drawn and what is assumed stands in burst_replay.py.
"""

from __future__ import annotations

import statistics
import sys
from dataclasses import dataclass, replace

from rich.console import Console
from rich.table import Table

from benchmarks.burst_replay import Policy, Tally, fitting, fixed, people, replay
from bot.intake.ports import Pauses
from bot.settings import Inbox

MODELS = (0.8, 2.5)  # seconds that an answer takes
SEEDS = {False: 1, True: 2}  # of the times drawn for the train half and the other
TIMES = 10  # that each thought is written
BARS = {"one reply": 0.95, "median wait": 0.7, "wasted": 0.05}
_INBOX = Inbox()
PAUSES = Pauses(
    _INBOX.join, _INBOX.pause_seconds, _INBOX.pause_cap_seconds, _INBOX.correction_seconds
)
PATIENT = replace(PAUSES, pause=15.0, cap=40.0)  # for people who type slowly


@dataclass(frozen=True, slots=True)
class Way:
    """One way of deciding when a burst is over."""

    name: str
    policy: Policy
    pauses: Pauses | None = None  # None: nothing is taken back


WAYS = (
    Way("fixed 0.6 s, at most 4 s", fixed(0.6, 4.0)),
    Way("fixed 2 s", fixed(2.0, 60.0)),
    Way("fixed 4.5 s", fixed(4.5, 60.0)),
    Way("fitting, 15 s", fitting(PATIENT), PATIENT),
    Way("fitting, as delivered", fitting(PAUSES), PAUSES),
)


def run(way: Way, model: float, *, held_out: bool, brisk: bool = True, times: int = TIMES) -> Tally:
    everybody = people(held_out, SEEDS[held_out], times, brisk=brisk)
    return replay(everybody, way.policy, way.pauses, model)


def held(tally: Tally) -> bool:
    """Whether the bars are held."""
    return (
        tally.one_reply >= BARS["one reply"]
        and statistics.median(tally.waits_alone) <= BARS["median wait"]
        and tally.wasted <= BARS["wasted"]
    )


def main() -> int:
    held_out = "--train" not in sys.argv
    half = "held out" if held_out else "train"
    good = True
    for brisk in (True, False):
        table = Table(title=f"{'Brisk people' if brisk else 'Typists'}, {half}")
        for column in (
            "way", "model", "one reply a burst", "single: median", "single: p95",
            "last piece: median", "last piece: p95", "wasted", "thrown away", "bars",
        ):  # fmt: skip
            table.add_column(column)
        for model in MODELS:
            for way in WAYS:
                tally = run(way, model, held_out=held_out, brisk=brisk)
                ok = held(tally)
                good = good and (ok or way is not WAYS[-1] or not brisk)
                table.add_row(*_row(way, model, tally, ok))
        Console(width=160).print(table)
    return 0 if good else 1


def _row(way: Way, model: float, tally: Tally, ok: bool) -> tuple[str, ...]:
    return (
        way.name,
        f"{model} s",
        f"{tally.one_reply:.1%} of {tally.bursts}",
        *_waits(tally.waits_alone),
        *_waits(tally.waits_after),
        f"{tally.wasted:.1%}",
        f"{tally.thrown_away} of {tally.generations}",
        "held" if ok else "not held",
    )


def _waits(seconds: list[float]) -> tuple[str, str]:
    p95 = statistics.quantiles(seconds, n=20)[-1]
    return f"{statistics.median(seconds):.2f} s", f"{p95:.2f} s"


if __name__ == "__main__":
    raise SystemExit(main())
