"""An event loop whose time passes by itself: eight seconds of waiting take no time at all.

Timers fire in their order and `loop.time()` says when. Nothing that waits for another thread or a
socket belongs here: the loop would run ahead of it.
"""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any


class _NoWaiting(selectors.SelectSelector):
    """Instead of waiting, moves the loop's time forward."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(0)
        if not found:
            if timeout is None:
                raise RuntimeError("everything waits and nothing will ever happen")
            self.now += max(timeout, 0.0)
        return found


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._passing = _NoWaiting()
        super().__init__(self._passing)

    def time(self) -> float:
        return self._passing.now


def in_virtual_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an asynchronous test on a loop of its own, and see that it leaves nothing running."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        async def watched() -> None:
            await test(*args, **kwargs)
            for _ in range(5):
                await asyncio.sleep(0)
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not left, left

        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            runner.run(watched())

    return run
