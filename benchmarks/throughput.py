"""How many messages does a desk take and answer, and what does each cost as it grows?

    stored/s      messages that a ledger keeps for good in a second, 256 at a time, in one process
                  and without HTTP; beside it, rows of the same size that bare sqlite3 commits one
                  by one, and 256 at a time: what the disk allows
    taken/s       messages that the HTTP API acknowledges in a second, 64 customers at a time
    answered/s    the same until every answer is written
    ack p99       of the same posts, from their begin until the HTTP answer
    CPU           of all processes, PostgreSQL's included, for 1,000 messages taken and answered;
                  "own" without PostgreSQL's
    memory        the most that was ever resident of Nightdesk's own processes together

The model is a stand-in on loopback that answers at once, or after 800 ms. It and the customers
share this machine's cores with the desk: figures tell how kinds of desks compare, not what a
machine of their own would do.

The second table fills a ledger first and then sends messages at a steady rate: flat is the goal.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import aiohttp
from desks import Desk, Kind, databases, opened
from figures import fsync, percentile
from load import KEY, Customers, drive
from over_models import model_of
from program import PROJECT
from rich.console import Console
from rich.table import Table
from seeding import seed

from tests.model_api import KEY as MODEL_KEY

sys.path.append(str(PROJECT))
from bot.ledger.ledger import Ledger
from bot.ledger.migrate import migrate
from bot.ledger.sqlite import SqliteEngine, writing_engine
from tests.builders import arrival, incoming
from tests.ledger.conftest import CHANNELS, OPENING

AT_ONCE = 64
LONGEST = 300.0  # seconds for the last answers
KINDS = (Kind(), Kind(1), Kind(2), Kind(4))
GROWTH = ((1_000, 10_000), (10_000, 10_000), (100_000, 10_000), (10_000, 1_000_000))


@dataclass(frozen=True, slots=True)
class Rush:
    """What one desk did with messages that came as fast as it took them."""

    desk: str
    model_ms: float | None
    messages: int
    taken_per_second: float
    answered_per_second: float
    ack_p50: float
    ack_p99: float
    cpu_per_1000: float
    own_cpu_per_1000: float
    memory: float


@dataclass(frozen=True, slots=True)
class Grown:
    """What a message costs in a ledger with a past."""

    desk: str
    conversations: int
    rows: int
    ack_p50: float
    cpu_per_message: float
    own_cpu_per_message: float


def main() -> None:
    options = _options()
    console = Console(width=None if sys.stdout.isatty() else 120)
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="nightdesk-bench-") as name:
        result["fsync_ms"] = fsync(Path(name))
        if "stored" in options.only:
            result["stored"] = stored(Path(name), options.stored)
            console.print(_stored_table(result["stored"]))
    if "rush" in options.only:
        rushes = []
        for model_ms in (None, 0.0, 800.0):
            for kind in KINDS:
                with console.status(f"{kind.name}, model {model_ms} ..."):
                    rushes.append(rush(kind, model_ms, options.messages))
        result["rush"] = [asdict(each) for each in rushes]
        console.print(_rush_table(rushes))
    if "growth" in options.only:
        grown = []
        for kind in (Kind(), Kind(1)):
            for chats, rows in GROWTH:
                with console.status(f"{kind.name}, {chats} chats, {rows} rows ..."):
                    grown.append(growth(kind, chats, rows, options.seconds))
        result["growth"] = [asdict(each) for each in grown]
        console.print(_growth_table(grown))
    console.print(
        f"An fsync takes {result['fsync_ms']:.1f} ms here, {os.cpu_count()} CPUs, "
        f"load average {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}."
    )
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def stored(folder: Path, n: int) -> dict[str, float]:
    """Durable messages a second, by whatever keeps them."""
    found = {
        "sqlite3, a commit each": _raw(folder / "one.db", min(n, 2_000), 1),
        "sqlite3, 256 a commit": _raw(folder / "many.db", n, 256),
        "Nightdesk on SQLite": asyncio.run(_on_file(folder / "desk.db", n)),
    }
    with databases(Kind(1)) as (dsn, _, __):
        found["Nightdesk on PostgreSQL"] = asyncio.run(_on_server(dsn, n))
    return found


def _raw(file: Path, n: int, at_once: int) -> float:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE m (seq INTEGER PRIMARY KEY, chat TEXT, text TEXT, at REAL)")
    begun = time.perf_counter()
    for start in range(0, n, at_once):
        connection.execute("BEGIN IMMEDIATE")
        for k in range(start, min(start + at_once, n)):
            row = (f"api/bench/customer-{k % 500}", "qual o horário de vocês? " * 2, time.time())
            connection.execute("INSERT INTO m (chat, text, at) VALUES (?, ?, ?)", row)
        connection.execute("COMMIT")
    took = time.perf_counter() - begun
    connection.close()
    return n / took


async def _on_file(file: Path, n: int) -> float:
    engine = writing_engine(file)
    migrate(engine)
    engine.dispose()
    return await _accepted(Ledger(SqliteEngine(file), OPENING, CHANNELS), n)


async def _on_server(dsn: str, n: int) -> float:
    from bot.ledger.postgres import PostgresEngine, migrate_database

    await migrate_database(dsn)
    return await _accepted(Ledger(PostgresEngine(dsn), OPENING, CHANNELS), n)


async def _accepted(ledger: Ledger, n: int) -> float:
    chat = incoming().conversation
    chats = [type(chat)(chat.channel, chat.account, f"customer-{k}") for k in range(500)]
    places = asyncio.Semaphore(256)

    async def one(k: int) -> None:
        async with places:
            await ledger.accept(arrival(incoming(id=f"m{k}", chat=chats[k % 500])))

    await asyncio.gather(*(one(-k) for k in range(1, 257)))  # statements are made once
    begun = time.perf_counter()
    await asyncio.gather(*(one(k) for k in range(n)))
    took = time.perf_counter() - begun
    await ledger.close()
    return n / took


def rush(kind: Kind, model_ms: float | None, n: int) -> Rush:
    """As many messages as the desk takes, then every answer."""
    with _desk(kind, model_ms) as desk:
        customers = Customers(seed=7)
        asyncio.run(_posted(desk.url, customers, AT_ONCE))
        desk.drained(LONGEST)
        cpu, own, begun = desk.cpu(), desk.own_cpu(), time.monotonic()
        acks = asyncio.run(_posted(desk.url, customers, n))
        taken = time.monotonic() - begun
        desk.drained(LONGEST)
        answered = time.monotonic() - begun
        used, own_used = desk.cpu() - cpu, desk.own_cpu() - own
        return Rush(
            kind.name,
            model_ms,
            n,
            n / taken,
            n / answered,
            percentile(acks, 50),
            percentile(acks, 99),
            used / n * 1_000,
            own_used / n * 1_000,
            desk.peak_memory(),
        )


def growth(kind: Kind, chats: int, rows: int, seconds: float) -> Grown:
    """A steady rate into a ledger that has a past."""
    with databases(kind) as (url, look, server):
        seed(url, chats, rows)
        with opened(kind, url, look, server, {}) as desk:
            customers = Customers(seed=7)
            asyncio.run(drive(desk.url, customers, 30, 3.0))
            desk.drained(LONGEST)
            cpu, own = desk.cpu(), desk.own_cpu()
            sent = asyncio.run(drive(desk.url, customers, 30, seconds))
            desk.drained(LONGEST)
            n = len(sent)
            used, own_used = desk.cpu() - cpu, desk.own_cpu() - own
            acks = [one.answered - one.begun for one in sent]
            return Grown(
                kind.name,
                chats,
                rows,
                percentile(acks, 50),
                used / n * 1_000,
                own_used / n * 1_000,
            )


@contextmanager
def _desk(kind: Kind, model_ms: float | None) -> Iterator[Desk]:
    with databases(kind) as (url, look, server):
        if model_ms is None:
            with opened(kind, url, look, server, {}) as desk:
                yield desk
            return
        with _stand_in(model_ms / 1_000) as base:
            more = {"OPENAI_API_KEY": MODEL_KEY, "OPENAI_BASE_URL": base}
            with opened(kind, url, look, server, more) as desk:
                time.sleep(3.0)  # the SDK is loaded beside the open doors
                yield desk


@contextmanager
def _stand_in(latency: float) -> Iterator[str]:
    """A model in a thread with a loop of its own."""
    import threading

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> tuple[Any, Any]:
        context = model_of(latency)
        return await context.__aenter__(), context

    api, context = asyncio.run_coroutine_threadsafe(start(), loop).result()
    try:
        yield api.openai_base
    finally:
        asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _posted(url: str, customers: Customers, n: int) -> list[float]:
    """Post so many, AT_ONCE at a time; the seconds until each was acknowledged."""
    bodies = [customers.message() for _ in range(n)]
    waiting = iter(bodies)
    acks: list[float] = []
    headers = {"Authorization": f"Bearer {KEY}"}

    async def customer(session: aiohttp.ClientSession) -> None:
        for body in waiting:
            begun = time.perf_counter()
            while True:
                async with session.post("/api/messages", json=body) as answer:
                    await answer.read()
                    if answer.status != 503:  # it says that it cannot take more just now
                        answer.raise_for_status()
                        break
                await asyncio.sleep(0.05)
            acks.append(time.perf_counter() - begun)

    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(url, headers=headers, timeout=timeout) as session:
        await asyncio.gather(*(customer(session) for _ in range(min(AT_ONCE, n))))
    return acks


def _stored_table(found: dict[str, float]) -> Table:
    table = Table(title="Messages stored for good")
    for heading in ("", "a second", "of bare sqlite3, grouped"):
        table.add_column(heading, justify="left" if not heading else "right")
    best = found["sqlite3, 256 a commit"]
    for name, rate in found.items():
        table.add_row(name, f"{rate:,.0f}", f"{rate / best:.2f}")
    return table


def _rush_table(found: list[Rush]) -> Table:
    table = Table(title="As many as it takes")
    headings = ("model", "desk", "taken/s", "answered/s", "ack p50", "ack p99",
                "CPU s/1,000", "own CPU", "memory")  # fmt: skip
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("model", "desk") else "right")
    for each in found:
        model = "none, rules" if each.model_ms is None else f"{each.model_ms:.0f} ms"
        table.add_row(
            model,
            each.desk,
            f"{each.taken_per_second:,.0f}",
            f"{each.answered_per_second:,.0f}",
            f"{each.ack_p50:.0f} ms",
            f"{each.ack_p99:.0f} ms",
            f"{each.cpu_per_1000:.1f}",
            f"{each.own_cpu_per_1000:.1f}",
            f"{each.memory:.0f} MiB",
        )
    return table


def _growth_table(found: list[Grown]) -> Table:
    table = Table(title="What a message costs as a ledger grows, 30 a second")
    for heading in (
        "desk",
        "conversations",
        "rows",
        "ack p50",
        "CPU a message",
        "own CPU",
        "ratio",
    ):
        table.add_column(heading, justify="left" if heading == "desk" else "right")
    for each in found:
        first = next(one for one in found if one.desk == each.desk)
        table.add_row(
            each.desk,
            f"{each.conversations:,}",
            f"{each.rows:,}",
            f"{each.ack_p50:.1f} ms",
            f"{each.cpu_per_message:.2f} ms",
            f"{each.own_cpu_per_message:.2f} ms",
            f"{each.cpu_per_message / first.cpu_per_message:.2f}",
        )
    return table


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=2_000, help="of each rush")
    parser.add_argument("--stored", type=int, default=20_000, help="messages to store")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each steady load")
    parser.add_argument(
        "--only", nargs="+", default=["stored", "rush", "growth"],
        choices=["stored", "rush", "growth"],
    )  # fmt: skip
    parser.add_argument("--json", type=Path, help="write every figure there")
    return parser.parse_args()


if __name__ == "__main__":
    main()
