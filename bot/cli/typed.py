"""Lines typed by a person, read without stopping the loop."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator


async def typed_lines(prompt: str) -> AsyncIterator[str]:
    """Each line of standard input, without its end; finishes at end of file.

    A daemon thread reads, so that the program can end while a read is still waiting.
    """
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    shown = prompt if sys.stdin.isatty() else ""

    def pump() -> None:
        while True:
            try:
                line: str | None = input(shown)
            except (EOFError, KeyboardInterrupt):
                line = None
            except UnicodeDecodeError:
                continue
            try:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            except RuntimeError:  # the loop is closed: nobody listens any more
                return
            if line is None:
                return

    threading.Thread(target=pump, name="typed-lines", daemon=True).start()
    while (line := await lines.get()) is not None:
        yield line
