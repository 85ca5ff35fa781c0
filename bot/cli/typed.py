"""A person types while things happen: their lines come in, what happens is shown above them."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

CLEAR_LINE = "\r\x1b[K"


class Keyboard:
    """Lines of standard input, read without stopping the loop."""

    def __init__(self, prompt: str) -> None:
        interactive = sys.stdin.isatty() and sys.stdout.isatty()
        self._prompt = prompt if interactive else ""
        self._interactive = interactive
        self._asking = threading.Event()  # somebody waits for the next line
        self._typing = False

    async def lines(self) -> AsyncIterator[str]:
        """Each line without its end; finishes at end of file.

        A daemon thread reads, so that the program can end while a read is still waiting; it
        prompts again only once the line before has been dealt with.
        """
        loop = asyncio.get_running_loop()
        lines: asyncio.Queue[str | None] = asyncio.Queue()
        threading.Thread(
            target=self._pump, args=(loop, lines), name="typed-lines", daemon=True
        ).start()
        self._asking.set()
        while (line := await lines.get()) is not None:
            yield line
            self._asking.set()

    def above(self, show: Callable[[], None]) -> None:
        """Show something, without tearing the line that is being typed."""
        if not (self._interactive and self._typing):
            show()
            return
        sys.stdout.write(CLEAR_LINE)
        sys.stdout.flush()
        show()
        sys.stdout.write(self._prompt + _half_typed())
        sys.stdout.flush()

    def _pump(self, loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[str | None]) -> None:
        if self._interactive:
            with suppress(ImportError):  # a Python built without it: editing is plainer
                import readline  # noqa: F401  # importing it is what makes input() editable
        while True:
            self._asking.wait()
            self._asking.clear()
            line = self._next()
            try:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            except RuntimeError:  # the loop is closed: nobody listens any more
                return
            if line is None:
                return

    def _next(self) -> str | None:
        while True:
            self._typing = True
            try:
                return input(self._prompt)
            except UnicodeDecodeError:
                continue
            except (EOFError, KeyboardInterrupt, ValueError):  # the last: standard input is closed
                return None
            finally:
                self._typing = False


def _half_typed() -> str:
    readline = sys.modules.get("readline")
    return str(readline.get_line_buffer()) if readline else ""
