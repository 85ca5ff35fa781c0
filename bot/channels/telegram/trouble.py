"""What a failed call to Telegram means for whoever keeps the connection, and how long to rest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

from telegram.error import (
    BadRequest,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    RetryAfter,
)

from bot.channels.telegram.health import Link

FIRST_REST = 1.0  # seconds after a failed call; doubles with each one
LONGEST_REST = 30.0
CANCEL_SECONDS = 0.2  # for a call that is given up

T = TypeVar("T")


def link_of(error: Exception) -> Link:
    """Where the connection stands after this. The text of an error may hold a token: only its kind
    is read."""
    match error:
        case Conflict():
            return Link.CONFLICT
        case InvalidToken() | EndPointNotFound():  # 401, or 404 for a token of the wrong shape
            return Link.UNAUTHORIZED
        case RetryAfter():
            return Link.LIMITED
        case BadRequest() | Forbidden():
            return Link.REFUSED
        case _:
            return Link.UNREACHABLE


def rest_after(error: Exception, failures: int) -> float:
    """Seconds to wait after that many failures in a row."""
    rest: float = min(FIRST_REST * 2 ** min(failures - 1, 10), LONGEST_REST)
    if isinstance(error, RetryAfter):
        asked = error._retry_after  # the public property warns about its own type on every use
        rest = max(rest, asked.total_seconds() if isinstance(asked, timedelta) else float(asked))
    return rest


class Stopped(Exception):
    """The program stops: what was begun here is not waited for."""


class Patience:
    """Waiting that ends when the program stops."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Whether the program stops."""
        return self._stopping.is_set()

    def end(self) -> None:
        """The program stops."""
        self._stopping.set()

    async def rest(self, seconds: float) -> None:
        """Wait, but not beyond the stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def unless_over(self, work: Coroutine[Any, Any, T], grace: float = 0.0) -> T:
        """Do this, but once the program stops for `grace` seconds only: then raises Stopped."""
        task = asyncio.create_task(work)
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait((task, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                await asyncio.wait((task,), timeout=grace)
            if not task.done():
                raise Stopped
            return task.result()
        finally:
            stopping.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait((task,), timeout=CANCEL_SECONDS)

    async def until_it_works(
        self, call: Callable[[], Coroutine[Any, Any, None]], failed: Callable[[Exception], None]
    ) -> bool:
        """Repeat a call with longer and longer rests; False when the program stopped first."""
        failures = 0
        while not self.is_over:
            try:
                await self.unless_over(call())
            except Stopped:
                return False
            except Exception as error:  # noqa: BLE001  # whatever it is, the next try may work
                failures += 1
                failed(error)
                await self.rest(rest_after(error, failures))
            else:
                return True
        return False
