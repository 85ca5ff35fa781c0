"""What is done now and then, beside the conversations.

APScheduler says when; what runs is ours. Its own ways are not relied on: it drops what is due a
second late, logs tracebacks, and at its end cancels what runs without waiting for it. Its clock is
that of the machine: where that is set back, a chore comes later by as much.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog

log = structlog.get_logger()

LEAD_SECONDS = 5.0  # until it is asked again whether this process leads
FIRST_REST, LONGEST_REST = 5.0, 300.0  # seconds after a chore that failed; doubles with each one
STOP_SECONDS = 2.0  # for a chore that is cancelled to end in


class Bell:
    """Asks for a chore before it is due. Silent until the chore has somebody who does it."""

    def __init__(self) -> None:
        self.answer: Callable[[float], None] | None = None

    def ring(self, seconds: float = 0.0) -> None:
        """The chore should be done in so many seconds, if it is not due before."""
        if self.answer is not None:
            self.answer(seconds)


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to be done at the start and then every so many seconds.

    `run` may return after how many seconds it wants to be done again, if that is sooner. Whatever
    it raises is logged by name, and it comes again. It may be cancelled when the program stops.
    """

    name: str
    every_seconds: float
    run: Callable[[], Awaitable[float | None]]
    alone: bool = False  # of the processes of a fleet, the one that leads does it
    bell: Bell = field(default_factory=Bell, compare=False)


@dataclass(slots=True)
class _State:
    """How one chore is getting on."""

    task: asyncio.Task[None] | None = None
    failures: int = 0  # in a row
    again: float | None = None  # seconds, asked for while it ran


def always() -> bool:
    """There is no other process."""
    return True


class Chores:
    """Does chores until it is stopped; no chore overlaps itself."""

    def __init__(self, chores: Sequence[Chore], may_run: Callable[[], bool] = always) -> None:
        """`may_run` tells whether this process may do what is done by one of a fleet."""
        self._chores = chores
        self._may_run = may_run
        self._states: Mapping[str, _State] = {chore.name: _State() for chore in chores}
        self._scheduler: Any = None
        self._opening: asyncio.Task[None] | None = None
        self._stopping = False

    def open(self) -> None:
        """Begin, in the background: APScheduler takes a tenth of a second to load."""
        self._opening = asyncio.create_task(self._open())

    async def stop(self) -> None:
        """Do no more, and cancel what is being done. Stopping twice changes nothing."""
        self._stopping = True
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            scheduler.shutdown(wait=False)
        for chore in self._chores:
            chore.bell.answer = None
        tasks = [self._opening, *(state.task for state in self._states.values())]
        running = [task for task in tasks if task and not task.done()]
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=STOP_SECONDS)
        await asyncio.sleep(0)  # the scheduler ends with the loop's next step

    async def _open(self) -> None:
        try:
            scheduler = await asyncio.to_thread(_scheduler)
            for chore in self._chores:
                scheduler.add_job(
                    partial(self._begin, chore),
                    "interval",
                    seconds=chore.every_seconds,
                    id=chore.name,
                    next_run_time=datetime.now(UTC),
                    coalesce=True,
                    max_instances=1,
                    misfire_grace_time=None,  # late is better than never
                )
            scheduler.start()
        except Exception as error:  # noqa: BLE001  # the doors stay open
            log.error("chores_not_begun", error=type(error).__name__)
            return
        self._scheduler = scheduler
        for chore in self._chores:
            chore.bell.answer = partial(self._soon, chore)

    async def _begin(self, chore: Chore) -> None:
        """Called by the scheduler, and back at once: what takes long is a task of our own."""
        state = self._states[chore.name]
        if self._stopping or (state.task and not state.task.done()):
            return
        if chore.alone and not self._may_run():
            self._soon(chore, LEAD_SECONDS)
            return
        state.task = asyncio.create_task(self._do(chore, state))

    async def _do(self, chore: Chore, state: _State) -> None:
        state.again = None
        try:
            seconds = await chore.run()
            state.failures = 0
        except Exception as error:  # noqa: BLE001  # whatever it meets, it comes again
            log.error("chore_failed", chore=chore.name, error=type(error).__name__)
            seconds = min(FIRST_REST * 2 ** min(state.failures, 10), LONGEST_REST)
            state.failures += 1
        state.task = None
        wanted = [each for each in (seconds, state.again) if each is not None]
        if wanted:
            self._soon(chore, min(wanted))

    def _soon(self, chore: Chore, seconds: float) -> None:
        """Bring the next time forward, never put it off."""
        state = self._states[chore.name]
        if state.task is not None:
            state.again = seconds if state.again is None else min(seconds, state.again)
            return
        if self._stopping or self._scheduler is None or seconds >= chore.every_seconds:
            return
        at = datetime.now(UTC) + timedelta(seconds=seconds)
        if at < self._scheduler.get_job(chore.name).next_run_time:
            self._scheduler.modify_job(chore.name, next_run_time=at)


def _scheduler() -> Any:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    return AsyncIOScheduler(timezone="UTC")
