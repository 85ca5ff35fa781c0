"""A message over Telegram: Nightdesk beside the bare echo bot of `telegram_echo.py`.

The stand-in of tests/telegram_api plays Telegram on loopback: it posts the customers' texts to
the webhook and takes the answers. Both bots get the same texts in the same chats at the same
times. Two hundred customers take turns, so that the one message a second which Telegram allows
a chat holds nobody back, and the gaps between texts vary less than they do over HTTP, so that
no second brings more than the thirty which it allows a bot.

    answered      from the begin of the POST of an update until the bot's `sendMessage` to that
                  chat has arrived, its body included
    acknowledged  from the begin of the POST until its HTTP answer
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from figures import IDLE_SECONDS, LONGEST_DRAIN, WARM_UP_SECONDS, percentile
from load import Customers
from over_http import desk_environment
from program import PROJECT, Program, clean_environment, free_port, started

sys.path.append(str(PROJECT))  # where the stand-in lives
from tests.telegram_api import TOKEN, StandIn
from tests.telegram_api.updates import Update

NOTHING: Mapping[str, str] = {}
CUSTOMERS = 200
FIRST_CUSTOMER = 5_000_001


@dataclass(frozen=True, slots=True)
class Measured:
    """What one bot cost. Times in milliseconds, memory in MiB."""

    messages: int
    sends: int  # `sendMessage` calls: more than messages where an answer had several parts
    answered_p50: float
    answered_p99: float
    acknowledged_p50: float
    acknowledged_p99: float
    cpu_per_message: float
    cpu_idle_percent: float
    peak_memory: float
    first_start: float


async def nightdesk(
    folder: Path,
    rate: float,
    seconds: float,
    more: Mapping[str, str] = NOTHING,
    loaded: Callable[[Program], bool] = lambda _: True,
) -> Measured:
    """`more` is added to its environment; it is loaded with messages once `loaded` says so."""
    async with StandIn() as api:
        port = free_port()
        environment = desk_environment(folder / "over-telegram.db", port) | {
            "HOST": "127.0.0.1",
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_BASE": api.base,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            **more,
        }
        command = (sys.executable, "-m", "bot", "serve")
        log = folder / "over-telegram.log"
        return await _measured(api, command, environment, port, log, rate, seconds, loaded)


async def echo(folder: Path, rate: float, seconds: float) -> Measured:
    return await baseline(folder, rate, seconds, "telegram_echo.py")


async def baseline(
    folder: Path, rate: float, seconds: float, script: str, *arguments: str
) -> Measured:
    """A bot of one file beside this one, which is told its port, Telegram's address and a token."""
    async with StandIn() as api:
        port = free_port()
        file = Path(__file__).with_name(script)
        command = (sys.executable, str(file), str(port), api.base, TOKEN, *arguments)
        log = folder / f"{script}.log"
        return await _measured(api, command, clean_environment(), port, log, rate, seconds)


async def _measured(
    api: StandIn,
    command: Sequence[str],
    environment: Mapping[str, str],
    port: int,
    log: Path,
    rate: float,
    seconds: float,
    loaded: Callable[[Program], bool] = lambda _: True,
) -> Measured:
    """Start it, warm it up, watch it idle, load it. The stand-in goes on serving meanwhile."""
    api.limits.enforce()
    with ExitStack() as stack:
        running = started(command, environment, port, log)
        program: Program = await asyncio.to_thread(stack.enter_context, running)
        await api.wait_for(lambda: api.webhook.settings.url, 30)
        async with asyncio.timeout(60):
            while not await asyncio.to_thread(loaded, program):
                await asyncio.sleep(0.2)
        customers, pace = Customers(seed=7), random.Random(7)
        await _drive(api, customers, pace, rate, WARM_UP_SECONDS)
        await asyncio.sleep(0.5)
        idle = await _idle(program)
        before, begun = program.cpu(), time.monotonic()
        updates = await _drive(api, customers, pace, rate, seconds)
        used, passed = program.cpu() - before, time.monotonic() - begun
        memory = program.peak_memory()
        answered = _answers(api, updates)
        await asyncio.to_thread(stack.close)
    if list(api.ledger.violations) or any(c.status == 429 for c in api.ledger.calls):
        sys.exit("Telegram's limits were met; the rate is too high")
    acknowledged = [update.answered[0] - update.posted[0] for update in updates]
    sends = [call for call in api.ledger.of("sendMessage") if call.arrived >= begun]
    return Measured(
        messages=len(updates),
        sends=len(sends),
        answered_p50=percentile(answered, 50),
        answered_p99=percentile(answered, 99),
        acknowledged_p50=percentile(acknowledged, 50),
        acknowledged_p99=percentile(acknowledged, 99),
        cpu_per_message=(used - idle * passed) / len(updates) * 1000,
        cpu_idle_percent=idle * 100,
        peak_memory=memory,
        first_start=program.cold_start * 1000,
    )


async def _drive(
    api: StandIn, customers: Customers, pace: random.Random, rate: float, seconds: float
) -> list[Update]:
    """Let people talk for that long, each in turn, and wait for the last answer."""
    first = len(api.updates.log)
    begun = due = time.monotonic()
    turn = 0
    while (due := due + pace.uniform(0.5, 1.5) / rate) < begun + seconds:
        await asyncio.sleep(due - time.monotonic())
        user = api.user(FIRST_CUSTOMER + turn % CUSTOMERS)
        await user.says(api.private(user), customers.question(turn % CUSTOMERS))
        turn += 1
    updates = api.updates.log[first:]
    try:
        await api.wait_for(lambda: _are_answered(api, updates), LONGEST_DRAIN)
    except AssertionError as never:
        sys.exit(f"some are still unanswered: {never}")
    return updates


def _are_answered(api: StandIn, updates: Sequence[Update]) -> bool:
    """Whether each has been accepted and its chat has been written to since."""
    last = {message.chat: message.arrived for message in api.ledger.delivered}
    return all(
        update.done and last.get(_chat(update), 0.0) > update.posted[0] for update in updates
    )


def _answers(api: StandIn, updates: Sequence[Update]) -> list[float]:
    """Seconds until each was answered: by the first message to its chat since it was posted.

    A chat has one question open at a time, for its turn comes seconds later again.
    """
    waits = []
    for update in updates:
        calls = api.ledger.of("sendMessage", _chat(update))
        arrived = next(call.arrived for call in calls if call.arrived >= update.posted[0])
        waits.append(arrived - update.posted[0])
    return waits


def _chat(update: Update) -> int:
    return int(update.payload["message"]["chat"]["id"])


async def _idle(program: Program) -> float:
    before, begun = program.cpu(), time.monotonic()
    await asyncio.sleep(IDLE_SECONDS)
    return (program.cpu() - before) / (time.monotonic() - begun)
